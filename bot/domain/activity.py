"""What Discord shows of somebody's listening, and when it amounts to a play or a skip.

Discord shows a song with the instant at which it would have begun had it run in one go: pausing
takes the song away, resuming or seeking moves that instant. All shared servers tell the same.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.listening import FetchedListen, was_skipped

SAME: Final = timedelta(seconds=3)
"""Starts so close to each other are one start."""
FOLLOWS: Final = timedelta(seconds=15)
"""A song that begins so close to the end of another one came after it."""
FROM_THE_TOP: Final = timedelta(seconds=10)
PATIENCE: Final = timedelta(minutes=10)
"""A pause, or silence after a song's end, of this length ends its play."""
LEAST_MS: Final = 2000
"""Who only passes a song by said nothing about it."""
PRECISION_MS: Final = 2000


@dataclass(frozen=True, slots=True)
class Song:
    """A song as Discord names it."""

    artist: str
    title: str
    length_ms: int
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A song that runs right now."""

    song: Song
    started_at: datetime


@dataclass(frozen=True, slots=True)
class PlayUnderWay:
    """One play of one song, from its beginning until it is over."""

    song: Song
    began_at: datetime
    """The start that Discord showed first: part of the natural key (decision D16)."""
    started_at: datetime
    """The start that it showed last."""
    since: datetime | None
    """Since when it runs; None while it is paused."""
    seen_at: datetime
    heard_ms: int = 0
    """What was heard before `since`."""
    sure: bool = True
    """Whether nothing can have been missed; not so after a restart or a lost connection."""
    over: bool = False
    """Whether its end is known already; kept, so that nothing late begins it again."""

    @property
    def ends_at(self) -> datetime:
        """When it is over unless it is paused, left or moved."""
        return self.started_at + timedelta(milliseconds=self.song.length_ms)


Step = tuple[PlayUnderWay | None, FetchedListen | None]
"""The play under way from now on, and the one that ended by this."""


def follow(play: PlayUnderWay | None, shown: Shown | None, *, at: datetime) -> Step:
    """Take in what Discord shows at an instant; the same thing twice changes nothing."""
    play, ended = expire(play, at=at)
    if shown is None:
        return (play if play is None else _pause(play, at)), ended
    if play is None:
        return _begin(shown, at), ended
    near = abs(shown.started_at - play.started_at) <= SAME
    if shown.song == play.song:
        if near:
            return _run_on(play, at), ended
        if not _from_the_top(play, shown, at):
            return _move(play, shown, at), ended
    elif shown.started_at + SAME < play.began_at and at - play.seen_at <= FOLLOWS:
        return play, ended  # late news of the song before, from another server
    return _next(play, shown, at, ended)


def expire(play: PlayUnderWay | None, *, at: datetime) -> Step:
    """End a play that was left: paused for too long, or nothing was heard of it after its end."""
    if play is None or play.over:
        return play, None
    last = play.seen_at if play.since is None else max(play.seen_at, play.ends_at)
    if at - last <= PATIENCE:
        return play, None
    # A song that should have ended long ago and about which nothing came is out of sight.
    listen = _listen(play, _heard(play, None), moved_on=False) if play.since is None else None
    return replace(play, over=True, since=None), listen


def out_of_sight(play: PlayUnderWay) -> PlayUnderWay:
    """Note that something may have been missed."""
    return replace(play, sure=False)


def _begin(shown: Shown, at: datetime, *, not_before: datetime | None = None) -> PlayUnderWay:
    start = min(shown.started_at, at)
    since = start if not_before is None else min(at, max(start, not_before))
    return PlayUnderWay(shown.song, shown.started_at, shown.started_at, since, at)


def _run_on(play: PlayUnderWay, at: datetime) -> PlayUnderWay:
    if play.over:
        return play
    return replace(play, since=play.since or at, seen_at=at, sure=True)


def _pause(play: PlayUnderWay, at: datetime) -> PlayUnderWay:
    if play.over or play.since is None:
        return play
    return replace(play, heard_ms=_heard(play, at), since=None, seen_at=at)


def _move(play: PlayUnderWay, shown: Shown, at: datetime) -> PlayUnderWay:
    """Go on after a pause or a seek."""
    moved = replace(play, started_at=shown.started_at, seen_at=at)
    return moved if play.over else replace(moved, heard_ms=_heard(play, at), since=at)


def _from_the_top(play: PlayUnderWay, shown: Shown, at: datetime) -> bool:
    """Return whether a song runs once more rather than on."""
    if play.since is not None and shown.started_at >= play.ends_at - SAME:
        return True
    enough = play.over or not was_skipped(_heard(play, at), play.song.length_ms)
    return enough and at - shown.started_at <= FROM_THE_TOP


def _next(play: PlayUnderWay, shown: Shown, at: datetime, ended: FetchedListen | None) -> Step:
    """End a play by the beginning of another one, whose start says when, however late it is told."""
    until = min(at, max(shown.started_at, play.since or play.seen_at))
    if not play.over:
        heard, moved_on = _heard(play, until), play.sure
        if not play.sure and play.since is not None and abs(until - play.ends_at) <= FOLLOWS:
            heard = play.heard_ms + _stretch(play, until)
        ended = _listen(play, heard, moved_on=moved_on)
    return _begin(shown, at, not_before=until), ended


def _heard(play: PlayUnderWay, until: datetime | None) -> int:
    """Return the milliseconds heard for sure; what ran unseen doesn't count."""
    if until is None or not play.sure:
        return play.heard_ms
    return play.heard_ms + _stretch(play, until)


def _stretch(play: PlayUnderWay, until: datetime) -> int:
    if play.since is None:
        return 0
    ran = min(until, play.ends_at) - play.since
    return max(0, round(ran.total_seconds() * 1000))


def _listen(play: PlayUnderWay, heard_ms: int, *, moved_on: bool) -> FetchedListen | None:
    """Return what a play amounts to; short of half it is a skip only if another song took over."""
    heard_ms = min(heard_ms, play.song.length_ms)
    skipped = was_skipped(heard_ms, play.song.length_ms)
    if heard_ms < LEAST_MS or (skipped and not moved_on):
        return None
    return FetchedListen(
        source_time=str(round(play.began_at.timestamp() * 1000)),
        artist=play.song.artist,
        title=play.song.title,
        started_at=play.began_at,
        precision_ms=PRECISION_MS,
        ms_played=heard_ms,
        skipped=skipped,
        uri=play.song.uri,
    )
