"""`python -m recsys evaluate` on the checked-in set: the contract of files, figures and errors."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from recsys.cli.communities import CommunityFigures, closed, mean_of
from recsys.cli.main import EXIT_BAD_INPUT, main
from recsys.cli.measuring import fitted
from recsys.cli.side_information import SideFiles
from recsys.cli.tasks import holdout
from tests.recsys.cli.folders import folder
from tests.recsys.generated import FOLDER, draw


def evaluated(capsys, *arguments):
    code = main(["evaluate", *map(str, arguments), "--json"])
    assert code == 0
    return json.loads(capsys.readouterr().out)


def test_the_checked_in_set_is_the_one_that_is_drawn():
    for name, frame in draw().items():
        stored = pd.read_csv(FOLDER / f"{name}.csv")
        assert stored.equals(frame.reset_index(drop=True)), name


def test_holdout_lies_in_its_band(capsys):
    names = "popularity,content,neighbours,closed_form,latent,graph_walk,user_neighbours,hybrid"
    found = evaluated(capsys, FOLDER, "--models", names)
    rows = {row["model"]: row for row in found["models"]}
    assert found["users"] == 150
    assert 0.04 < rows["popularity"]["ndcg@10"] < 0.09
    assert 0.21 < rows["hybrid"]["ndcg@10"] < 0.30
    for name in ("popularity", "content", "latent"):
        assert rows[name]["hybrid minus this"][1] > 0, f"clearly better than {name}"
    best = max(row["ndcg@10"] for name, row in rows.items() if name != "hybrid")
    assert rows["hybrid"]["ndcg@10"] > best - 0.01, "300 held-out rows can't tell parts apart finer"
    assert rows["closed_form"]["settings"] == {
        "closed_form": rows["hybrid"]["settings"]["closed_form"]
    }, "one alone is tuned as it is within the hybrid"


@pytest.mark.parametrize("weighting", ["tfidf", "bm25"])
def test_item_neighbours_are_measured_in_each_weighting(capsys, weighting):
    name = f"neighbours_{weighting}"
    (part,) = fitted(holdout(FOLDER, SideFiles()), name, seed=0).parts
    assert (part.name, part.model.weighting) == (name, weighting)
    (row,) = evaluated(capsys, FOLDER, "--models", name)["models"]
    assert 0.2 < row["ndcg@10"] < 0.3


def test_the_table_holds_the_paired_difference_of_the_last_model_to_each_other_one(capsys):
    asked = ["evaluate", str(FOLDER), "--models", "popularity,content"]
    assert main([*asked, "--json"]) == 0
    mean, low, high = json.loads(capsys.readouterr().out)["models"][0]["content minus this"]
    assert main(asked) == 0
    told = capsys.readouterr().out
    assert "content minus this, 95 %" in told
    (row,) = (line for line in told.splitlines() if line.startswith("│ popularity"))
    assert f"{mean:+.4f} ({low:+.4f} to {high:+.4f})" in row
    assert main([*asked[:-1], "content"]) == 0
    assert "minus this" not in capsys.readouterr().out, "one alone is compared with none"


def test_a_model_that_is_named_twice_is_measured_once(capsys):
    found = evaluated(capsys, FOLDER, "--models", "content,popularity,content")
    assert [row["model"] for row in found["models"]] == ["content", "popularity"]


def test_without_tags_no_list_has_a_distance(capsys, tmp_path):
    for name in ("train", "valid", "test"):
        draw()[name].to_csv(tmp_path / f"{name}.csv", index=False)
    (row,) = evaluated(capsys, tmp_path, "--models", "popularity")["models"]
    assert row["ild@10"] is None
    assert row["novelty@10"] > 0


def test_peak_memory_is_told(capsys):
    asked = ["evaluate", str(FOLDER), "--models", "popularity"]
    assert main(asked) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(r"peak memory: \d+ MiB", last)
    found = evaluated(capsys, *asked[1:])
    assert int(last.split()[2]) <= found["peak_mib"] < 100_000


def test_cold_items_are_ranked_by_what_describes_them(capsys, tmp_path):
    parts = draw()
    whole = pd.concat([parts[name] for name in ("train", "valid", "test")])
    items = sorted(set(parts["item_tags"]["item"]))
    cold = pd.DataFrame({"item": items[::5]})
    is_cold = whole["item"].isin(cold["item"])
    whole[~is_cold].to_csv(tmp_path / "train.csv", index=False)
    whole[is_cold].to_csv(tmp_path / "test.csv", index=False)
    cold.to_csv(tmp_path / "cold_artists.csv", index=False)
    parts["item_tags"].to_csv(tmp_path / "item_tags.csv", index=False)
    found = evaluated(capsys, tmp_path, "--protocol", "cold", "--models", "popularity,hybrid")
    ndcg = {row["model"]: row["ndcg@10"] for row in found["models"]}
    assert ndcg["hybrid"] > ndcg["popularity"] + 0.1


def test_strong_generalisation_folds_in_strangers(capsys, tmp_path):
    parts = draw()
    whole = pd.concat([parts[name] for name in ("train", "valid", "test")])
    stranger = whole["user"].str[1:].astype(int) % 4 == 0
    whole[~stranger].to_csv(tmp_path / "train.csv", index=False)
    held = whole[stranger].assign(
        role=np.where(np.arange(stranger.sum()) % 5 == 4, "target", "foldin"), part="test"
    )
    held.to_csv(tmp_path / "heldout.csv", index=False)
    parts["item_tags"].to_csv(tmp_path / "item_tags.csv", index=False)
    found = evaluated(capsys, tmp_path, "--protocol", "strong", "--models", "popularity,hybrid")
    ndcg = {row["model"]: row["ndcg@10"] for row in found["models"]}
    assert ndcg["hybrid"] > 1.5 * ndcg["popularity"]


def test_answers_raise_the_hits_of_later_rounds(capsys, tmp_path):
    parts = draw()
    whole = pd.concat([parts[name] for name in ("train", "valid", "test")])
    member = whole["user"].str[1:].astype(int) < 30
    whole[~member].to_csv(tmp_path / "train.csv", index=False)
    mine = whole[member]
    first = mine.groupby("user").cumcount() < 2
    mine = mine.assign(role=np.where(first, "seed", "hidden"))[["user", "item", "role"]]
    mine.to_csv(tmp_path / "members.csv", index=False)
    found = evaluated(capsys, tmp_path, "--protocol", "feedback")
    assert found["members"] == 30
    assert len(found["updated"]) == 10
    assert found["updated"][0] == found["never"][0], "the first list has no answers to learn from"
    assert found["difference 95%"][0] > 0
    for name in ("train", "members"):
        once = pd.read_csv(tmp_path / f"{name}.csv")
        pd.concat([once, once]).to_csv(tmp_path / f"{name}.csv", index=False)
    assert main(["evaluate", str(tmp_path), "--protocol", "feedback", "--json"]) == 0
    told = capsys.readouterr()
    assert f"repeated rows: {120 * 24} dropped" in " ".join(told.err.split())
    assert json.loads(told.out) == found, "rows that are there twice say nothing more"


def test_small_communities_closed_and_with_background(capsys, tmp_path):
    for name, frame in draw().items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    draws = [("random", 5, k, f"u{5 * k + i}") for k in range(2) for i in range(5)]
    pd.DataFrame(draws).to_csv(tmp_path / "communities.csv", index=False)
    found = evaluated(capsys, tmp_path, "--protocol", "small", "--models", "hybrid")
    figures = {row["plays of others"]: row for row in found}
    assert figures["closed"]["n_members"] == 5
    assert figures["closed"]["n_draws"] == 2
    assert figures["closed"]["ndcg_sd"] > 0
    assert figures["together"]["ndcg"] > figures["closed"]["ndcg"] + 0.1


def test_five_members_are_served_better_than_by_tags_or_fame_alone():
    """Sixteen communities of five who know nobody else: thin data must not mislead the blend."""
    task = holdout(FOLDER, SideFiles())
    rng = np.random.default_rng(0)
    draws = {("random", 5): [np.sort(rng.choice(150, 5, replace=False)) for _ in range(16)]}
    ndcg = {name: closed(task, draws, name)[0].ndcg for name in ("content", "popularity", "hybrid")}
    assert ndcg["hybrid"] > 1.2 * max(ndcg["content"], ndcg["popularity"])


def test_play_counts_are_no_worse_than_what_is_simpler(capsys):
    """The counts of the set are drawn without regard to who plays what: there is nothing to learn."""
    found = {row["model"]: row["rmse"] for row in evaluated(capsys, FOLDER, "--protocol", "plays")}
    for name in ("global mean", "listener mean", "listener and item bias"):
        assert found["play counts"] < 1.01 * found[name], name


def test_play_counts_need_no_valid_file(tmp_path, capsys):
    for name in ("train", "test"):
        shutil.copy(FOLDER / f"{name}.csv", tmp_path)
    known = pd.read_csv(tmp_path / "train.csv")
    found = {row["model"]: row for row in evaluated(capsys, tmp_path, "--protocol", "plays")}
    logs, wanted = (
        np.log1p(frame["plays"]) for frame in (known, pd.read_csv(tmp_path / "test.csv"))
    )
    assert found["global mean"]["mse"] == pytest.approx(((wanted - logs.mean()) ** 2).mean())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"train": None}, "holds no train.csv"),
        ({"test": None}, "holds no test.csv"),
        ({"test": "user,item,plays\nu1,artist 3,none\n"}, "must hold plays > 0"),
        ({"test": "user\nu1\n"}, "needs 2 columns"),
        ({"train": "user,item,plays\nu1,,3\n"}, "has an empty cell"),
    ],
)
def test_bad_files_are_refused_with_a_sentence(capsys, tmp_path, change, said):
    for name, frame in draw().items():
        if name not in change:
            frame.to_csv(tmp_path / f"{name}.csv", index=False)
        elif change[name] is not None:
            (tmp_path / f"{name}.csv").write_text(change[name])
    code = main(["evaluate", str(tmp_path), "--models", "popularity"])
    told = capsys.readouterr()
    assert code == EXIT_BAD_INPUT
    assert said in told.err
    assert "Traceback" not in told.err


def test_an_unknown_model_is_named(capsys):
    assert main(["evaluate", str(FOLDER), "--models", "magic"]) == EXIT_BAD_INPUT
    assert "there is no model magic" in capsys.readouterr().err


def test_without_a_valid_file_a_part_of_train_teaches_the_weights(capsys, tmp_path):
    parts = draw()
    for name in ("train", "test", "item_tags"):
        parts[name].to_csv(tmp_path / f"{name}.csv", index=False)
    lists = tmp_path / "lists.csv"
    found = evaluated(capsys, tmp_path, "--models", "popularity,hybrid", "--rankings", lists)
    ndcg = {row["model"]: row["ndcg@10"] for row in found["models"]}
    assert ndcg["hybrid"] > ndcg["popularity"] + 0.1
    known = set(parts["train"][["user", "item"]].itertuples(index=False, name=None))
    ranked = pd.read_csv(lists)[["user", "item"]].itertuples(index=False, name=None)
    assert not known & set(ranked), "what was held out for that is known all the same"


def test_a_model_that_so_few_members_do_not_support_is_refused_with_a_sentence(capsys, tmp_path):
    for name, frame in draw().items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    members = pd.DataFrame([("random", 5, 0, f"u{k}") for k in range(5)])
    members.to_csv(tmp_path / "communities.csv", index=False)
    asked = ["evaluate", str(tmp_path), "--protocol", "small", "--models", "latent"]
    assert main(asked) == EXIT_BAD_INPUT
    assert "too little data for latent" in capsys.readouterr().err


@pytest.mark.parametrize("protocol", ["holdout", "small"])
@pytest.mark.parametrize("name", ["content", "lifted"])
def test_a_model_of_tags_is_refused_before_any_fit_where_there_are_none(
    capsys, tmp_path, monkeypatch, protocol, name
):
    folder(tmp_path)
    (tmp_path / "communities.csv").write_text("kind,n,draw,user\nrandom,1,0,3\n")
    for place in ("evaluate.measure", "other_protocols.fitted"):
        monkeypatch.setattr(f"recsys.cli.{place}", None)
    asked = ["evaluate", str(tmp_path), "--protocol", protocol, "--models", f"popularity,{name}"]
    assert main(asked) == EXIT_BAD_INPUT
    said = (
        f"{name} cannot be fitted: no item has a tag or a group; put item_tags.csv into the folder"
    )
    assert said in capsys.readouterr().err


def test_an_artist_is_enough_for_content(capsys, tmp_path):
    groups = tmp_path / "groups.csv"
    groups.write_text("item,artist\n" + "".join(f"{k},{k % 9}\n" for k in range(40)))
    asked = ["--models", "content", "--item-groups", groups]
    assert evaluated(capsys, folder(tmp_path), *asked)["models"]


def test_models_may_have_blanks_between_them(capsys, tmp_path):
    found = evaluated(capsys, folder(tmp_path), "--models", " popularity, neighbours,")
    assert [row["model"] for row in found["models"]] == ["popularity", "neighbours"]


def test_one_draw_has_no_spread(capsys, tmp_path):
    for name, frame in draw().items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    members = pd.DataFrame([("random", 5, 0, f"u{k}") for k in range(5)])
    members.to_csv(tmp_path / "communities.csv", index=False)
    asked = ["evaluate", str(tmp_path), "--protocol", "small", "--models", "popularity"]
    assert [row["ndcg_sd"] for row in evaluated(capsys, *asked[1:])] == [None, None]
    assert main(asked) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if "random" in line]
    assert all(" - " in row for row in rows)
    assert len(rows) == 2


def test_small_communities_are_averaged_over_random_starts():
    first = CommunityFigures("random", 5, 40, ndcg=0.2, ndcg_sd=0.1, map=0.3)
    second = CommunityFigures("random", 5, 40, ndcg=0.4, ndcg_sd=0.2, map=0.1)
    (found,) = mean_of([[first], [second]])
    assert (found.kind, found.n_members, found.n_draws) == ("random", 5, 40)
    assert (found.ndcg, found.ndcg_sd, found.map) == pytest.approx((0.3, 0.15, 0.2))
