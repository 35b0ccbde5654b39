"""`evaluate --rankings`: whose lists the file holds, and what can be worked out from it."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from recsys.cli.main import main
from tests.recsys.cli.test_evaluate import evaluated
from tests.recsys.generated import FOLDER


@pytest.mark.parametrize("seeds", [1, 2])
def test_the_rankings_give_the_same_figure_again(capsys, tmp_path, seeds):
    out = tmp_path / "lists.csv.gz"
    found = evaluated(capsys, FOLDER, "--rankings", out, "--seeds", seeds)
    lists = pd.read_csv(out)
    assert list(lists.columns) == ["user", "rank", "item", "score"]
    assert (lists.groupby("user").size() >= 20).all()
    wanted = pd.read_csv(FOLDER / "test.csv").groupby("user")["item"].apply(set)
    known = pd.concat([pd.read_csv(FOLDER / f"{n}.csv") for n in ("train", "valid")])
    known = known.groupby("user")["item"].apply(set)
    reached = []
    for user, rows in lists.groupby("user"):
        rows = rows.sort_values("rank")
        assert (rows["score"].diff().dropna() <= 1e-9).all()
        assert not known[user] & set(rows["item"])
        hit = np.array([item in wanted[user] for item in rows["item"][:10]])
        ideal = (1 / np.log2(np.arange(2, min(10, len(wanted[user])) + 2))).sum()
        reached.append((hit / np.log2(np.arange(2, 12))).sum() / ideal)
    written = found["rankings"]
    assert written["seed"] == 0
    assert written["ndcg@10"] == pytest.approx(np.mean(reached), abs=6e-5)
    same = found["models"][0]["ndcg@10"] == written["ndcg@10"]
    assert same == (seeds == 1), "the mean over two starts is another figure"


def test_the_table_says_which_start_the_rankings_are_of(capsys, tmp_path):
    out = str(tmp_path / "lists.csv")
    asked = ["evaluate", str(FOLDER), "--rankings", out, "--seeds", "2", "--models", "popularity"]
    assert main(asked) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert re.search(r"from random start 0, NDCG@10 0\.\d{4} \(the table shows", told)


def test_the_rankings_are_those_of_the_hybrid_wherever_it_is_named(capsys, tmp_path):
    out = tmp_path / "lists.csv"
    asked = ["evaluate", str(FOLDER), "--rankings", str(out), "--models"]
    assert main([*asked, "hybrid,popularity"]) == 0
    assert "lists.csv: the lists of hybrid from" in " ".join(capsys.readouterr().out.split())
    first = pd.read_csv(out)
    assert main([*asked, "hybrid", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rankings"]["model"] == "hybrid"
    assert first.equals(pd.read_csv(out))
    assert main([*asked, "content,popularity"]) == 0
    assert "lists.csv: the lists of popularity from" in " ".join(capsys.readouterr().out.split())


def test_a_model_alone_ranks_by_its_raw_score(capsys, tmp_path):
    """Curves that know listeners and items would make another model of it."""
    out = tmp_path / "lists.csv"
    evaluated(capsys, FOLDER, "--models", "popularity", "--rankings", out)
    lists = pd.read_csv(out)
    heard = pd.concat([pd.read_csv(FOLDER / f"{n}.csv") for n in ("train", "valid")])
    listeners = heard.groupby("item")["user"].nunique()
    for _, rows in lists.groupby("user"):
        assert listeners.reindex(rows.sort_values("rank")["item"]).is_monotonic_decreasing
