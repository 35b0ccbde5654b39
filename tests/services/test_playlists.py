"""Playlists that never double, tell what is missing, and update instead of multiplying."""

import asyncio
import io
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.spotify.client import SpotifyClient
from bot.adapters.spotify.gate import Gate
from bot.adapters.sqlite.database import Database
from bot.adapters.vault import KeyRing, new_key
from bot.covers import N_COVERS, cover_for
from bot.demo.spotify.world import Account, Playlist
from bot.domain.ids import ArtistId, MemberId, TrackId
from bot.domain.music import Artist, Subject, Track
from bot.domain.spotify import SCOPES, FoundTrack, SpotifyProfile, Written
from bot.errors import PremiumRequiredError, UpstreamError, UserError
from bot.services.playlists import PlaylistService
from bot.services.spotify_tokens import SpotifyTokens
from bot.services.track_titles import best_match, core
from tests.fake_spotify import FakeSpotify, Fault
from tests.fakes_spotify import FakeAuth, FixedClock, tokens

ANA = MemberId(10**18 + 1)


@dataclass
class Desk:
    database: Database
    fake: FakeSpotify
    clock: FixedClock
    service: PlaylistService
    account: Account

    async def subjects(self, n: int, *, first: int = 1, at_spotify: bool = True) -> list[Subject]:
        """Return tracks of ours, known to Spotify by their names."""
        made = []
        for number in range(first, first + n):
            artist = Artist(ArtistId(number), f"Band {number}")
            made.append(Subject(artist, Track(TrackId(number), f"Song {number}", artist)))
            if at_spotify:
                self.fake.world.track(f"Song {number}", f"Band {number}")
        return made

    async def write(self, subjects: list[Subject], *, purpose: str = "list:1") -> Written:
        return await self.service.write(
            ANA, purpose=purpose, name="Mix", description="Ours.", subjects=subjects
        )

    @property
    def playlists(self) -> list[Playlist]:
        return list(self.fake.world.playlists.values())

    def titles(self, playlist: Playlist) -> list[str]:
        return [self.fake.world.tracks[uri.rpartition(":")[2]].title for uri in playlist.uris]


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
        service = SpotifyTokens(
            store=database.spotify,
            vault=KeyRing([new_key()]),
            auth=FakeAuth(clock),
            clock=clock,
            seats=5,
        )
        account = fake.world.add_account("Ana")
        grant, token = fake.grant(account, frozenset(SCOPES))
        fake.world.access[token] = (grant, clock.at + timedelta(days=999))
        given = tokens(token, "refresh", clock.at + timedelta(days=999))
        await service.keep(ANA, SpotifyProfile(account.account_id, "Ana"), given)
        playlists = PlaylistService(
            tokens=service, api=api, store=database.playlists, clock=clock, cover=cover_for
        )
        yield Desk(database, fake, clock, playlists, account)


async def test_tracks_are_placed_in_order(desk: Desk) -> None:
    written = await desk.write(await desk.subjects(5))
    (playlist,) = desk.playlists
    assert desk.titles(playlist) == [f"Song {n}" for n in range(1, 6)]
    assert (written.placed, written.wanted, written.skipped, written.created) == (5, 5, (), True)
    assert written.url == f"https://open.spotify.com/playlist/{playlist.id}"
    assert playlist.description.startswith("Ours. auxcord-")
    assert not playlist.public


async def test_more_than_a_hundred_go_in_parts(desk: Desk) -> None:
    await desk.write(await desk.subjects(230))
    (playlist,) = desk.playlists
    assert desk.titles(playlist) == [f"Song {n}" for n in range(1, 231)]


async def test_what_is_missing_is_named_with_its_reason(desk: Desk) -> None:
    subjects = await desk.subjects(3)
    subjects += await desk.subjects(2, first=50, at_spotify=False)
    subjects.append(Subject(Artist(ArtistId(9), "Solo")))
    written = await desk.write(subjects)
    assert (written.placed, written.wanted) == (3, 6)
    assert written.skipped == (
        ("Song 50 – Band 50", "playlist.not_found"),
        ("Song 51 – Band 51", "playlist.not_found"),
        ("Solo", "playlist.artist_only"),
    )


async def test_nothing_at_all_makes_no_playlist(desk: Desk) -> None:
    with pytest.raises(UserError) as caught:
        await desk.write(await desk.subjects(2, at_spotify=False))
    assert caught.value.key == "error.spotify_nothing"
    assert desk.playlists == []


async def test_writing_again_updates_the_same_playlist(desk: Desk) -> None:
    await desk.write(await desk.subjects(5), purpose="blend:7")
    written = await desk.write(await desk.subjects(3, first=10), purpose="blend:7")
    (playlist,) = desk.playlists
    assert desk.titles(playlist) == ["Song 10", "Song 11", "Song 12"]
    assert not written.created
    await desk.write(await desk.subjects(1), purpose="blend:8")
    assert len(desk.playlists) == 2


async def test_pressing_many_times_at_once_makes_one(desk: Desk) -> None:
    subjects = await desk.subjects(5)
    await asyncio.gather(*(desk.write(subjects) for _ in range(6)))
    (playlist,) = desk.playlists
    assert len(playlist.uris) == 5


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.DROP, Fault.ERROR, Fault.TRUNCATED])
async def test_an_unclear_creation_never_makes_a_second_one(desk: Desk, fault: Fault) -> None:
    subjects = await desk.subjects(5)
    await desk.write(await desk.subjects(1), purpose="other")
    desk.fake.world.playlists.clear()
    desk.fake.fail("/v1/me/playlists", fault)
    try:
        await desk.write(subjects)
    except UpstreamError:
        await desk.write(subjects)
    (playlist,) = desk.playlists
    assert len(playlist.uris) == 5


async def test_after_a_kill_between_creation_and_note_it_is_found_again(desk: Desk) -> None:
    subjects = await desk.subjects(5)
    await desk.write(subjects)
    await desk.database.writer.run(
        lambda raw: raw.execute("UPDATE spotify_playlists SET playlist_id = NULL")
    )
    written = await desk.write(subjects)
    assert not written.created
    assert len(desk.playlists) == 1


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.DROP, Fault.ERROR])
async def test_an_unclear_part_is_mended_by_pressing_again(desk: Desk, fault: Fault) -> None:
    subjects = await desk.subjects(150)
    await desk.write(subjects[:1])
    desk.fake.fail("/items", fault)
    with pytest.raises(UpstreamError):
        await desk.write(subjects)
    await desk.write(subjects)
    (playlist,) = desk.playlists
    assert desk.titles(playlist) == [f"Song {n}" for n in range(1, 151)]


async def test_a_playlist_that_the_member_deleted_is_made_anew(desk: Desk) -> None:
    subjects = await desk.subjects(2)
    await desk.write(subjects)
    desk.fake.world.playlists.clear()
    written = await desk.write(subjects)
    assert written.created
    assert len(desk.playlists) == 1


async def test_ids_that_are_known_are_not_looked_for(desk: Desk) -> None:
    song = desk.fake.world.track("Alison", "Slowdive")
    artist = Artist(ArtistId(1), "Slowdive")
    track = Track(TrackId(1), "Alison", artist, spotify_id=song.id)
    await desk.write([Subject(artist, track)])
    assert desk.fake.asked("GET", "/search") == []


async def test_an_id_that_spotify_does_not_take_is_looked_for_by_name(desk: Desk) -> None:
    found, lost = await desk.subjects(2)
    await desk.database.writer.run(_tracks)
    assert found.track is not None
    retired = replace(found.track, spotify_id="0" * 22)
    written = await desk.write([Subject(found.artist, retired), lost])
    assert (written.placed, written.wanted) == (2, 2)
    (playlist,) = desk.playlists
    assert desk.titles(playlist) == ["Song 1", "Song 2"]


async def test_a_pause_places_what_is_found_and_goes_on_later(desk: Desk) -> None:
    subjects = await desk.subjects(6)
    await desk.database.writer.run(_tracks)
    desk.fake.quota.left = 3

    with pytest.raises(UpstreamError):
        await desk.write(subjects)  # the quota is gone before the playlist could be made
    desk.fake.quota.left = None
    desk.clock.pass_time(hours=2)
    searched = len(desk.fake.asked("GET", "/search"))
    written = await desk.write(subjects)
    assert written.placed == 6
    assert len(desk.fake.asked("GET", "/search")) == searched + 3


def _tracks(raw: sqlite3.Connection) -> None:
    for n in range(1, 7):
        raw.execute(
            "INSERT INTO artists (id, name, name_key) VALUES (?, ?, ?)", (n, f"B{n}", f"b{n}")
        )
        raw.execute(
            "INSERT INTO tracks (id, artist_id, title, title_key) VALUES (?, ?, ?, ?)",
            (n, n, f"S{n}", f"s{n}"),
        )


async def test_queue_and_library(desk: Desk) -> None:
    (subject,) = await desk.subjects(1)
    await desk.service.queue(ANA, subject)
    await desk.service.save(ANA, subject)
    assert len(desk.account.queue) == len(desk.account.library) == 1
    desk.account.device = False
    with pytest.raises(UserError) as caught:
        await desk.service.queue(ANA, subject)
    assert caught.value.key == "error.spotify_no_device"
    desk.account.device, desk.account.premium = True, False
    with pytest.raises(PremiumRequiredError):
        await desk.service.queue(ANA, subject)


async def test_who_has_no_account_is_told_so(desk: Desk) -> None:
    with pytest.raises(UserError) as caught:
        await desk.service.write(
            MemberId(5), purpose="x", name="x", description="", subjects=await desk.subjects(1)
        )
    assert caught.value.key == "error.spotify_not_linked"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alison", "Alison - 2005 Remaster"),
        ("Alison", "Alison (Remastered 2010)"),
        ("Alison", "alison [Deluxe Edition]"),
        ("Crazy in Love", "Crazy in Love (feat. JAY-Z)"),
        ("Crazy in Love", "Crazy In Love feat. Jay-Z"),
        ("Help!", "Help! - Mono Version"),
        ("Sigur Rós", "sigur ros"),
    ],
)
def test_the_same_recording_under_another_name(one: str, other: str) -> None:
    assert core(one) == core(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alison", "Alison - Live at the BBC"),
        ("Alison", "Alison (Live)"),
        ("Alison", "Alison (Acoustic)"),
        ("Alison", "Alison (Slow Remix)"),
        ("Alison", "Alison - Karaoke Version"),
        ("Alison", "Alison, Pt. 2"),
        ("(You Gotta) Fight", "Fight"),
        ("Song 2", "Song"),
    ],
)
def test_another_recording_is_another(one: str, other: str) -> None:
    assert core(one) != core(other)


def test_the_artist_has_to_be_among_the_artists_and_exact_titles_come_first() -> None:
    found = [
        FoundTrack("1", "Alison", ("Elvis Costello",)),
        FoundTrack("2", "Alison - Remastered", ("Slowdive",)),
        FoundTrack("3", "Alison", ("Somebody", "SLOWDIVE")),
        FoundTrack("4", "Alison (Live)", ("Slowdive",)),
    ]
    best = best_match(found, title="Alison", artist="Slowdive")
    assert best is not None
    assert best.id == "3"
    again = best_match(found[:2], title="Alison", artist="Slowdive")
    assert again is not None
    assert again.id == "2"
    assert best_match([found[0], found[3]], title="Alison", artist="Slowdive") is None


async def test_a_new_playlist_gets_a_picture_of_ours_and_keeps_it(desk: Desk) -> None:
    await desk.write(await desk.subjects(2))
    await desk.write(await desk.subjects(3))
    (playlist,) = desk.playlists
    assert playlist.cover == cover_for("list:1")
    assert sum(a.path.endswith("/images") for a in desk.fake.world.asked) == 1


@pytest.mark.parametrize("fault", [Fault.RATE, Fault.RATE_UNSAID, Fault.ERROR, Fault.GATEWAY])
async def test_without_a_picture_a_playlist_is_as_good_and_nothing_else_waits(
    desk: Desk, fault: Fault
) -> None:
    desk.fake.fail("/images", fault, times=9)
    written = await desk.write(await desk.subjects(2))
    assert (written.placed, written.created) == (2, True)
    assert desk.playlists[0].cover is None
    await desk.service.save(ANA, (await desk.subjects(1))[0])


async def test_who_consented_before_pictures_were_asked_for_gets_a_playlist(desk: Desk) -> None:
    for grant, _ in desk.fake.world.access.values():
        grant.scopes -= {"ugc-image-upload"}
    assert (await desk.write(await desk.subjects(2))).placed == 2
    assert desk.playlists[0].cover is None


def test_every_picture_is_a_small_square_jpeg() -> None:
    from PIL import Image

    pictures = {cover_for(f"blend:{n}") for n in range(60)}
    assert len(pictures) == N_COVERS
    for data in pictures:
        assert len(data) < 60_000
        picture = Image.open(io.BytesIO(data))
        assert (picture.format, picture.size) == ("JPEG", (640, 640))
