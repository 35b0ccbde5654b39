"""A log of single plays: what is left out, sessions, sums, and splits that know nothing of later."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import DataError
from recsys.preprocessing import events, splitting

DAY = events.DAY
LOGS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 8), st.integers(0, 40 * DAY)), max_size=80
)


def log(rows):
    return pd.DataFrame(rows, columns=["user", "item", "at"]).astype(np.int64)


def pairs(table):
    return set(zip(table["user"], table["item"], strict=True))


@settings(max_examples=50)
@given(LOGS)
def test_cleaning_twice_is_cleaning_once_and_the_report_adds_up(rows):
    once, report = events.cleaned(log(rows), plays_per_day=5)
    again, nothing = events.cleaned(once, plays_per_day=5)
    assert again.equals(once)
    assert nothing.is_clean
    assert len(rows) - report.dropped == len(once)
    assert not once.duplicated().any()
    assert (once.groupby(["user", once["at"] // DAY]).size() <= 5).all()


def test_a_script_goes_whole_and_a_burst_alone():
    script = [("robot", k % 50, 20 * k) for k in range(2_000)]
    burst = [("ada", k % 9, 5 * DAY + 30 * k) for k in range(1_500)]
    calm = [("ada", k, (10 + k) * DAY) for k in range(4)]
    kept, report = events.cleaned(
        pd.DataFrame(script + burst + calm, columns=["user", "item", "at"])
    )
    assert set(kept["user"]) == {"ada"}
    assert len(kept) == 4
    assert {step.name: step.dropped for step in report.steps} == {
        "impossible times": 0,
        "copies": 0,
        "listeners that are no people": 2_000,
        "days beyond reason": 1_500,
    }
    assert "listeners that are no people: 2000 dropped" in report.in_words()


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"user": [1], "item": [2]}), "no column at"),
        (pd.DataFrame({"user": [1], "item": [2], "at": [None]}), "needs a time"),
        (pd.DataFrame({"user": [1], "item": [2], "at": [np.inf]}), "needs a time"),
    ],
)
def test_a_log_that_can_not_be_read_is_refused(frame, said):
    with pytest.raises(DataError, match=said):
        events.cleaned(frame)


def test_plays_by_a_wrong_clock_go_and_a_day_of_slack_stays():
    times = [-1, 5 * DAY, 100 * DAY, 101 * DAY, 101 * DAY + 1]
    kept, report = events.cleaned(
        log([(1, k, at) for k, at in enumerate(times)]), earliest=6 * DAY, now=100 * DAY
    )
    assert kept["at"].tolist() == [100 * DAY, 101 * DAY]
    step = report.steps[0]
    assert (step.name, step.rows, step.dropped) == ("impossible times", 5, 3)
    assert step.why == "before 1970-01-07 or after 1970-04-12"


@settings(max_examples=50)
@given(LOGS, st.randoms())
def test_sessions_are_of_one_listener_and_do_not_depend_on_the_order(rows, random):
    whole = log(rows).assign(session=events.sessions(log(rows)))
    for _, one in whole.groupby("session"):
        assert one["user"].nunique() == 1
        assert (one["at"].sort_values().diff().dropna() <= 30 * 60).all()
    for _, mine in whole.groupby("user"):
        starts = mine.groupby("session")["at"].agg(["min", "max"]).sort_values("min")
        gaps = starts["min"].to_numpy()[1:] - starts["max"].to_numpy()[:-1]
        assert (gaps > 30 * 60).all()
    turned = log(rows).sample(frac=1, random_state=random.randint(0, 99))
    assert events.sessions(turned).reindex(whole.index).equals(whole["session"])


def test_counts_by_session_with_a_cap_and_a_half_life():
    rows = log([(1, 1, 0), (1, 1, 60), (1, 1, 10 * DAY), (1, 2, 10 * DAY)])
    assert events.counted(rows)["plays"].tolist() == [3, 1]
    assert events.counted(rows, unit="sessions")["plays"].tolist() == [2, 1]
    assert events.counted(rows, most=2)["plays"].tolist() == [2, 1]
    halved = events.counted(rows, unit="sessions", half_life_days=10)
    assert halved["plays"].tolist() == [1.5, 1]
    assert halved["first_at"].tolist() == [0, 10 * DAY]
    with pytest.raises(DataError, match="half-life"):
        events.counted(rows, half_life_days=0)


@settings(max_examples=60)
@given(LOGS, st.sampled_from([splitting.leave_last, splitting.global_cut]))
def test_a_split_shares_no_pair_and_counts_nothing_from_later(rows, cut):
    whole = log(rows)
    split = cut(whole)
    found = [pairs(table) for table in (split.train, split.valid, split.test)]
    assert not found[0] & found[1]
    assert not found[0] & found[2]
    assert not found[1] & found[2]
    assert set().union(*found) <= pairs(whole)
    for earlier, later in (
        (split.train, split.valid),
        (split.train, split.test),
        (split.valid, split.test),
    ):
        last = earlier.groupby("user")["last_at"].max()
        first = later.groupby("user")["first_at"].min()
        both = last.index.intersection(first.index)
        assert (last[both] < first[both]).all()
    if cut is splitting.global_cut:
        assert set(split.test["user"]) | set(split.valid["user"]) <= set(split.train["user"])
        if len(split.train) and len(split.test):
            assert split.train["last_at"].max() < split.test["first_at"].min()


def test_each_listener_gives_their_share_and_short_histories_stay_whole():
    rows = [(1, k, 100 * k) for k in range(10)] + [(2, k, 100 * k) for k in range(4)]
    rows.append((1, 0, 5_000))  # an old favourite, heard again after everything: not known in time
    split = splitting.leave_last(log(rows))
    assert pairs(split.test) == {(1, 8), (1, 9)}
    assert pairs(split.valid) == {(1, 7)}
    assert pairs(split.train) == {(1, k) for k in range(7)} | {(2, k) for k in range(4)}
    assert split.train["plays"].max() == 1
    with pytest.raises(DataError, match="leave something"):
        splitting.leave_last(log(rows), test=0.6, valid=0.4)
