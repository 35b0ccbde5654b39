"""Playlists on the operator's account: one per list, within limits, and emptied for the forgotten."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.spotify.client import SpotifyClient
from bot.adapters.spotify.gate import Gate
from bot.adapters.sqlite.database import Database
from bot.adapters.vault import KeyRing, new_key
from bot.covers import cover_for
from bot.demo.spotify.world import Account, Playlist
from bot.domain.ids import ArtistId, MemberId, TrackId
from bot.domain.listening import Source
from bot.domain.music import Artist, Subject, Track
from bot.domain.spotify import SCOPES, PlaylistInfo, SpotifyProfile, Written
from bot.errors import (
    ConsentMissingError,
    LinkExpiredError,
    NotFoundError,
    UpstreamError,
    UserError,
)
from bot.services.consent import ConsentService
from bot.services.playlists import PlaylistService
from bot.services.shared_playlists import IN_ALL, OF_MEMBER, SharedPlaylists
from bot.services.spotify_tokens import SpotifyTokens
from tests.fake_spotify import FakeSpotify, Fault
from tests.fakes_spotify import FakeAuth, FixedClock, tokens

HOST, ANA, BEN = (MemberId(10**18 + n) for n in range(3))


@dataclass
class Desk:
    database: Database
    fake: FakeSpotify
    clock: FixedClock
    service: SharedPlaylists
    playlists: PlaylistService
    consent: ConsentService
    auth: FakeAuth
    account: Account
    grants: SpotifyTokens

    async def link(self) -> None:
        """Let the operator consent, or consent anew."""
        grant, token = self.fake.grant(self.account, frozenset(SCOPES))
        ends = self.clock.at + timedelta(days=999)
        self.fake.world.access[token] = (grant, ends)
        profile = SpotifyProfile(self.account.account_id, "Host")
        await self.grants.keep(HOST, profile, tokens(token, "refresh", ends))

    async def write(
        self, who: MemberId = ANA, *, purpose: str = "blend:1", tracks: int = 3
    ) -> Written:
        return await self.service.write(
            who,
            tastes=[HOST, ANA],
            purpose=purpose,
            name="Mix",
            description="Ours.",
            subjects=self.subjects(tracks),
        )

    def subjects(self, n: int) -> list[Subject]:
        made = []
        for number in range(1, n + 1):
            artist = Artist(ArtistId(number), f"Band {number}")
            made.append(Subject(artist, Track(TrackId(number), f"Song {number}", artist)))
            self.fake.world.track(f"Song {number}", f"Band {number}")
        return made

    @property
    def made(self) -> list[Playlist]:
        return list(self.fake.world.playlists.values())

    async def sql(self, statement: str, *values: Any) -> None:
        await self.database.writer.run(lambda raw: raw.execute(statement, values))

    async def rows(self, table: str) -> int:
        def count(raw: sqlite3.Connection) -> int:
            sql = f"SELECT count(*) FROM {table}"  # noqa: S608  # a name from this file
            return int(raw.execute(sql).fetchone()[0])

        return await self.database.readers.run(count)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.open(tmp_path / "data"))
        fake = await stack.enter_async_context(FakeSpotify())
        clock = FixedClock()
        fake.world.now = clock.now

        async def sleep(_seconds: float) -> None:
            pass

        gate = Gate(store=database.spotify_gate, clock=clock, daily_calls=9999, sleep=sleep)
        api = await stack.enter_async_context(
            SpotifyClient(base=fake.api_url, gate=gate, sleep=sleep)
        )
        auth = FakeAuth(clock)
        grants = SpotifyTokens(
            store=database.spotify, vault=KeyRing([new_key()]), auth=auth, clock=clock, seats=5
        )
        account = fake.world.add_account("Host")
        consent = ConsentService(members=database.members, clock=clock)
        for member in (HOST, ANA, BEN):
            await consent.agree(member)
        playlists = PlaylistService(
            tokens=grants, api=api, store=database.playlists, clock=clock, cover=cover_for
        )
        service = SharedPlaylists(
            playlists=playlists,
            store=database.shared_playlists,
            accounts=database.spotify,
            consent=consent,
            tokens=grants,
            api=api,
            clock=clock,
        )
        service.belong_to(HOST)
        made = Desk(database, fake, clock, service, playlists, consent, auth, account, grants)
        await made.link()
        yield made


async def test_who_has_no_account_gets_a_playlist_on_the_operators(desk: Desk) -> None:
    written = await desk.write()
    (playlist,) = desk.made
    assert len(playlist.uris) == 3
    assert written.created
    assert str(ANA) not in playlist.description
    assert not playlist.public


async def test_whoever_asks_and_however_often_it_is_one_playlist(desk: Desk) -> None:
    await asyncio.gather(desk.write(ANA), desk.write(BEN), desk.write(ANA))
    assert len(desk.made) == 1
    assert not (await desk.write(BEN, tracks=5)).created
    assert len(desk.made[0].uris) == 5


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ERROR, Fault.GATEWAY])
async def test_an_unclear_creation_never_makes_a_second_one(desk: Desk, fault: Fault) -> None:
    desk.subjects(3)
    desk.fake.fail("/v1/me/playlists", fault)
    try:
        await desk.write()
    except Exception:  # noqa: BLE001  # whatever it was, pressing again has to mend it
        await desk.write(BEN)
    assert len(desk.made) == 1


async def test_the_operator_presses_and_has_the_same_playlist(desk: Desk) -> None:
    await desk.write()
    again = await desk.playlists.write(
        HOST, purpose="blend:1", name="Mix", description="Ours.", subjects=desk.subjects(2)
    )
    assert not again.created


async def test_limits_protect_whose_account_it_is(desk: Desk) -> None:
    for number in range(OF_MEMBER):
        await desk.write(purpose=f"list:{number}")
    with pytest.raises(UserError, match="shared_limit"):
        await desk.write(purpose="list:99")
    assert len(desk.made) == OF_MEMBER
    others = [MemberId(10**17 + n) for n in range(IN_ALL // OF_MEMBER)]
    for member in others:
        await desk.consent.agree(member)
    for number in range(IN_ALL - OF_MEMBER):
        await desk.write(others[number // OF_MEMBER], purpose="list:0")
    calls = desk.fake.api_calls
    with pytest.raises(UserError, match="shared_limit"):
        await desk.write(BEN)
    assert desk.fake.api_calls == calls, "who is refused costs nothing"
    desk.clock.pass_time(days=1, seconds=1)
    await desk.write(BEN)


async def test_nobody_who_never_agreed_is_noted(desk: Desk) -> None:
    with pytest.raises(ConsentMissingError):
        await desk.write(MemberId(5))
    assert desk.made == []


async def test_without_a_working_account_it_is_off(desk: Desk) -> None:
    await desk.database.spotify.end_login(HOST, at=desk.clock.now())
    assert await desk.service.owner() is None
    with pytest.raises(UserError, match="shared_off"):
        await desk.write()


async def test_a_grant_that_ends_while_writing_is_not_the_askers_to_mend(desk: Desk) -> None:
    desk.subjects(3)
    desk.fake.fail("/v1/", Fault.UNAUTHORIZED, times=9)

    def over() -> None:
        raise LinkExpiredError("Spotify")

    desk.auth.before_answer = over
    with pytest.raises(UserError, match="shared_off"):
        await desk.write()


async def test_a_forgotten_members_taste_is_taken_out_of_the_playlist(desk: Desk) -> None:
    await desk.write(BEN)
    await desk.database.members.erase(ANA, at=desk.clock.now())
    assert await desk.rows("spotify_playlists") == 0
    assert len(desk.made[0].uris) == 3
    desk.fake.fail("/v1/", Fault.ERROR)
    assert await desk.service.empty_forgotten() == 0, "an outage is waited out"
    assert await desk.service.empty_forgotten() == 1
    assert desk.made[0].uris == []
    assert await desk.rows("playlists_to_empty") == 0
    assert await desk.service.empty_forgotten() == 0


async def test_who_is_forgotten_while_it_is_written_is_not_in_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their note was set aside, and perhaps served, before the tracks arrived."""
    replace_items = SpotifyClient.replace_items

    async def late(self: SpotifyClient, *args: Any, **kwargs: Any) -> str:
        if kwargs["uris"]:
            await desk.database.members.erase(ANA, at=desk.clock.now())
            assert await desk.service.empty_forgotten() == 1
        return await replace_items(self, *args, **kwargs)

    monkeypatch.setattr(SpotifyClient, "replace_items", late)
    with pytest.raises(NotFoundError, match="taken_back"):
        await desk.write(BEN)
    assert desk.made[0].uris == []
    assert await desk.rows("shared_playlist_tastes") == 0


async def test_who_is_forgotten_while_it_is_made_is_never_in_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knew the playlist's id when they were forgotten."""
    create = SpotifyClient.create_playlist

    async def late(self: SpotifyClient, *args: Any, **kwargs: Any) -> PlaylistInfo:
        await desk.database.members.erase(ANA, at=desk.clock.now())
        return await create(self, *args, **kwargs)

    monkeypatch.setattr(SpotifyClient, "create_playlist", late)
    with pytest.raises(NotFoundError, match="taken_back"):
        await desk.write(BEN)
    assert desk.made[0].uris == []


async def test_the_taste_of_who_is_forgotten_already_is_not_written(desk: Desk) -> None:
    desk.subjects(3)
    await desk.database.members.erase(ANA, at=desk.clock.now())
    with pytest.raises(NotFoundError, match="taken_back"):
        await desk.write(BEN)
    assert desk.made == []
    assert await desk.rows("shared_playlist_tastes") == 0


async def test_a_link_that_is_over_is_waited_for(desk: Desk) -> None:
    """Its owner has five days to renew it; a playlist given up earlier would stay as it is."""
    await desk.write(BEN)
    await desk.database.members.erase(ANA, at=desk.clock.now())
    await desk.database.spotify.end_login(HOST, at=desk.clock.now())
    assert await desk.service.empty_forgotten() == 0
    assert await desk.rows("playlists_to_empty") == 1
    await desk.link()
    assert await desk.service.empty_forgotten() == 1
    assert desk.made[0].uris == []


async def test_when_the_operator_unlinks_in_the_middle_it_is_not_the_askers_to_mend(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = SpotifyClient.create_playlist

    async def late(self: SpotifyClient, *args: Any, **kwargs: Any) -> PlaylistInfo:
        made = await create(self, *args, **kwargs)
        await desk.database.doors.withdraw(HOST, Source.SPOTIFY_API, at=desk.clock.now())
        raise UpstreamError(made.id)

    monkeypatch.setattr(SpotifyClient, "create_playlist", late)
    with pytest.raises(UserError, match="shared_off"):
        await desk.write(BEN)


async def test_who_only_asked_leaves_the_playlist_of_others_as_it_is(desk: Desk) -> None:
    await desk.write(BEN)
    await desk.database.members.erase(BEN, at=desk.clock.now())
    assert await desk.rows("playlists_to_empty") == 0
    assert await desk.rows("shared_playlist_asks") == 0
    assert await desk.rows("spotify_playlists") == 1


async def test_the_operators_own_playlist_of_a_blend_is_their_own(desk: Desk) -> None:
    await desk.playlists.write(
        HOST, purpose="blend:1", name="Mix", description="Ours.", subjects=desk.subjects(2)
    )
    await desk.database.members.erase(ANA, at=desk.clock.now())
    assert await desk.rows("playlists_to_empty") == 0


async def test_a_playlist_its_owner_deleted_is_done_with(desk: Desk) -> None:
    await desk.write()
    await desk.database.members.erase(ANA, at=desk.clock.now())
    desk.fake.world.playlists.clear()
    assert await desk.service.empty_forgotten() == 1


async def test_when_the_operator_unlinks_nothing_of_it_is_kept(desk: Desk) -> None:
    await desk.write()
    await desk.write(purpose="list:7")
    await desk.database.members.erase(ANA, at=desk.clock.now())
    await desk.database.doors.withdraw(HOST, Source.SPOTIFY_API, at=desk.clock.now())
    assert await desk.rows("spotify_playlists") == 0
    assert await desk.rows("playlists_to_empty") == 0
    assert await desk.service.owner() is None
