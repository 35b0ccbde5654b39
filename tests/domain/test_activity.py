"""What Discord shows, told as scenes: when it is a play, when a skip, when nobody can know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.activity import PlayUnderWay, Shown, Song, expire, follow, out_of_sight

if TYPE_CHECKING:
    from bot.domain.listening import FetchedListen

EVENING = datetime(2026, 6, 1, 20, tzinfo=UTC)
ALISON = Song("Slowdive", "Alison", 240_000, "spotify:track:" + "a" * 22)
LEAVE = Song("Ride", "Leave Them All Behind", 480_000, "spotify:track:" + "b" * 22)


def at(seconds: float) -> datetime:
    return EVENING + timedelta(seconds=seconds)


class Scene:
    """Discord's news about one member, one after the other."""

    def __init__(self) -> None:
        self.play: PlayUnderWay | None = None
        self.ended: list[FetchedListen] = []

    def shows(self, seconds: float, song: Song | None, start: float | None = None) -> Scene:
        shown = None if song is None else Shown(song, at(seconds if start is None else start))
        self.play, ended = follow(self.play, shown, at=at(seconds))
        self.ended += [ended] if ended else []
        return self

    def silence_until(self, seconds: float) -> Scene:
        self.play, ended = expire(self.play, at=at(seconds))
        self.ended += [ended] if ended else []
        return self

    def restart(self) -> Scene:
        assert self.play is not None
        self.play = out_of_sight(self.play)
        return self

    @property
    def told(self) -> list[tuple[str, int | None, bool]]:
        return [(one.title or "", one.ms_played, one.skipped) for one in self.ended]


def test_a_song_that_gives_way_to_the_next_is_a_whole_play():
    scene = Scene().shows(0, ALISON).shows(240, LEAVE)
    assert scene.told == [("Alison", 240_000, False)]
    (play,) = scene.ended
    assert play.started_at == EVENING
    assert play.source_time == str(int(EVENING.timestamp() * 1000))
    assert play.uri == ALISON.uri


@pytest.mark.parametrize(
    ("seconds", "skipped"), [(20, True), (29, True), (100, True), (119, True), (121, False)]
)
def test_less_than_half_before_the_next_song_is_a_skip(seconds: float, skipped: bool):
    scene = Scene().shows(0, ALISON).shows(seconds, LEAVE)
    assert scene.told == [("Alison", seconds * 1000, skipped)]


def test_passing_a_song_by_says_nothing():
    assert Scene().shows(0, ALISON).shows(1, LEAVE).told == []


def test_stopping_in_the_middle_is_no_skip():
    assert Scene().shows(0, ALISON).shows(60, None).silence_until(3600).told == []
    assert Scene().shows(0, ALISON).shows(60, None).shows(3600, LEAVE).told == []


def test_stopping_after_half_is_a_play():
    scene = Scene().shows(0, ALISON).shows(200, None).silence_until(3600)
    assert scene.told == [("Alison", 200_000, False)]


def test_pauses_are_not_listening_and_the_play_stays_one():
    scene = Scene().shows(0, ALISON).shows(60, None).shows(360, ALISON, start=300)
    scene.shows(540, LEAVE)
    assert scene.told == [("Alison", 240_000, False)]
    assert scene.ended[0].started_at == EVENING


def test_a_skip_after_a_pause_is_a_skip():
    scene = Scene().shows(0, ALISON).shows(40, None).shows(100, LEAVE)
    assert scene.told == [("Alison", 40_000, True)]


def test_seeking_ahead_is_not_listening():
    # After 20 s to 3:40; the song ends 20 s later.
    scene = Scene().shows(0, ALISON).shows(20, ALISON, start=-200).shows(40, LEAVE)
    assert scene.told == [("Alison", 40_000, True)]


def test_going_back_never_counts_more_than_the_whole():
    scene = Scene().shows(0, ALISON).shows(100, ALISON, start=90).shows(330, LEAVE)
    assert scene.told == [("Alison", 240_000, False)]


def test_the_same_song_again_is_a_second_play():
    scene = Scene().shows(0, ALISON).shows(240, ALISON).shows(480, LEAVE)
    assert [ms for _, ms, _ in scene.told] == [240_000, 240_000]
    assert len({one.source_time for one in scene.ended}) == 2


def test_from_the_top_after_most_of_it_is_a_second_play_and_before_that_the_same():
    assert len(Scene().shows(0, ALISON).shows(200, ALISON).shows(440, LEAVE).told) == 2
    assert len(Scene().shows(0, ALISON).shows(30, ALISON).shows(270, LEAVE).told) == 1


def test_every_shared_server_tells_the_same_and_it_counts_once():
    scene = Scene()
    for seconds, song in ((0, ALISON), (240, LEAVE), (720, ALISON)):
        for lag in (0, 0.2, 0.9):
            scene.shows(seconds + lag, song, start=seconds)
    assert [title for title, _, _ in scene.told] == ["Alison", "Leave Them All Behind"]


def test_late_news_of_the_song_before_changes_nothing():
    scene = Scene().shows(0, ALISON).shows(240, LEAVE).shows(241, ALISON, start=0)
    scene.shows(242, LEAVE, start=240).shows(720, None)
    scene.silence_until(7200)
    assert [title for title, _, _ in scene.told] == ["Alison", "Leave Them All Behind"]


def test_news_that_come_late_are_dated_by_the_next_song():
    # The connection was lost for two minutes and everything came at once.
    scene = Scene().shows(0, ALISON).shows(400, LEAVE, start=60)
    assert scene.told == [("Alison", 60_000, True)]


def test_a_restart_keeps_a_play_whose_end_the_next_song_tells():
    scene = Scene().shows(0, ALISON).restart().shows(300, LEAVE, start=241)
    assert scene.told == [("Alison", 240_000, False)]


def test_a_restart_keeps_a_play_that_still_runs():
    scene = Scene().shows(0, ALISON).restart().shows(150, ALISON, start=0).shows(160, LEAVE)
    assert scene.told == [("Alison", 160_000, False)]


@pytest.mark.parametrize("start", [60, 130, 500])
def test_after_a_restart_nothing_is_guessed(start: float):
    assert Scene().shows(0, ALISON).restart().shows(520, LEAVE, start=start).told == []


def test_who_is_in_no_shared_server_any_more_leaves_nothing_behind():
    scene = Scene().shows(0, ALISON).silence_until(1200)
    assert scene.told == []
    assert scene.shows(9000, LEAVE).told == []


def test_what_was_counted_is_not_counted_again_when_it_goes_on():
    scene = Scene().shows(0, ALISON).shows(200, None).silence_until(3600)
    scene.shows(4000, ALISON, start=3800).shows(4040, LEAVE)
    assert scene.told == [("Alison", 200_000, False)]


def test_a_song_first_seen_in_its_middle():
    scene = Scene().shows(100, ALISON, start=0).shows(240, LEAVE)
    assert scene.told == [("Alison", 240_000, False)]


def test_a_clock_that_is_ahead_breaks_nothing():
    scene = Scene().shows(0, ALISON, start=40).shows(240, LEAVE, start=280)
    assert scene.told == [("Alison", 240_000, False)]


news = st.tuples(st.integers(0, 400), st.sampled_from([ALISON, LEAVE, None]), st.integers(-300, 30))


@given(st.lists(news, max_size=12))
def test_laws(steps: list[tuple[int, Song | None, int]]):
    """Whatever comes: never more than a song's length, and twice told is once told."""
    one, twice, now = Scene(), Scene(), 0
    for wait, song, offset in steps:
        now += wait
        one.shows(now, song, start=now + offset)
        twice.shows(now, song, start=now + offset).shows(now, song, start=now + offset)
    assert one.told == twice.told
    assert all(0 < (listen.ms_played or 0) <= 480_000 for listen in one.ended)
    assert unseen(one.play) == unseen(twice.play)


def unseen(play: PlayUnderWay | None) -> PlayUnderWay | None:
    return play and replace(play, seen_at=EVENING)
