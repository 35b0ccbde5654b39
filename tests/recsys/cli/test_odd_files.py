"""`python -m recsys evaluate` on small folders: odd ones work, bad ones get a sentence."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.cli.listening import Heard
from recsys.cli.listening_files import heard_in
from recsys.cli.main import EXIT_BAD_INPUT, main
from recsys.cli.side_information import SideFiles, read_catalogue
from recsys.cli.tables import find, plays_of
from recsys.cli.tasks import holdout
from recsys.errors import DataError
from tests.recsys.cli.folders import HEADER, folder, ranked


def refused(capsys, *arguments: str) -> str:
    assert main(["evaluate", *arguments]) == EXIT_BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    said = [line for line in told.err.splitlines() if not line.endswith(" …")]  # progress
    assert len(said) == 1
    return str(said[0])


@pytest.mark.parametrize(
    "more",
    [
        {"test": "98,3,1\n99,5,2\n"},
        {"test": "1,777,1\n"},
        {"train": "1,39,1e30\n"},
        {"train": "0,0,1\n0,0,5\n"},
        {"valid": "50,1,1\n50,2,1\n"},
        {"test": "".join(f"{50 + k},{k},2\n" for k in range(15))},
    ],
    ids=[
        "a stranger",
        "a new item",
        "a huge count",
        "rows twice",
        "late listener",
        "many strangers",
    ],
)
def test_odd_rows_are_ranked_all_the_same(tmp_path, more):
    asked = set(pd.read_csv(folder(tmp_path, more=more) / "test.csv")["user"])
    assert set(ranked(tmp_path)["user"]) == asked


def test_an_empty_train_or_valid_file_is_no_obstacle(tmp_path):
    for name in ("train", "valid"):
        (folder(tmp_path) / f"{name}.csv").write_text(HEADER)
        assert ranked(tmp_path)["user"].nunique() == 12


def test_two_listeners_are_ranked_what_there_is(tmp_path):
    (tmp_path / "train.csv").write_text(f"{HEADER}1,1,2\n1,2,3\n2,1,1\n2,3,1\n")
    (tmp_path / "valid.csv").write_text(f"{HEADER}1,3,1\n2,2,1\n")
    (tmp_path / "test.csv").write_text(f"{HEADER}1,4,1\n2,5,2\n")
    out = tmp_path / "lists.csv"
    assert main(["evaluate", str(tmp_path), "--rankings", str(out)]) == 0
    lists = pd.read_csv(out)
    assert lists.groupby("user")["item"].apply(set).to_dict() == {1: {4, 5}, 2: {4, 5}}


def test_a_name_may_be_any_word(tmp_path):
    path = folder(tmp_path, item="a{}", more={"train": "1,NA,3\n2,null,2\n3,None,1\n"})
    assert {"NA", "null", "None"} <= set(ranked(path)["item"])


def test_judged_strangers_are_told_and_strangers_alone_are_refused(tmp_path, capsys):
    path = folder(tmp_path, more={"test": "98,3,1\n99,5,2\n"})
    assert main(["evaluate", str(path), "--models", "popularity", "--json"]) == 0
    told = capsys.readouterr()
    assert "nothing is known of 2 of the 14 listeners to judge" in told.err
    assert '"users": 14' in told.out
    (path / "test.csv").write_text(f"{HEADER}98,3,1\n99,5,2\n")
    said = refused(capsys, str(path), "--models", "popularity")
    assert "nothing is known of any of the 2 listeners to judge" in said


def test_a_file_of_tags_taken_for_groups_is_told(tmp_path, capsys):
    path = folder(tmp_path)
    groups = tmp_path / "groups.csv"
    groups.write_text("item,artist\n1,a\n1,b\n2,c\n2,c\n2.0,c\n3,d\n3,\n")
    arguments = ["--models", "popularity", "--item-groups", str(groups), "--json"]
    assert main(["evaluate", str(path), *arguments]) == 0
    assert "groups.csv gives some items two groups (1 rows too many)" in capsys.readouterr().err
    groups.write_text("item,artist,album,mood\n1,a,x,calm\n1,a,x,warm\n")
    assert main(["evaluate", str(path), *arguments]) == 0
    assert "warning" not in capsys.readouterr().err, "of further groupings each row counts"


@pytest.mark.parametrize(
    "command",
    [
        "evaluate {t}/no",
        "tune {t}/no",
        "fit {t}/no {t}/model",
        "report {t}/no --out {t}/report.html",
        "inspect {t}/no",
    ],
)
def test_a_folder_that_is_not_there_is_named(tmp_path, capsys, command):
    assert main(command.format(t=tmp_path).split()) == EXIT_BAD_INPUT
    assert capsys.readouterr().err.strip() == f"there is no folder {tmp_path}/no"


def test_a_listening_set_that_is_not_there_may_have_been_a_folder(tmp_path):
    with pytest.raises(DataError, match="there is no file or folder"):
        list(heard_in(tmp_path / "no"))


def test_the_line_is_that_of_the_file_packed_and_with_breaks_in_cells(tmp_path):
    path = tmp_path / "plays.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write('user;item;count\n\nzoe;"two\nlines";2\n\nada;x;0\n')
    with pytest.raises(DataError, match="line 6 holds 0"):
        plays_of(path)


def test_a_table_may_stand_beside_itself_unpacked(tmp_path):
    (tmp_path / "train.csv").write_text("user,item\nu1,a\n")
    packed = tmp_path / "train.csv.gz"
    packed.write_bytes(gzip.compress(b"user,item\nu1,a\n"))
    assert find(tmp_path, "train") == packed
    packed.write_bytes(gzip.compress(b"user,item\nu1,b\n"))
    with pytest.raises(DataError, match="and they differ"):
        find(tmp_path, "train")


@pytest.mark.parametrize(
    ("row", "held"), [("1700000000,zoe,abba", "'abba'"), ("1,2,0", "'0'"), ("1,2", "''")]
)
def test_a_listening_set_says_what_it_took_as_plays(tmp_path, row, held):
    (tmp_path / "log.csv").write_text(f"time,user,item\n{row}\n")
    with pytest.raises(DataError) as refusal:
        list(heard_in(tmp_path / "log.csv"))
    assert (
        f"line 2: plays must be a number > 0, but column 3 (item), which is taken as plays, "
        f"holds {held}" in str(refusal.value)
    )


@pytest.mark.parametrize("mark", ["\t", ";"])
def test_tabs_and_semicolons_separate_columns_too(tmp_path, mark):
    whole = ranked(folder(tmp_path), "--models", "popularity")
    for name in ("train", "valid", "test"):
        table = pd.read_csv(tmp_path / f"{name}.csv")
        table.to_csv(tmp_path / f"{name}.csv", sep=mark, index=False)
    pd.testing.assert_frame_equal(ranked(tmp_path, "--models", "popularity"), whole)


@pytest.mark.parametrize("mark", ["\t", ";"])
def test_a_listening_set_may_use_them_as_well(tmp_path, mark):
    path = tmp_path / "set.csv"
    path.write_text(f"listener{mark}artist{mark}plays\nzoe{mark}A, B{mark}3\n")
    assert list(heard_in(path)) == [Heard("zoe", "A, B", 3.0)]


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--item-tags", "item,tag,n\n1,,2\n2,rock,3\n999,pop,1\n"),
        ("--item-tags", "item,tag\n"),
        ("--item-groups", "item,artist,album\n1,,\n2,a,\n3,a,x\n999,b,y\n"),
        ("--item-groups", "item,artist\n1,\n2,\n"),
        ("--item-features", "item,loud,year,empty\n1,,1990,\n2,3,,\n3,NA,2001,\n999,2,2000,\n"),
        ("--item-features", "item,loud\n999,1\n1,\n"),
        ("--friends", "a,b\n1,\n2,3\nzoe,4\n"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_gaps_and_strangers_in_side_files_are_passed_over(tmp_path, option, text):
    (tmp_path / "side.csv").write_text(text)
    assert ranked(folder(tmp_path), option, str(tmp_path / "side.csv"))["user"].nunique() == 12


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"train": "1,39,inf\n"}, "train.csv: the third column must hold plays > 0"),
        ({"train": "1,39,1e39\n"}, "train.csv: the third column must hold plays > 0"),
        ({"valid": "1,39,0\n"}, "valid.csv: the third column must hold plays > 0"),
        ({"train": "1,39,2\n\n1,38,many\n"}, "each row counts as 1); line 100 holds many"),
        ({"train": "1,39,\n"}, "train.csv has an empty cell: count in line 98"),
        ({"train": "1,39,1,2\n"}, "train.csv is not a readable CSV file"),
    ],
)
def test_bad_rows_are_refused_with_the_file(tmp_path, capsys, more, said):
    assert said in refused(capsys, str(folder(tmp_path, more=more)))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("train", "1,39,17\n1,3,5\n2,4,5\n", "train.csv has no header"),
        ("train", "1, 39, 17\n2, 39, 5\n", "train.csv has no header"),
        ("train", "u1,2019\nu1,2020\n", "train.csv has no header"),
        ("train", "ada,radiohead,12\nben,muse,3\ncleo,air,4\n", "train.csv has no header"),
        ("train", "user,item\n1,2,3\n", "train.csv: its rows have more cells than the header"),
        ("valid", "", "valid.csv is empty; its first line must name the columns"),
        ("test", HEADER, "test holds no rows"),
    ],
)
def test_bad_files_are_refused_with_their_name(tmp_path, capsys, name, text, said):
    (folder(tmp_path) / f"{name}.csv").write_text(text)
    assert said in refused(capsys, str(tmp_path))


@pytest.mark.parametrize(
    ("column", "cells", "line"),
    [("Year", "2,1990\n\n1,20190517\n", 4), ("year", "1,-0.8\n2,0\n3,0.9\n", 2)],
)
def test_numbers_that_are_no_years_are_numbers_like_any_other(
    tmp_path, capsys, column, cells, line
):
    """A date as one number, or a year that was scaled: no era is read from it, nothing is refused."""
    path = folder(tmp_path)
    side = path / "side.csv"
    side.write_text(f"item,{column}\n{cells}")
    found = holdout(path, SideFiles(item_features=side)).catalogue
    assert np.isnan(found.year).all()
    assert (found.features[:, 0] == 0).sum() == cells.count(",0\n"), "0 is a number as well"
    told = capsys.readouterr().err
    assert f"column {column} counts as a number like any other" in told
    assert f"line {line} holds" in told


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--item-tags", "item,tag,n\n1,rock,inf\n", "side.csv: the third column must hold counts"),
        ("--item-features", "item,loud\n1,inf\n", "side.csv: column loud must hold numbers"),
        ("--item-features", "item,loud\n1,1e300\n", "side.csv: column loud must hold numbers"),
        ("--item-groups", "item,artist\n,a\n", "side.csv has an empty cell: item in line 2"),
        ("--item-tags", "item,tag\n999,pop\nzoe,rock\n", "side.csv names no item of the plays"),
        ("--item-groups", "item,artist\n999,a\n", "side.csv names no item of the plays"),
        ("--item-features", "item,loud\n999,1\n", "side.csv names no item of the plays"),
    ],
)
def test_bad_side_files_are_refused_with_their_name(tmp_path, capsys, option, text, said):
    side = tmp_path / "side.csv"
    side.write_text(text)
    assert said in refused(capsys, str(folder(tmp_path)), option, str(side))


@pytest.mark.parametrize(
    ("protocol", "name", "text", "said"),
    [
        ("strong", "heldout", "u,i,n,r,p\n1,2,x,target,test\n", "heldout.csv: the third column"),
        ("small", "communities", "kind,n,draw,user\nrandom,five,0,1\n", "whole numbers"),
        ("small", "communities", "kind,n,draw,user\nrandom,1,0,50\n", "stands in test"),
        ("feedback", "members", "user,item,role\n1,2,seed\n", "no rows of role hidden"),
    ],
)
def test_bad_files_of_the_other_protocols(tmp_path, capsys, protocol, name, text, said):
    path = folder(tmp_path, more={"train": "50,1,1\n"})
    (path / f"{name}.csv").write_text(text)
    assert said in refused(capsys, str(path), "--protocol", protocol)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--rankings {t}", "cannot be written"),
        ("--rankings {t}/no/lists.csv", "cannot be written"),
        ("--rankings {t}/lists.csv --protocol plays", "not with plays"),
        ("--models latent --protocol feedback", "does not go with feedback"),
    ],
)
def test_what_would_come_to_nothing_is_refused_before_anything_is_fitted(
    tmp_path, capsys, arguments, said
):
    words = arguments.format(t=tmp_path).split()
    assert said in refused(capsys, str(folder(tmp_path)), *words)


def test_a_year_of_0_is_an_unknown_one(tmp_path: Path) -> None:
    path = tmp_path / "years.csv"
    path.write_text("item,year\n1,1990\n2,0\n3,\n", encoding="utf-8")
    catalogue = read_catalogue(np.arange(1, 4), tmp_path, SideFiles(item_features=path))
    np.testing.assert_array_equal(catalogue.year, [1990, np.nan, np.nan])


def test_a_table_of_counts_is_no_log(tmp_path: Path, capsys) -> None:
    counts = folder(tmp_path) / "train.csv"
    assert main(["prepare", str(counts), str(tmp_path / "out")]) == EXIT_BAD_INPUT
    assert "is this a count?" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_nothing_is_learned_from_no_plays(tmp_path: Path, capsys) -> None:
    (tmp_path / "train.csv").write_text(HEADER, encoding="utf-8")
    assert main(["fit", str(tmp_path), str(tmp_path / "model")]) == EXIT_BAD_INPUT
    assert "train holds no plays" in capsys.readouterr().err


def test_the_help_names_the_files_of_each_protocol(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", "--help"])
    told = capsys.readouterr().out
    assert "communities: kind, n, draw, user" in told
    assert "members: user, item, role (seed or hidden)" in told
