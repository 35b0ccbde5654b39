"""Ids of any kind: kept to the letter, the same in every file, sorted as they should be."""

import json
import re

import pandas as pd
import pytest

from recsys.cli.main import main
from recsys.cli.side_information import SideFiles, read_catalogue
from recsys.cli.tasks import holdout
from tests.recsys.cli.folders import HEADER, folder, ranked, texts

IDS = {
    "zeros in front": lambda k: f"{k:03d}" if k < 20 else str(k - 20),
    "zeros at the end": lambda k: f"1.{k}" if k % 10 else f"1.{k}0",
    "beyond 64 bits": lambda k: str(2**63 + k),
    "words that a reader may take for values": lambda k: (
        ("true", "FALSE", "inf", "1e3")[k % 4] + "0" * (k // 4)
    ),
    "blanks": lambda k: " " * (k % 5) + f"a{k // 5}",
}


@pytest.mark.parametrize("name", IDS.values(), ids=IDS)
def test_ids_are_kept_to_the_letter(tmp_path, name):
    """As many items as the files name, called as the files call them, in the order of ties."""
    path = tmp_path
    for part, text in texts().items():
        rows = [line.split(",") for line in text.splitlines()[1:]]
        renamed = [f"{user},{name(int(item))},{count}" for user, item, count in rows]
        (path / f"{part}.csv").write_text("\n".join([HEADER.strip(), *renamed]) + "\n")
    named = [name(k) for k in range(40)]
    assert len(set(named)) == 40
    task = holdout(path, SideFiles())
    whole = all(re.fullmatch("0|[1-9][0-9]*", one) for one in named)
    assert task.item_ids.tolist() == sorted(named, key=int if whole else None)
    out = path / "lists.csv"
    assert main(["evaluate", str(path), "--models", "popularity", "--rankings", str(out)]) == 0
    lists = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert set(lists["item"]) <= set(named)
    assert lists.groupby("user").size().eq(20).all()


def test_one_word_among_the_ids_changes_no_other(tmp_path):
    """Integers with zeros in front are other items than those without, with and without the word."""
    sizes, figures = [], []
    for more in ({}, {"test": "50,word,1\n"}):
        path = tmp_path / str(len(more))
        path.mkdir()
        folder(path, item="0{}", more={"train": "1,7,3\n", **more})
        task = holdout(path, SideFiles())
        sizes.append(task.catalogue.n_items)
        known = set(zip(task.known.user.tolist(), task.known.id.tolist(), strict=True))
        figures.append([task.item_ids[item] for user, item in sorted(known) if user == 0])
    assert sizes == [41, 42]
    assert figures[0] == figures[1]


def test_floats_are_the_integers_of_the_other_files_only_where_those_know_them(tmp_path):
    (tmp_path / "train.csv").write_text(f"{HEADER}1,1.0,2\n1,2.0,3\n2,1.0,1\n2,2.10,1\n")
    (tmp_path / "valid.csv").write_text(f"{HEADER}1,3,1\n2,2.0,1\n")
    (tmp_path / "test.csv").write_text(f"{HEADER}1.0,4.0,1\n2.0,5.0,2\n")
    task = holdout(tmp_path, SideFiles())
    assert task.user_ids.tolist() == ["1", "2"]
    assert task.item_ids.tolist() == ["1.0", "2.0", "2.10", "3", "4.0", "5.0"]


@pytest.mark.parametrize("plays", ["{}", "{}.0"])
def test_side_files_write_ids_as_integers_or_floats(tmp_path, plays):
    folder(tmp_path, item=plays)
    ids = holdout(tmp_path, SideFiles()).item_ids
    for written in ("{}", "{}.0"):
        (tmp_path / "tags.csv").write_text(
            "item,tag\n" + "".join(f"{written.format(k)},t{k}\n" for k in range(40))
        )
        catalogue = read_catalogue(ids, tmp_path, SideFiles(item_tags=tmp_path / "tags.csv"))
        told = [catalogue.tag_names[k] for k in catalogue.tags.indices]
        assert told == [f"t{name.removesuffix('.0')}" for name in ids]


def test_a_kept_model_knows_its_items_by_their_names(tmp_path, capsys):
    model, history = tmp_path / "model", tmp_path / "history.csv"
    folder(tmp_path, item="0{}", more={"train": "1,7,3\n"})
    assert main(["fit", str(tmp_path), str(model)]) == 0
    history.write_text("item,plays\n07,3\n7,2\n08,1\n8,1\n")
    capsys.readouterr()
    assert main(["explain", str(model), str(history), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["unknown rows"] == 1, "8 is none, 7 and 07 are two"
    assert all(row["item"].startswith("0") for row in found["items"])


def test_a_log_keeps_its_ids(tmp_path):
    rows = [(f"{u:02d}", f"{k:03d}", 1_700_000_000 + 60 * k) for u in range(3) for k in range(20)]
    log = tmp_path / "log.csv"
    pd.DataFrame(rows, columns=["user", "item", "at"]).to_csv(log, index=False)
    assert main(["prepare", str(log), str(tmp_path / "split")]) == 0
    train = pd.read_csv(tmp_path / "split" / "train.csv.gz", dtype=str)
    assert set(train["user"]) == {"00", "01", "02"}
    assert set(train["item"]) <= {f"{k:03d}" for k in range(20)}


def test_ids_are_the_same_where_one_file_writes_them_as_floats(tmp_path):
    whole = ranked(folder(tmp_path))
    rows = pd.read_csv(tmp_path / "valid.csv").astype({"user": float, "item": float})
    rows.to_csv(tmp_path / "valid.csv", index=False)
    pd.testing.assert_frame_equal(ranked(tmp_path), whole)
