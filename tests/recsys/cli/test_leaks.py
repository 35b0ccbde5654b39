"""Folders that give away what should be found are told, protocol by protocol."""

import json

import numpy as np
import pandas as pd
import pytest

from recsys.cli.main import EXIT_BAD_INPUT, main
from tests.recsys.cli.folders import folder, ranked


def warnings(capsys, path, *arguments):
    assert main(["evaluate", str(path), *arguments, "--json"]) == 0
    return [line for line in capsys.readouterr().err.splitlines() if "warning" in line]


def test_no_word_where_all_judged_are_known(tmp_path, capsys):
    assert main(["evaluate", str(folder(tmp_path)), "--models", "popularity", "--json"]) == 0
    assert "warning" not in capsys.readouterr().err


def test_rows_to_find_that_are_known_already_are_told(tmp_path, capsys):
    path = folder(tmp_path)
    pair = (path / "train.csv").read_text().splitlines()[1]
    test = path / "test.csv"
    test.write_text(f"{test.read_text().rstrip()}\n{pair}\n")
    assert main(["evaluate", str(path), "--models", "popularity", "--json"]) == 0
    assert "warning: 1 of the" in capsys.readouterr().err


def test_pairs_to_foretell_that_are_known_are_told_as_such(tmp_path, capsys):
    path = folder(tmp_path)
    assert warnings(capsys, path, "--protocol", "plays") == []
    pair = (path / "test.csv").read_text().splitlines()[1]
    with (path / "train.csv").open("a") as file:
        file.write(f"{pair}\n")
    (told,) = warnings(capsys, path, "--protocol", "plays")
    assert told.startswith("warning: 1 of the")
    assert "too high" in told


def test_a_newcomer_whose_friends_are_known_is_no_stranger(tmp_path, capsys):
    path = folder(tmp_path, more={"test": "98,3,1\n"})
    (path / "friends.csv").write_text("a,b\n98,3\n")
    ranked(path, "--models", "popularity", "--friends", str(path / "friends.csv"))
    assert "warning" not in capsys.readouterr().err


@pytest.fixture
def strong(tmp_path):
    """Five listeners who are in no training; two items of each are to be found."""
    rows = "".join(
        f"new{user},{(7 * user + 3 * k) % 40},1,{'target' if k > 6 else 'foldin'},test\n"
        for user in range(5)
        for k in range(9)
    )
    path = folder(tmp_path)
    (path / "heldout.csv").write_text("user,item,count,role,part\n" + rows)
    return path


def test_targets_that_are_trained_on_are_told(strong, capsys):
    asked = ("--protocol", "strong", "--models", "popularity")
    assert warnings(capsys, strong, *asked) == []
    with (strong / "train.csv").open("a") as file:
        file.write("new0,21,3\nnew0,24,1\nnew1,28,1\nnew1,2,2\n")
    (told,) = warnings(capsys, strong, *asked)
    assert told.startswith("warning: 3 of the 10 rows to find stand in the training data; models ")


@pytest.fixture
def cold(tmp_path):
    """Nine listeners of twenty items, three of which are in no training."""
    table = pd.DataFrame(
        {"user": [f"u{k % 9}" for k in range(60)], "item": [f"i{k % 20}" for k in range(60)]}
    )
    is_cold = table["item"].isin(["i0", "i1", "i2"])
    table[~is_cold].to_csv(tmp_path / "train.csv", index=False)
    table[is_cold].to_csv(tmp_path / "test.csv", index=False)
    (tmp_path / "cold_items.csv").write_text("item\ni0\ni1\ni2\n")
    return tmp_path


COLD = ("--protocol", "cold", "--models", "popularity")


def test_cold_items_that_somebody_plays_in_train_are_told(cold, capsys):
    assert warnings(capsys, cold, *COLD) == []
    with (cold / "train.csv").open("a") as file:
        file.write("zoe,i1\nada,i1\n")
    (told,) = warnings(capsys, cold, *COLD)
    assert told.startswith("warning: 1 of the 3 cold items stand in the training data; models ")


def test_cold_items_that_are_no_items_are_refused_or_told(cold, capsys):
    listed = cold / "cold_items.csv"
    listed.write_text("item\ni0\ni1\nMogwai\nMogwai\n")
    (told,) = warnings(capsys, cold, *COLD)
    assert told.startswith("warning: cold_items.csv: 1 of its 3 names stand neither in train nor ")
    for names in ("Mogwai\nLow\n", "i3\ni4\n"):  # the second are items, but in train alone
        listed.write_text(f"item\n{names}")
        assert main(["evaluate", str(cold), *COLD]) == EXIT_BAD_INPUT
        said = "cold_items.csv: none of its 2 names is an item of test, so there is nothing to find"
        assert said in capsys.readouterr().err


def test_two_files_of_cold_items_are_refused_unless_they_say_the_same(cold, capsys):
    other = cold / "cold_artists.csv"
    other.write_text("item\ni0\n")
    assert main(["evaluate", str(cold), *COLD]) == EXIT_BAD_INPUT
    said = "holds both cold_artists and cold_items, and they differ; take away the one"
    assert said in capsys.readouterr().err
    other.write_text((cold / "cold_items.csv").read_text())
    assert warnings(capsys, cold, *COLD) == []


def test_hidden_rows_that_are_trained_on_are_told(tmp_path, capsys):
    path = folder(tmp_path)
    rows = "".join(f"m{k // 4},{k},{'hidden' if k % 4 else 'seed'}\n" for k in range(12))
    (path / "members.csv").write_text("user,item,role\n" + rows)
    assert warnings(capsys, path, "--protocol", "feedback") == []
    with (path / "train.csv").open("a") as file:
        file.write("m0,0,2\nm0,1,2\nm1,6,1\nm1,1,1\n")
    (told,) = warnings(capsys, path, "--protocol", "feedback")
    assert told.startswith("warning: 2 of the 9 hidden rows stand in the training data; models ")


def test_hidden_rows_that_are_seeds_as_well_are_told(tmp_path, capsys):
    path = folder(tmp_path)
    rows = "".join(f"m0,{k},{role}\n" for k in range(3) for role in ("hidden", "seed"))
    (path / "members.csv").write_text(
        "user,item,role\n" + rows + "m1,5,seed\nm1,0,seed\nm1,0,seed\n"
    )
    assert main(["evaluate", str(path), "--protocol", "feedback"]) == 0
    told = capsys.readouterr()
    assert "warning: 3 of the 3 hidden rows are seeds as well; lists leave out what is" in told.err
    assert "gain none, extra hits +0.00" in told.out


def test_novelty_counts_the_listeners_of_the_files(tmp_path, capsys):
    """Also those who are no people: they teach nothing, but they are in the training data."""
    path = folder(tmp_path, more={"train": "".join(f"shop,{k},1\n" for k in range(1_500))})
    out = path / "lists.csv"
    asked = ["--models", "popularity", "--rankings", str(out), "--json"]
    assert main(["evaluate", str(path), *asked]) == 0
    told = capsys.readouterr()
    assert "listeners that are no people: 1500 dropped" in told.err
    heard = pd.concat([pd.read_csv(path / f"{name}.csv", dtype=str) for name in ("train", "valid")])
    lists = pd.read_csv(out, dtype={"item": str})
    shown = lists[lists["rank"] <= 10]["item"]
    n_heard = heard.groupby("item")["user"].nunique().reindex(shown, fill_value=0)
    share = (n_heard + 1) / (heard["user"].nunique() + 1)
    (row,) = json.loads(told.out)["models"]
    assert row["novelty@10"] == pytest.approx(-np.log2(share).mean(), abs=6e-5)
