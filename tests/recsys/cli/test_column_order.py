"""Columns count by place: a table that seems to have them in another order is told, not refused."""

import pandas as pd
import pytest

from recsys.cli.listening import Heard
from recsys.cli.listening_files import heard_in
from recsys.cli.main import EXIT_BAD_INPUT, main
from tests.recsys.cli.folders import folder
from tests.recsys.generated import FOLDER

ADVICE = (
    "columns count by place, whatever the header calls them: check that they are user, item, count"
)


def swapped(path, name, header):
    """Write user and item of a table the other way round, under another header."""
    table = pd.read_csv(path / f"{name}.csv").iloc[:, [1, 0, 2]]
    table.set_axis(header, axis=1).to_csv(path / f"{name}.csv", index=False)
    return path


def warnings(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if "warning" in line]


def evaluated(path):
    return main(["evaluate", str(path), "--models", "popularity", "--json"])


@pytest.mark.parametrize("header", [["item", "user", "n"], ["Artist Name", "listener_id", "n"]])
def test_a_header_that_says_otherwise_is_told(tmp_path, capsys, header):
    path = swapped(folder(tmp_path, item="i{}"), "train", header)
    assert evaluated(path) == 0
    first, second, _ = header
    told = f"warning: the header of train.csv says {first}, {second}; {ADVICE}"
    assert warnings(capsys)[0] == told


def test_held_out_listeners_who_are_all_strangers_to_train_are_told(tmp_path, capsys):
    path = swapped(folder(tmp_path, item="i{}"), "train", ["a", "b", "c"])
    told = f"warning: none of the listeners of {{}} is in train; {ADVICE}"
    assert evaluated(path) == 0
    assert warnings(capsys) == [told.format("valid and test")]
    assert main(["fit", str(path), str(tmp_path / "model")]) == 0
    assert warnings(capsys) == [told.format("valid")]
    (path / "valid.csv").unlink()
    assert evaluated(path) == EXIT_BAD_INPUT
    assert "columns count by place: user, item, count" in capsys.readouterr().err


@pytest.mark.parametrize(
    "header",
    [
        ["user", "item", "n"],
        ["a", "b", "c"],
        ["title", "0", "n"],
        ["user", "item", "0"],  # what pandas calls a series without a name
        ["user", "item", "2019"],
        ["0", "1", "2"],
    ],
)
def test_no_word_of_tables_in_order(tmp_path, capsys, header):
    path = folder(tmp_path)
    for name in ("train", "valid", "test"):
        table = pd.read_csv(path / f"{name}.csv").set_axis(header, axis=1)
        table.to_csv(path / f"{name}.csv", index=False)
    assert evaluated(path) == evaluated(FOLDER) == 0
    assert warnings(capsys) == []


def test_listeners_who_are_meant_to_be_new_are_no_matter(tmp_path, capsys):
    path = folder(tmp_path)
    rows = "".join(
        f"new{user},{(7 * user + 3 * k) % 40},1,{'target' if k > 5 else 'foldin'},test\n"
        for user in range(5)
        for k in range(9)
    )
    (path / "heldout.csv").write_text("user,item,count,role,part\n" + rows)
    asked = ["evaluate", str(path), "--protocol", "strong", "--models", "popularity", "--json"]
    assert main(asked) == 0
    assert warnings(capsys) == []


def test_a_listening_set_and_a_log_are_told_alike(tmp_path, capsys):
    (tmp_path / "set.csv").write_text("artist,listener\nabba,zoe\n")
    assert list(heard_in(tmp_path / "set.csv")) == [Heard("abba", "zoe", 1.0)]
    (tmp_path / "log.csv").write_text("track,user,at\nabba,zoe,1700000000\n")
    assert main(["prepare", str(tmp_path / "log.csv"), str(tmp_path / "split")]) == 0
    found = warnings(capsys)
    assert found[0].startswith("warning: the header of set.csv says artist, listener;")
    assert found[1].startswith("warning: the header of log.csv says track, user;")
    assert "user, item, time (or name them by --columns)" in found[1]


@pytest.mark.parametrize("nameless", ["", "Unnamed: 0"])
def test_an_index_before_the_columns_is_told(tmp_path, capsys, nameless):
    path = folder(tmp_path)
    table = pd.read_csv(path / "train.csv", index_col="user").rename_axis(nameless)
    table.to_csv(path / "train.csv")
    assert evaluated(path) == 0
    assert warnings(capsys) == [], "a column of listeners without a name is no index"
    table = pd.read_csv(folder(path, item="i{}") / "train.csv").sample(frac=1, random_state=0)
    table.rename_axis(nameless).to_csv(path / "train.csv")
    hint = "warning: train.csv: is the first column an index? it has no name, and in each row a "
    assert evaluated(path) == EXIT_BAD_INPUT
    assert warnings(capsys)[0].startswith(hint)
    asked = ["--out", str(path / "prior"), "--source", "s", "--licence", "l"]
    assert main(["pretrain", str(path / "train.csv"), *asked]) == 0
    assert warnings(capsys)[0].startswith(hint), "its listeners are taken for artists"


def test_an_index_that_columns_by_name_leave_out_is_not_told(tmp_path, capsys):
    log = pd.read_csv(FOLDER / "train.csv")
    log.assign(at=1_500_000_000 + 3_600 * log.index).to_csv(tmp_path / "log.csv")
    asked = ["prepare", str(tmp_path / "log.csv"), str(tmp_path / "split")]
    assert main([*asked, "--columns", "user,item,at"]) == 0
    assert warnings(capsys) == []
