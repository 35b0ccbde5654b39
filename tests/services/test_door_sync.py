"""Reading a name: everything once, wherever it is cut off."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from bot.adapters.http.lastfm import ROW_BYTES, LastFmDoor
from bot.adapters.sqlite.database import Database
from bot.domain.doors import DoorSync, Totals
from bot.domain.ids import MemberId
from bot.domain.listening import FetchedListen, Source
from bot.errors import AccessRefusedError, GoneError, RateLimitedError, UpstreamError
from bot.services.door_sync import RESERVE_SHARE, DoorReader, next_pause, remainders
from tests.fakes_doors import DAY, FakeClock, FakeDoor, NoCandidates, NoTraining, listen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ANA, BEN = MemberId(10**18 + 1), MemberId(10**18 + 2)
LB = Source.LISTENBRAINZ


class Desk:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock()
        self.door = FakeDoor()
        self.training = NoTraining()
        self.candidates = NoCandidates()

    def reader(self) -> DoorReader:
        """A new one each time: nothing may live in its memory."""
        reader = DoorReader(
            syncs=self.database.door_syncs,
            store=self.database.doors,
            candidates=cast("Any", self.candidates),
            training=cast("Any", self.training),
            clock=self.clock,
        )
        reader.open(self.door)
        return reader

    async def connect(self, member: MemberId = ANA, name: str = "ana") -> DoorSync:
        return await self.database.door_syncs.connect(
            member, self.door.source, name, at=self.clock.now()
        )

    async def state(self, member: MemberId = ANA) -> DoorSync:
        (state,) = await self.database.door_syncs.of_member(member)
        return state

    async def until_idle(self) -> int:
        turns = 0
        while await self.reader().round() == 0:
            turns += 1
            assert turns < 100
        return turns

    async def plays(self, member: MemberId = ANA) -> float:
        return sum(row.value for row in await self.database.listens.evidence(member))

    def played(self, n: int, *, every: timedelta = timedelta(minutes=4)) -> None:
        """Somebody listened `n` times until now."""
        now = self.clock.now()
        self.door.history += [listen(now - k * every, f"Song {k % 7}") for k in range(n)]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Database.open(tmp_path / "data") as database:
        yield Desk(database)


async def test_a_whole_history_comes_in_over_several_turns(desk: Desk) -> None:
    desk.played(345)
    await desk.connect()
    assert await desk.until_idle() >= 3
    assert await desk.plays() == 345
    state = await desk.state()
    assert state.newest_at == desk.clock.now()
    assert not state.reading
    assert desk.training.woken >= 3


async def test_later_only_what_is_new_is_asked_for(desk: Desk) -> None:
    desk.played(345, every=DAY / 4)
    await desk.connect()
    await desk.until_idle()
    desk.clock.forward(5 * DAY)
    desk.played(20, every=DAY / 4)
    desk.door.pages.clear()
    await desk.until_idle()
    assert await desk.plays() == 365
    assert len(desk.door.pages) <= 4


async def test_reading_the_same_again_adds_nothing(desk: Desk) -> None:
    desk.played(42)
    await desk.connect()
    await desk.until_idle()
    desk.clock.forward(DAY)
    assert await desk.reader().turn(await desk.state()) == 0
    assert await desk.plays() == 42


async def test_what_was_handed_in_a_day_late_is_found(desk: Desk) -> None:
    desk.played(42)
    await desk.connect()
    await desk.until_idle()
    desk.door.history.append(listen(desk.clock.now() - DAY, "Offline"))
    desk.clock.forward(DAY)
    desk.played(1)
    await desk.until_idle()
    assert await desk.plays() == 44


@pytest.mark.parametrize("seed", range(5))
async def test_it_goes_on_where_trouble_cut_it_off(desk: Desk, seed: int) -> None:
    """Any page may fail, new listens arrive meanwhile, and the reader starts anew each time."""
    dice = random.Random(seed)  # noqa: S311
    desk.played(230)
    await desk.connect()
    for _ in range(60):
        desk.door.error = UpstreamError("Fake") if dice.random() < 0.3 else None
        await desk.reader().turn(await desk.state())
        desk.clock.forward(timedelta(hours=1))
        if dice.random() < 0.3:
            desk.played(dice.randrange(1, 15))
    desk.door.error = None
    desk.clock.forward(DAY)
    await desk.until_idle()
    assert await desk.plays() == len({one.source_time for one in desk.door.history})


async def test_many_listens_in_one_second_end(desk: Desk) -> None:
    now = desk.clock.now()
    desk.door.history = [listen(now, f"Song {n}") for n in range(30)]
    desk.door.history += [listen(now - DAY, f"Older {n}") for n in range(3)]
    await desk.connect()
    await desk.until_idle()
    assert not (await desk.state()).reading
    assert await desk.plays() >= 10


async def test_loved_tracks_count_once(desk: Desk) -> None:
    desk.door.loved = [FetchedListen("loved", "Queen", "Song", plays=3)]
    await desk.connect()
    await desk.until_idle()
    desk.clock.forward(2 * DAY)
    await desk.until_idle()
    assert await desk.plays() == 3


def sums_of(desk: Desk) -> Totals:
    """What a service says of the whole history, and of an artist whose tracks are not listed."""
    counted = Counter(one.title for one in desk.door.history)
    tracks = tuple(FetchedListen("", "Zyxband", title, plays=n) for title, n in counted.items())
    artists = (
        FetchedListen("", "Zyxband", plays=len(desk.door.history) + 5),
        FetchedListen("", "Other", plays=8),
    )
    return Totals(tracks=tracks, artists=artists, since=desk.clock.now() - timedelta(days=900))


async def test_where_storing_ends_sums_stand_for_the_rest(desk: Desk) -> None:
    desk.played(1200)
    desk.door.most_rows = 1000
    desk.door.sums = sums_of(desk)
    await desk.connect()
    await desk.until_idle()
    state = await desk.state()
    assert state.cut_at is not None
    assert await desk.plays() == 1200 + 5 + 8
    (gap,) = await desk.database.doors.gaps(ANA, LB)
    assert (gap.start, gap.end) == (desk.door.sums.since, state.cut_at)


async def test_later_plays_count_by_the_sums_and_take_no_rows(desk: Desk) -> None:
    desk.played(1200)
    desk.door.most_rows = 1000
    desk.door.sums = sums_of(desk)
    await desk.connect()
    await desk.until_idle()
    rows = await desk.database.door_syncs.rows(LB)
    for day in range(1, 4):
        desk.clock.forward(DAY)
        desk.played(7)
        desk.door.sums = replace(sums_of(desk), since=desk.door.sums.since)
        asked = len(desk.door.pages)
        await desk.until_idle()
        assert len(desk.door.pages) == asked, "what may not be stored is not asked for"
        assert await desk.plays() == 1200 + 7 * day + 5 + 8
    assert await desk.database.door_syncs.rows(LB) == rows
    assert len(await desk.database.doors.gaps(ANA, LB)) == 1


async def test_however_many_members_there_are_the_limit_is_kept(desk: Desk) -> None:
    desk.door.most_rows, desk.door.size = 300, 10
    desk.door.history = [
        listen(desk.clock.now() - timedelta(minutes=4 * n), f"Song {n % 90}") for n in range(400)
    ]
    desk.door.sums = sums_of(desk)
    members = [MemberId(10**18 + n) for n in range(1, 13)]
    for member in members:
        await desk.connect(member, f"name {member}")
        await desk.until_idle()
    assert 300 < await desk.database.door_syncs.rows(LB) <= 330
    for member in members[:6]:
        assert await desk.plays(member) > 0
    for _ in range(3):
        desk.clock.forward(DAY)
        await desk.until_idle()
    assert await desk.database.door_syncs.rows(LB) <= 330


async def test_a_row_takes_no_more_than_the_meter_of_last_fm_says(tmp_path: Path) -> None:
    """With its index entries and its share of the catalogue, for a listener of many artists."""
    draw, at = random.Random(5), FakeClock().now()  # noqa: S311  # drawn, not secret
    history = []
    for n in range(20_000):
        artist = min(int(draw.paretovariate(0.7)), 1500)
        title = f"A song of middling length {draw.randrange(8)}"
        history.append(listen(at - n * timedelta(minutes=4), title, f"Some artist {artist}"))
    async with Database.open(tmp_path / "data") as database:

        async def used() -> int:
            def read(raw: Any) -> int:
                pages, free = (
                    raw.execute(f"PRAGMA {what}").fetchone()[0]
                    for what in ("page_count", "freelist_count")
                )
                return int((pages - free) * raw.execute("PRAGMA page_size").fetchone()[0])

            return await database.readers.run(read)

        before = await used()
        await database.door_syncs.connect(ANA, Source.LASTFM, "ana", at=at)
        assert await database.doors.add(ANA, Source.LASTFM, history, at=at) == len(history)
        per_row = (await used() - before) / len(history)
    assert ROW_BYTES * 0.5 <= per_row <= ROW_BYTES
    assert (LastFmDoor.most_rows + LastFmDoor.most_rows // RESERVE_SHARE) * ROW_BYTES < 100_000_000


def test_remainders_never_count_twice() -> None:
    totals = Totals(
        tracks=(
            FetchedListen("", "The Band", "Song", plays=5),
            FetchedListen("", "B", "C", plays=2),
        ),
        artists=(FetchedListen("", "Band", plays=9), FetchedListen("", "B", plays=2)),
        since=None,
    )
    left = remainders(totals, {("band", "song"): 3, ("band", "else"): 1, ("b", "c"): 7})
    assert [(one.artist, one.title, one.plays) for one in left] == [
        ("The Band", "Song", 2),
        ("Band", None, 3),
    ]


@pytest.mark.parametrize(
    ("error", "key", "hours"),
    [
        (RateLimitedError("Fake", retry_after_s=7200), "doors.trouble.later", 2),
        (UpstreamError("Fake"), "doors.trouble.outage", 0.25),
        (AccessRefusedError("Fake"), "doors.trouble.refused", 24),
        (GoneError("Fake"), "doors.trouble.gone", 24),
    ],
)
async def test_trouble_is_kept_for_the_member_to_see_and_goes_away(
    desk: Desk, error: Exception, key: str, hours: float
) -> None:
    desk.played(3)
    await desk.connect()
    desk.door.error = error
    await desk.reader().round()
    state = await desk.state()
    assert (state.error_key, state.failed_at) == (key, desk.clock.now())
    assert state.next_at == desk.clock.now() + timedelta(hours=hours)
    desk.door.error = None
    desk.clock.forward(timedelta(hours=hours))
    await desk.until_idle()
    assert (await desk.state()).error_key is None
    assert await desk.plays() == 3


async def test_one_members_trouble_does_not_stop_the_others(desk: Desk) -> None:
    desk.played(3)
    await desk.connect()
    await desk.connect(BEN, "ben")
    gone = await desk.state()
    await desk.database.door_syncs.disconnect(ANA, LB)
    assert await desk.reader().turn(gone) == 0
    await desk.until_idle()
    assert await desk.plays(BEN) == 3


async def test_who_listens_is_asked_more_often_than_who_does_not(desk: Desk) -> None:
    assert next_pause(1800, 5) == 1800
    pause = 1800
    for _ in range(20):
        pause = next_pause(pause, 0)
    assert pause == 6 * 3600


async def test_a_message_follows_until_the_first_pass_is_over(desk: Desk) -> None:
    desk.played(150)
    await desk.connect()
    told: list[tuple[bool, int]] = []

    async def follow(state: DoorSync, added: int) -> None:
        told.append((state.reading, added))

    reader = desk.reader()
    reader.watch(ANA, LB, follow)
    while await reader.round() == 0:
        pass
    desk.clock.forward(DAY)
    await reader.round()
    assert told == [(True, 91), (False, 59)]


async def test_a_closed_door_is_not_read(desk: Desk) -> None:
    await desk.connect()
    desk.door.source = Source.LASTFM
    assert await desk.reader().round() > 0
    assert replace(await desk.state(), next_at=desk.clock.now()).synced_at is None
