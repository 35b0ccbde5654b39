"""`fit`, `inspect` and `explain` on the checked-in set."""

import json
import shutil

import pytest

from recsys.cli.main import EXIT_BAD_INPUT, main
from recsys.snapshot import load
from tests.recsys.generated import FOLDER


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("item,plays\nartist 41,30\nartist 44,12\nartist 52,5\nnobody,3\n")
    return path


def test_inspect_tells_the_parts_and_their_weights(model, capsys):
    assert main(["inspect", str(model), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["listeners"] == 150
    assert facts["items"] > 250
    assert {"popularity", "content", "latent"} <= {part["part"] for part in facts["parts"]}
    curves = {part.name: part.curve_of(cold=True) for part in load(model).parts}
    for part in facts["parts"]:
        assert part["unheard"] == list(curves[part["part"]].rare_slopes)
    assert main(["inspect", str(model)]) == 0
    assert facts["version"] in capsys.readouterr().out


def test_explain_sums_to_the_score_and_stays_in_the_style(model, history, capsys):
    assert main(["explain", str(model), str(history), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["unknown rows"] == 1
    assert len(found["items"]) == 10
    style = [row for row in found["items"] if 40 <= int(row["item"].split()[1]) < 80]
    assert len(style) >= 8
    for row in found["items"]:
        assert sum(row["parts"].values()) == pytest.approx(row["score"], abs=1e-4)
        assert {one["item"] for one in row["because of"]} <= {"artist 41", "artist 44", "artist 52"}


def test_explain_one_item(model, history, capsys):
    assert main(["explain", str(model), str(history), "--item", "artist 200"]) == 0
    assert "artist 200" in capsys.readouterr().out


def test_a_folder_in_use_is_refused_before_the_training(tmp_path, capsys):
    (tmp_path / "mine").write_text("keep me")
    assert main(["fit", str(FOLDER), str(tmp_path)]) == EXIT_BAD_INPUT
    told = capsys.readouterr()
    assert "is not empty; name a new folder" in told.err
    assert "training" not in told.err
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["explain", "{model}", "{history}", "--item", "artist x"], "knows no item artist x"),
        (["explain", "{model}", "{model}/none.csv"], "there is no file"),
        (["explain", "{model}", "{history}", "--n", "0"], "--n must be at least 1"),
        (["inspect", "{history}"], "holds no model"),
        (["inspect", "{data}"], "holds no model"),
        (["fit", "{data}", "{model}"], "is not empty"),
    ],
)
def test_mistakes_get_a_sentence(model, history, capsys, arguments, said):
    names = {"model": model, "history": history, "data": FOLDER}
    assert main([one.format(**names) for one in arguments]) == EXIT_BAD_INPUT
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


def test_a_model_without_one_of_its_files_is_refused_by_its_name(model, tmp_path, capsys):
    copy = shutil.copytree(model, tmp_path / "copy")
    missing = next(copy.glob("part.*.npy"))
    missing.unlink()
    assert main(["inspect", str(copy)]) == EXIT_BAD_INPUT
    assert capsys.readouterr().err == f"copy cannot be read: {missing.name} is missing\n"
