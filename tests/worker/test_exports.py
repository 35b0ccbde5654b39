"""The made-up exports keep the promises that the tests and figures lean on."""

from itertools import pairwise

from tests.worker import exports


def test_a_long_life_of_plays_lies_in_the_past_and_none_overlap() -> None:
    plays = exports.fake_plays(60_000)  # at their natural pace they would reach past the span
    assert plays[0].ended_at > exports.FIRST_PLAY
    assert plays[-1].ended_at <= exports.FIRST_PLAY + exports.SPAN
    assert all(
        (after.ended_at - before.ended_at).total_seconds() * 1000 > after.ms_played
        for before, after in pairwise(plays)
    )
