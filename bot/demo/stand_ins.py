"""Stand-ins for the services that the demo can't ask: Spotify, open sources, Discord's "who are you?"."""

import random
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.adapters.http.addresses import OpenAddresses
from bot.adapters.spotify.addresses import Addresses
from bot.demo.atlas import AtlasTrack
from bot.demo.identity import IdentityStandIn
from bot.demo.sources.server import SourceStandIns
from bot.demo.sources.world import SourceWorld
from bot.demo.spotify.server import SpotifyStandIn
from bot.demo.spotify.world import RANGES, Account, SpotifyTrack, World

ACCOUNTS: Final = (
    ("Night Drive", ("synth-pop", "electronic", "new wave")),
    ("Sunday Crates", ("soul", "jazz", "funk")),
    ("Loud Basement", ("punk", "noise rock", "shoegaze")),
)
"""Made-up accounts at the stand-ins, and the styles they play."""
MISSING_EVERY: Final = 11
"""Each so-many-th track of the atlas is one that the stand-in for Spotify doesn't have."""
RECENT: Final = 50
SAVED: Final = 120
PLAYED: Final = 400
"""Listens of each made-up name at ListenBrainz and Last.fm."""
FAMOUS: Final = 2
MADE_UP_EVERY: Final = 3
MADE_UP: Final = "Made-up Band {}"
MADE_UP_TITLES: Final = ("A Song That Doesn't Exist", "Another One")
"""Artists that only the open sources know, so that lists can go beyond the atlas."""
SEED: Final = 33
SECRET: Final = "only the stand-in asks for this"  # noqa: S105  # and it takes anything


@dataclass(frozen=True, slots=True)
class StandIns:
    """Where they listen, and the settings that lead the bot there."""

    addresses: Addresses
    open_addresses: OpenAddresses
    settings: Mapping[str, Any]
    identity: IdentityStandIn
    spotify: SpotifyStandIn
    sources: SourceStandIns


@asynccontextmanager
async def stand_ins(tracks: Sequence[AtlasTrack]) -> AsyncIterator[StandIns]:
    """Run the stand-ins on this machine until the block ends."""
    async with (
        SpotifyStandIn() as spotify,
        IdentityStandIn() as identity,
        SourceStandIns() as sources,
    ):
        _fill(spotify.world, tracks)
        _fill_sources(sources.world, tracks)
        port = _free_port()
        yield StandIns(
            addresses=Addresses(
                api=spotify.api_url,
                accounts=spotify.accounts_url,
                discord=identity.url,
                stand_ins=True,
            ),
            open_addresses=sources.addresses,
            settings={
                "contact": "the-demo@example.org",
                "lastfm_key": SECRET,
                "spotify_client_id": spotify.world.client_id,
                "public_url": f"http://127.0.0.1:{port}",
                "web_port": port,
                "discord_client_secret": SECRET,
            },
            identity=identity,
            spotify=spotify,
            sources=sources,
        )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _fill(world: World, tracks: Sequence[AtlasTrack]) -> None:
    """Let the stand-in know most of the atlas, and give each account a listening life."""
    draw = random.Random(SEED)
    known = [
        (one, world.track(one.title, one.artist.name, draw.randrange(150_000, 330_000)))
        for number, one in enumerate(tracks, start=1)
        if number % MISSING_EVERY
    ]
    for name, styles in ACCOUNTS:
        liked = [track for one, track in known if set(styles) & set(one.artist.tags)]
        draw.shuffle(liked)
        _listen(world.add_account(name), liked, draw)


def name_at_sources(account: str) -> str:
    """Return the name under which a made-up account listens at ListenBrainz and Last.fm."""
    return account.lower().replace(" ", "_")


def _fill_sources(world: SourceWorld, tracks: Sequence[AtlasTrack]) -> None:
    """Let the sources know the atlas, with gaps, and people of the same tastes their history.

    Beyond the atlas they know made-up artists, each in the style of a famous one.
    """
    draw = random.Random(SEED)
    famous = {one.artist.name: one.artist for one in tracks if one.artist.tier <= FAMOUS}
    for number, like in enumerate(list(famous.values())[::MADE_UP_EVERY], start=1):
        made_up = world.artist(MADE_UP.format(number), *like.tags, fans=100)
        for title in MADE_UP_TITLES:
            world.track(made_up, f"{title}, No. {number}", analysed=False)  # nor at Spotify
    songs_of = {
        one: world.track(
            world.artist(one.artist.name, *one.artist.tags),
            one.title,
            year=one.year,
            seconds=draw.randrange(150, 330),
            mbid_known=number % MISSING_EVERY != 1,
            sold=number % MISSING_EVERY != 2,
            analysed=3 < number % MISSING_EVERY < MISSING_EVERY - 1,  # the last is not at Spotify
        )
        for number, one in enumerate(tracks)
    }
    for account, styles in ACCOUNTS:
        liked = [one for one in tracks if set(styles) & set(one.artist.tags)]
        draw.shuffle(liked)
        songs = [songs_of[one] for one in liked]
        person = world.person(name_at_sources(account))
        at = datetime.now(UTC)
        for _ in range(PLAYED):
            song = songs[int(len(songs) * draw.random() ** 2)]
            at -= timedelta(seconds=song.seconds + draw.randrange(7200))
            person.hear(int(at.timestamp()), song)


def _listen(account: Account, liked: Sequence[SpotifyTrack], draw: random.Random) -> None:
    at = datetime.now(UTC)
    for song in liked[:RECENT]:
        at -= timedelta(milliseconds=song.duration_ms) + timedelta(minutes=draw.randrange(20))
        account.plays.append((at, song))
    for place, time_range in enumerate(RANGES):
        account.top_tracks[time_range] = list(liked[20 * place : 20 * place + 50])
        names = [song.artist for song in liked[10 * place : 10 * place + 90]]
        account.top_artists[time_range] = list(dict.fromkeys(names))[:50]
    for song in liked[:SAVED]:
        at -= timedelta(days=2)
        account.saved.append((at, song))
