"""`prepare` end to end: what it writes is what `evaluate` reads."""

import json

import numpy as np
import pandas as pd
import pytest

from recsys.cli.main import main
from tests.recsys.generated import draw


@pytest.fixture
def events(tmp_path):
    rng = np.random.default_rng(4)
    rows = [
        (
            f"u{user}",
            f"track {rng.integers(40)}",
            int(1_700_000_000 + 4_000 * k + rng.integers(900)),
        )
        for user in range(12)
        for k in range(60)
    ]
    rows += rows[:7]
    rows += [("robot", f"track {k % 40}", 1_700_006_400 + 10 * k) for k in range(3_000)]
    path = tmp_path / "events.csv"
    pd.DataFrame(rows, columns=["who", "what", "when"]).to_csv(path, index=False)
    return path


def test_prepare_writes_what_evaluate_reads(events, tmp_path, capsys):
    folder = tmp_path / "split"
    assert main(["prepare", str(events), str(folder), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert {step["name"]: step["dropped"] for step in facts["steps"]} == {
        "rows with a gap": 0,
        "unreadable times": 0,
        "impossible times": 0,
        "copies": 7,
        "listeners that are no people": 3_000,
        "days beyond reason": 0,
        "later plays": 192,
    }
    assert facts["plays"] - 192 == sum(
        int(pd.read_csv(folder / f"{name}.csv.gz")["plays"].sum())
        for name in ("train", "valid", "test")
    )
    assert facts["plays"] == 720
    assert facts["train"]["listeners"] == facts["test"]["listeners"] == 12
    assert main(["evaluate", str(folder), "--models", "popularity", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["users"] == 12


def test_prepare_takes_other_columns_dates_and_a_common_cut(events, tmp_path, capsys):
    table = pd.read_csv(events)
    table = table[table["who"] != "robot"]
    table["when"] = pd.to_datetime(table["when"], unit="s", utc=True).dt.strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
    table[["when", "who", "what"]].to_csv(events, index=False)
    arguments = ["prepare", str(events), str(tmp_path / "cut"), "--columns", "who,what,when"]
    more = ["--split", "cut", "--unit", "sessions", "--most", "3", "--half-life", "30"]
    assert main([*arguments, *more]) == 0
    told = capsys.readouterr().out
    assert "believed: 720 plays in 720 sessions" in told
    train = pd.read_csv(tmp_path / "cut" / "train.csv.gz")
    assert list(train.columns) == ["user", "item", "plays"]
    assert 0 < train["plays"].min() < 1 < train["plays"].max() <= 3


def test_a_shop_in_train_is_left_out_and_evaluate_says_so(tmp_path, capsys):
    parts = draw()
    more = pd.DataFrame({"user": "shop", "item": [f"record {k}" for k in range(1_500)], "plays": 1})
    parts["train"] = pd.concat([parts["train"], more])
    for name, frame in parts.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    assert main(["evaluate", str(tmp_path), "--models", "popularity", "--json"]) == 0
    told = capsys.readouterr()
    assert "listeners that are no people: 1500 dropped" in told.err
    assert json.loads(told.out)["users"] == 150
