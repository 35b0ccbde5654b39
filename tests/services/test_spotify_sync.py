"""Reading accounts: nothing twice, gaps noted, seldom enough for the quota, and alive after trouble."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.adapters.spotify.client import SpotifyClient
from bot.adapters.spotify.gate import Gate
from bot.adapters.sqlite.database import Database
from bot.adapters.vault import KeyRing, new_key
from bot.demo.spotify.world import Account
from bot.domain.ids import MemberId
from bot.domain.listening import Level, Source
from bot.domain.spotify import SCOPES, SpotifyProfile, SyncState
from bot.services.spotify_sync import (
    FIRST_CALLS,
    LONGEST_S,
    PAUSE_S,
    SHORTEST_S,
    SpotifySync,
    next_pause,
)
from bot.services.spotify_tokens import SpotifyTokens
from tests.fake_spotify import FakeSpotify, Fault
from tests.fakes_spotify import FakeAuth, FixedClock, tokens

API = Source.SPOTIFY_API
ANA = MemberId(10**18 + 1)


class Training:
    def __init__(self) -> None:
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


@dataclass
class Desk:
    database: Database
    fake: FakeSpotify
    clock: FixedClock
    sync: SpotifySync
    training: Training
    gate: Gate
    tokens: SpotifyTokens

    async def link(self, member: MemberId = ANA) -> Account:
        account = self.fake.world.add_account(f"Account {member}")
        grant, token = self.fake.grant(account, frozenset(SCOPES))
        self.fake.world.access[token] = (grant, self.clock.at + timedelta(days=999))
        given = tokens(token, f"refresh {member}", self.clock.at + timedelta(days=999))
        await self.tokens.keep(member, SpotifyProfile(account.account_id, account.name), given)
        return account

    def play(self, account: Account, n: int, *, every_min: float = 4) -> None:
        """Let somebody listen to `n` tracks up to now."""
        for place in range(n):
            song = self.fake.world.track(f"Song {place}", "Band", 180_000)
            account.plays.append((self.clock.at - timedelta(minutes=every_min * place), song))

    async def state(self, member: MemberId = ANA) -> SyncState:
        state = await self.sync.state(member)
        assert state is not None
        return state

    async def listens(self) -> int:
        return int(
            await self.database.readers.run(
                lambda raw: raw.execute("SELECT count(*) FROM listens").fetchone()[0]
            )
        )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.open(tmp_path / "data"))
        fake = await stack.enter_async_context(FakeSpotify())
        clock, training = FixedClock(), Training()
        fake.world.now = clock.now

        async def sleep(_seconds: float) -> None:
            pass

        gate = Gate(store=database.spotify_gate, clock=clock, daily_calls=400, sleep=sleep)
        api = await stack.enter_async_context(
            SpotifyClient(base=fake.api_url, gate=gate, sleep=sleep)
        )
        auth = FakeAuth(clock)
        service = SpotifyTokens(
            store=database.spotify, vault=KeyRing([new_key()]), auth=auth, clock=clock, seats=5
        )
        sync = SpotifySync(
            tokens=service,
            api=api,
            accounts=database.spotify,
            syncs=database.spotify_syncs,
            doors=database.doors,
            training=cast("Any", training),
            clock=clock,
        )
        yield Desk(database, fake, clock, sync, training, gate, service)


async def quiet(_listens: int, _steps: int, _of: int) -> None:
    pass


async def test_the_first_reading_takes_eight_calls_and_tells_every_step(desk: Desk) -> None:
    account = await desk.link()
    desk.play(account, 50)
    account.top_tracks["short_term"] = [desk.fake.world.track("Top", "Band")]
    account.saved.append((desk.clock.at, desk.fake.world.track("Saved", "Band")))
    steps: list[tuple[int, int, int]] = []

    async def told(listens: int, done: int, of: int) -> None:
        steps.append((listens, done, of))

    assert await desk.sync.first(ANA, told) == 54
    assert desk.fake.api_calls == FIRST_CALLS == len(steps)
    assert steps[0] == (50, 1, 8)
    assert steps[-1] == (54, 8, 8)
    assert desk.training.woken == 1


async def test_a_second_look_brings_what_is_new_and_nothing_twice(desk: Desk) -> None:
    account = await desk.link()
    desk.play(account, 20)
    await desk.sync.first(ANA, quiet)
    assert await desk.sync.sync(ANA) == 0
    desk.clock.pass_time(minutes=45)
    desk.play(account, 5)
    assert await desk.sync.sync(ANA) == 5
    assert await desk.listens() == 25
    assert not await desk.database.doors.gaps(ANA, API)


async def test_when_nothing_overlaps_the_gap_is_noted(desk: Desk) -> None:
    account = await desk.link()
    desk.play(account, 3)
    await desk.sync.first(ANA, quiet)
    before = desk.clock.at
    desk.clock.pass_time(hours=9)
    desk.play(account, 80)
    assert await desk.sync.sync(ANA) == 50
    (gap,) = await desk.database.doors.gaps(ANA, API)
    assert (gap.start, gap.end) == (before, desk.clock.at - timedelta(minutes=4 * 49))


def test_pauses_follow_how_much_was_new() -> None:
    assert next_pause(PAUSE_S, 50) == PAUSE_S // 2
    assert next_pause(SHORTEST_S, 50) == SHORTEST_S
    assert next_pause(SHORTEST_S, 5) == PAUSE_S
    assert next_pause(PAUSE_S, 0) == PAUSE_S * 3 // 2
    assert next_pause(LONGEST_S, 0) == LONGEST_S


async def a_day(desk: Desk, accounts: list[Account], *, listening_hours: range) -> int:
    """Let a day pass, a track's length at a time; return the calls."""
    before = desk.fake.api_calls
    for minute in range(0, 24 * 60, 4):
        desk.clock.pass_time(minutes=4)
        if minute // 60 in listening_hours:
            for account in accounts:
                desk.play(account, 1)
        states = await desk.database.spotify_syncs.due()
        if any(state.next_at <= desk.clock.at for state in states):
            await desk.sync.round()
    return desk.fake.api_calls - before


async def test_five_members_who_listen_all_evening_fit_into_the_quota(desk: Desk) -> None:
    members = [MemberId(ANA + n) for n in range(5)]
    accounts = [await desk.link(member) for member in members]
    for member in members:
        await desk.sync.first(member, quiet)
    calls = await a_day(desk, accounts, listening_hours=range(15, 23))
    assert 60 <= calls <= 320
    day_plays = 8 * 15 * 5
    assert await desk.listens() == day_plays
    for member in members:
        assert not await desk.database.doors.gaps(member, API)


async def test_slow_things_are_read_once_a_day_and_playlists_once_a_week(desk: Desk) -> None:
    account = await desk.link()
    songs = [desk.fake.world.track(f"Listed {n}", "Band") for n in range(3)]
    await desk.sync.first(ANA, quiet)
    desk.fake.world.asked.clear()
    for day in range(8):
        desk.clock.pass_time(days=1, minutes=1)
        if day == 0:
            _, token = desk.fake.grant(account, frozenset(SCOPES))
            made = await desk.sync._api.create_playlist(token, name="Mine", description="")
            desk.fake.world.playlists[made.id].uris = [f"spotify:track:{s.id}" for s in songs]
        await desk.sync.sync(ANA)
    assert len(desk.fake.asked("GET", "/me/player/recently-played")) == 8
    assert len(desk.fake.asked("GET", "/me/top/tracks")) == 24
    assert len(desk.fake.asked("GET", "/me/tracks")) == 8
    assert len(desk.fake.asked("GET", "/me/playlists")) == 2
    assert await desk.listens() == 3


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (Fault.RATE, "link.error.later"),
        (Fault.QUOTA, "link.error.later"),
        (Fault.ERROR, "link.error.trouble"),
        (Fault.HTML, "link.error.trouble"),
    ],
)
async def test_trouble_is_kept_and_over_when_it_is_over(desk: Desk, fault: Fault, key: str) -> None:
    """F12: no trouble breaks the loop, and the member sees it while it lasts."""
    account = await desk.link()
    await desk.sync.first(ANA, quiet)
    desk.clock.pass_time(hours=1)
    desk.fake.fail("/v1/", fault, times=3, seconds=7200)
    await desk.sync.sync(ANA)
    state = await desk.state()
    assert (state.error_key, state.failed_at) == (key, desk.clock.at)
    assert state.next_at > desk.clock.at
    desk.fake.mend()
    desk.clock.at = state.next_at + timedelta(seconds=1)
    desk.play(account, 2)
    await desk.sync.round()
    state = await desk.state()
    assert (state.error_key, await desk.listens()) == (None, 2)


async def test_a_refused_account_is_asked_once_a_day_only(desk: Desk) -> None:
    account = await desk.link()
    await desk.sync.first(ANA, quiet)
    account.allowlisted = False
    desk.fake.hits.clear()
    await a_day(desk, [], listening_hours=range(0))
    assert desk.fake.api_calls <= 2
    assert (await desk.state()).error_key == "link.error.not_listed"


async def test_a_failing_account_does_not_hold_up_the_others(desk: Desk) -> None:
    ana = await desk.link()
    ben = await desk.link(MemberId(ANA + 1))
    for member in (ANA, MemberId(ANA + 1)):
        await desk.sync.first(member, quiet)
    desk.clock.pass_time(hours=2)
    ana.allowlisted = False
    desk.play(ben, 4)
    await desk.sync.round()
    assert await desk.listens() == 4


async def test_an_account_whose_first_reading_was_cut_off_is_taken_up(desk: Desk) -> None:
    account = await desk.link()
    desk.play(account, 3)
    await desk.sync.round()
    assert await desk.listens() == 3


async def test_unlinked_while_reading_nothing_comes_back(desk: Desk) -> None:
    account = await desk.link()
    desk.play(account, 5)
    await desk.sync.first(ANA, quiet)

    class Late:
        """An answer that arrives after the unlinking."""

        def __init__(self, api: SpotifyClient) -> None:
            self._api = api

        async def recently_played(self, token: str, *, urgent: bool = False) -> Any:
            plays = await self._api.recently_played(token, urgent=urgent)
            await desk.database.doors.withdraw(ANA, API, at=desk.clock.at)
            return plays

    desk.sync._api = Late(desk.sync._api)  # type: ignore[assignment]
    assert await desk.sync.sync(ANA) == 0
    assert await desk.listens() == 0
    assert await desk.sync.state(ANA) is None


async def test_who_is_linked_during_a_round_is_read_right_after_it(desk: Desk) -> None:
    account = await desk.link()
    desk.play(account, 3)
    rounds = 0
    read = asyncio.Event()
    once = desk.sync.round

    async def counted() -> float:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            desk.sync.wake()  # somebody linked while the round was under way
            return 300.0
        wait = await once()
        read.set()
        return wait

    desk.sync.round = counted  # type: ignore[method-assign]
    task = asyncio.create_task(desk.sync.run())
    async with asyncio.timeout(20):
        await read.wait()
    task.cancel()
    await asyncio.wait([task])
    assert await desk.listens() == 3


async def test_followed_artists_come_in_once_a_week(desk: Desk) -> None:
    account = await desk.link()
    account.followed = ["Slowdive", "Ride"]
    desk.play(account, 3)
    await desk.sync.round()
    await desk.sync.sync(ANA)
    asked = [a for a in desk.fake.world.asked if a.path == "/me/following"]
    assert len(asked) == 1
    evidence = await desk.database.listens.evidence(ANA)
    assert sum(row.value for row in evidence if row.level is Level.ARTIST) == 4
    desk.clock.pass_time(days=8)
    await desk.sync.sync(ANA)
    assert sum(row.value for row in await desk.database.listens.evidence(ANA)) == 4 + 3


async def test_who_consented_before_follows_were_asked_for_is_read_all_the_same(desk: Desk) -> None:
    account = await desk.link()
    for grant, _ in desk.fake.world.access.values():
        grant.scopes -= {"user-follow-read"}
    account.followed = ["Slowdive"]
    desk.play(account, 3)
    await desk.sync.round()
    state = await desk.state()
    assert state.error_key is None
    assert state.playlists_at is not None
