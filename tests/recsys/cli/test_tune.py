"""`tune`: the trials, and the file that `fit` takes."""

import json

import pytest

from recsys.cli.main import EXIT_BAD_INPUT, main
from recsys.cli.tuned_settings import with_settings, write_settings, write_votes
from recsys.config import Config
from recsys.errors import DataError
from tests.recsys.generated import FOLDER


def test_tune_shows_its_trials_and_fit_takes_what_it_chose(tmp_path, capsys):
    out = tmp_path / "settings.json"
    assert main(["tune", str(FOLDER), "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    tried = {t["model"] for t in found["trials"]}
    assert tried == {"latent", "closed_form"}  # there are no tracks below these artists
    for model, chosen in found["chosen"].items():
        rows = [t for t in found["trials"] if t["model"] == model]
        if model not in tried:
            assert chosen == {}
            continue
        assert rows[0]["settings"] == rows[0]["beside"] == {}
        assert all(t["beside"] in [other["settings"] for other in rows] for t in rows)
        assert len(rows) > 2
        picked = next(t for t in rows if t["settings"] == chosen)
        assert picked["settings"] == {} or picked["gain"] > picked["error"]
        assert all(0 < t["ndcg"] < 1 for t in rows)
    model = tmp_path / "model"
    assert main(["fit", str(FOLDER), str(model), "--settings", str(out)]) == 0
    info = json.loads((model / "manifest.json").read_text())["info"]
    assert info["settings"] == found["chosen"]
    assert info["tuned_on"] == json.loads(out.read_text())["tuned_on"] > 0
    assert [step["dropped"] for step in info["preprocessing"]] == [0] * len(info["preprocessing"])
    capsys.readouterr()
    assert main(["tune", str(FOLDER)]) == 0
    assert "trials in" in capsys.readouterr().out


def test_a_file_that_has_no_folder_is_refused_before_anything_is_tried(tmp_path, capsys):
    out = tmp_path / "no" / "where.json"
    assert main(["tune", str(FOLDER), "--out", str(out)]) == EXIT_BAD_INPUT
    said = f"{out} cannot be written: there is no folder {out.parent}; make it first"
    assert capsys.readouterr().err.strip() == said


def test_settings_and_vote_weights_stand_in_files_of_their_own_or_in_one(tmp_path):
    models, votes, both = (tmp_path / f"{name}.json" for name in ("models", "votes", "both"))
    write_settings(models, {"latent": {"unobserved": 2.0}}, "log", 500)
    write_votes(votes, {"like": 3.5, "dislike": -0.1})
    both.write_text(json.dumps(json.loads(models.read_text()) | json.loads(votes.read_text())))
    heard = with_settings(Config(), votes)
    assert heard.tune, "what votes weigh says nothing about the models, so these are still tuned"
    assert (heard.weighing.like, heard.weighing.dislike) == (3.5, -0.1)
    told = with_settings(heard, models)
    assert told == with_settings(with_settings(Config(), models), votes)
    assert told == with_settings(Config(), both)
    with pytest.raises(DataError, match="named twice"):
        with_settings(told, both)
    assert (told.tune, told.tuned_on, told.latent) == (False, 500, {"unobserved": 2.0})
    assert (told.weighing.scale, told.weighing.like) == ("log", 3.5)
