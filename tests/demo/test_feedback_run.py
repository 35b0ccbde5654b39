"""Feedback must help on the demo's community, as the README says: this is the whole scripted run."""

from __future__ import annotations

import json

import pytest

from bot.demo import feedback_run
from bot.demo.feedback_run import FeedbackRun, as_json, report, run_feedback


@pytest.fixture(scope="module")
def run() -> FeedbackRun:
    return run_feedback()


def test_ten_rounds_of_feedback_find_more_than_the_same_model_without(run: FeedbackRun) -> None:
    assert run.rounds == 10
    assert len(run.names) >= 16
    low, high = run.interval(run.rounds)
    assert 0 < low < run.differences(run.rounds).mean() < high


def test_both_start_from_the_same_list(run: FeedbackRun) -> None:
    """Before anything was answered there is nothing to fold in."""
    assert (run.with_updates[:, 0] == run.without[:, 0]).all()


def test_every_round_is_reported(run: FeedbackRun) -> None:
    rows = [line.split() for line in report(run).splitlines()]
    assert [row[0] for row in rows if row and row[0].isdigit()][1:] == [
        str(turn) for turn in range(1, 11)
    ]
    read = json.loads(as_json(run))
    assert len(read["interval"]) == len(read["extra_hits"]) == 10
    assert read["with_updates"] == run.with_updates.tolist()


def test_a_run_that_shows_nothing_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """One round is shown before any feedback, so there can be no gain: the exit code says so."""
    assert feedback_run.main(["--rounds", "1"]) == 1
    assert "is not shown to help" in capsys.readouterr().out
