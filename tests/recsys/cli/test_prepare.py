"""`prepare` on logs as they come: wrong clocks, odd names, faded plays, other columns."""

import json
import time

import pandas as pd
import pytest

from recsys.cli.main import EXIT_BAD_INPUT, main
from recsys.cli.prepare import read_events
from tests.recsys.cli.folders import folder

NOW = 1_720_000_000
DAY = 86_400
HEADER = "user,item,at\n"


def log(path, more=(), *, item="i{}"):
    """Twelve listeners over 300 days, 25 plays each; ``more`` lines at the end."""
    lines = [
        f"u{user},{item.format((7 * user + k) % 20)},{NOW - (300 - 12 * k) * DAY + user}"
        for user in range(12)
        for k in range(25)
    ]
    file = path / "log.csv"
    file.write_text(HEADER + "\n".join([*lines, *more]) + "\n", encoding="utf-8")
    return file


def prepared(path, file, capsys, *options):
    assert main(["prepare", str(file), str(path / "split"), "--json", *options]) == 0
    facts = json.loads(capsys.readouterr().out)
    return facts, {step["name"]: step for step in facts["steps"]}


def written(path):
    names = ("train", "valid", "test")
    return {name: pd.read_csv(path / "split" / f"{name}.csv.gz") for name in names}


def refused(path, text, capsys, *options):
    file = path / "log.csv"
    file.write_text(text, encoding="utf-8")
    assert main(["prepare", str(file), str(path / "split"), *options]) == EXIT_BAD_INPUT
    assert not (path / "split").exists()
    return capsys.readouterr().err


def test_faded_plays_stay_known_and_can_be_read_again(tmp_path, capsys):
    file = log(tmp_path)
    facts, steps = prepared(tmp_path, file, capsys, "--half-life", "7")
    pairs = pd.concat(written(tmp_path).values())
    assert len(pairs) == 12 * 20
    assert pairs["plays"].min() == pytest.approx(1e-6)
    assert 0 < steps["faded pairs"]["changed"] < len(pairs)
    assert steps["faded pairs"]["dropped"] == 0
    assert main(["evaluate", str(tmp_path / "split"), "--models", "popularity", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["users"] == facts["test"]["listeners"] == 12


@pytest.mark.parametrize(
    "when",
    [str(4_070_908_800), str(-2_100_000_000), "0", str(int(time.time()) + 3 * DAY)],
    ids=["2099", "1903", "an unset clock", "in three days"],
)
def test_a_play_dated_by_a_wrong_clock_changes_nothing_but_the_report(tmp_path, capsys, when):
    prepared(tmp_path, log(tmp_path), capsys, "--half-life", "90")
    clean = written(tmp_path)
    (other := tmp_path / "other").mkdir()
    odd = log(other, [f"u1,i0,{when}"])
    facts, steps = prepared(other, odd, capsys, "--half-life", "90")
    assert steps["impossible times"]["dropped"] == 1
    assert facts["plays"] == 300
    for name, table in written(other).items():
        pd.testing.assert_frame_equal(table, clean[name])


def test_a_clock_that_is_a_few_hours_ahead_is_believed(tmp_path, capsys):
    file = log(tmp_path, [f"u1,i0,{int(time.time()) + 6 * 3_600}"])
    _, steps = prepared(tmp_path, file, capsys)
    assert steps["impossible times"]["dropped"] == 0


def test_dates_of_other_centuries_are_dropped_too(tmp_path, capsys):
    dates = ["1903-05-01", "2099-01-01", "2020-01-01T12:00:00Z", "2020-01-02"]
    file = tmp_path / "log.csv"
    file.write_text(HEADER + "".join(f"u,i{k},{date}\n" for k, date in enumerate(dates)))
    facts, steps = prepared(tmp_path, file, capsys)
    assert (facts["plays"], steps["impossible times"]["dropped"]) == (2, 2)


def test_a_log_in_milliseconds_is_refused(tmp_path, capsys):
    said = refused(tmp_path, f"{HEADER}u,i,{NOW}000\n", capsys)
    assert "by at all plays are still to come" in said
    assert "milliseconds" in said


def test_an_item_may_have_any_name(tmp_path):
    names = ["NA", "null", "nan", "N/A", "None"]
    file = tmp_path / "log.csv"
    file.write_text(HEADER + "".join(f"{name},{name},{NOW}\n" for name in names))
    read, _ = read_events(file, None, now=NOW)
    assert read["item"].tolist() == names
    assert read["user"].tolist() == names


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (HEADER, "", "log.csv: no play is left (no rows)"),
        (f"u,i,{NOW}\nu,j,{NOW}\n", "", "log.csv has no header"),
        ("u,i,1500000000.5\nu,j,1500000001\n", "", "(if 1500000000.5 is a name, say --columns)"),
        (
            "user,item,at\nu,i,2020-01-01\nu,j,2020-01-01\nu,k,2020-01-01\nu,l,2020-01-01\nu,m,2020-01-01\n",
            "",
            "nothing is left to train on",
        ),
        ("user,item,at\nu,i,now\nu,j,2020-01-01\n", "", "not 'now'"),
        ("u,i,2020-01-01T10:00:00\nu,j,2020-01-01\n", "", "log.csv has no header"),
        (f"{HEADER}u,,{NOW}\n,i,{NOW}\n", "", "log.csv: in every row user, item or time is empty"),
        (f"{HEADER}u,,{NOW}\n\nu,i,{NOW}\nu,i,x\n", "", "log.csv, line 5: at is taken as the time"),
        (f"{HEADER}u,i,{NOW}\nu,i,NA\n", "", "log.csv, line 3: at is taken as the time"),
        (
            "who,what,mood,when\nu,i,calm,2020-01-01\n",
            "",
            "line 2: mood is taken as the time, which must be seconds since 1970 or ISO 8601, not "
            "'calm'; where another column is the time, say --columns",
        ),
        (
            f"who,what,when\nu,i,{NOW}\n",
            "--columns who,song,when",
            "has no column song; it has the columns who, what, when",
        ),
        (f"who,what,when\nu,i,{NOW}\n", "--columns who,what", "names three columns"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, capsys, text, options, said):
    assert said in refused(tmp_path, text, capsys, *options.split())


def test_rows_with_a_gap_are_left_out_and_counted(tmp_path):
    file = tmp_path / "log.csv"
    lines = ("u,a,{t}", "", "u,,{t}", ",b,{t}", "u,c,", "  ,d,{t}", "u,e,{t}")
    file.write_text(HEADER + "\n".join(lines).format(t=NOW) + "\n")
    read, (gaps, odd) = read_events(file, None, now=NOW)
    assert read["item"].tolist() == ["a", "e"]
    assert (gaps.rows, gaps.dropped, odd.dropped) == (6, 4, 0)
    assert gaps.why == "user, item or time is empty, first in line 4"


@pytest.mark.parametrize("times", [("1500000000", "x"), ("2020-05-01", "2023-02-30T10:00:00")])
def test_times_that_cannot_be_read_are_left_out_and_counted(tmp_path, times):
    good, bad = times
    file = tmp_path / "log.csv"
    file.write_text(f"{HEADER}u,a,{good}\nu,b,{good}\nu,c,{bad}\nu,d,{good}\n")
    read, (_, odd) = read_events(file, None, now=NOW)
    assert read["item"].tolist() == ["a", "b", "d"]
    assert read["at"].nunique() == 1
    assert (odd.rows, odd.dropped, odd.why) == (4, 1, "in at, first in line 4")


def test_each_time_is_read_as_what_it_is(tmp_path):
    file = tmp_path / "log.csv"
    times = (
        "1500000000",
        "2020-05-01T10:00:00+02:00",
        "1500000001.5",
        "soon",
        "2020-05-01",
        " 7e8 ",
    )
    rows = "".join(f"u,{item},{when}\n" for item, when in zip("abcdef", times, strict=True))
    file.write_text(HEADER + rows)
    read, (_, odd) = read_events(file, None, now=NOW)
    assert read["item"].tolist() == ["a", "b", "c", "e", "f"]
    assert read["at"].tolist() == [
        1_500_000_000,
        1_588_320_000,
        1_500_000_001.5,
        1_588_291_200,
        7e8,
    ]
    assert (odd.dropped, odd.why) == (1, "in at, first in line 5")


@pytest.mark.parametrize("split", ["last", "cut"])
def test_a_log_too_small_to_judge_by_is_told(tmp_path, capsys, split):
    file = tmp_path / "log.csv"
    file.write_text(f"{HEADER}u,a,{NOW}\nu,b,{NOW + 9}\nv,a,{NOW + 10}\n")
    command = ["prepare", str(file), str(tmp_path / "split"), "--split", split]
    assert main(command) == 0
    told = capsys.readouterr()
    assert "test: 0 pairs" in told.out
    assert "warning: nothing is left to judge by" in told.err
    assert len(told.err.splitlines()) == 1


def test_a_log_that_can_be_judged_by_is_not_warned_of(tmp_path, capsys):
    assert main(["prepare", str(log(tmp_path)), str(tmp_path / "split")]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["2", "2024", "20200101", "now", "today"])
def test_an_odd_name_of_a_column_is_still_one(tmp_path, name):
    file = tmp_path / "log.csv"
    file.write_text(f"0,1,{name}\nu,a,{NOW}\n")
    read, _ = read_events(file, None, now=NOW)
    assert read["item"].tolist() == ["a"]


def test_a_gap_in_a_column_that_is_not_asked_for_is_no_matter(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text(f"user,item,at,note\nu,i,{NOW},\n")
    read, (gaps, _) = read_events(file, None, now=NOW)
    assert (len(read), gaps.dropped) == (1, 0)


def test_the_table_shows_what_was_changed(tmp_path, capsys):
    options = [str(log(tmp_path)), str(tmp_path / "split"), "--half-life", "7"]
    assert main(["prepare", *options]) == 0
    told = capsys.readouterr().out
    assert "changed" in told
    assert "faded" in told


def test_counts_are_still_no_log(tmp_path, capsys):
    text = (folder(tmp_path) / "train.csv").read_text()
    assert "is this a count?" in refused(tmp_path, text, capsys)
