"""What others answer: Discord and its clock, and each source to one small question."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import aiohttp
import discord

from bot import __version__
from bot.adapters.http.addresses import OpenAddresses
from bot.doctor.check import Check
from bot.domain.identity import Known
from bot.domain.sources import NAMES, OpenSource
from bot.errors import (
    MusicBotError,
    SettingsError,
    UpstreamError,
    UserError,
)
from bot.open_sources import OpenSources, open_sources, secrets_of
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.adapters.http.clients import Clients

MOST_CLOCK_OFF_S: Final = 30.0
UNREACHABLE: Final = (
    "Discord can't be reached; check network and proxy. Clock and token could not be checked."
)
_PATIENCE = aiohttp.ClientTimeout(total=15, connect=5)
_NOBODY: Final = "auxcord-doctor"
"""A name to ask after; that nobody has it is an answer, too."""


async def outside(settings: Settings, addresses: OpenAddresses) -> AsyncIterator[Check]:
    """Ask everybody who is needed, one after the other."""
    clock = await _clock()
    if clock is not None:
        yield clock
    try:
        token = settings.token()
    except SettingsError:
        token = None  # said already
    if clock is None:
        yield False, UNREACHABLE
    elif token is not None:
        async for check in _discord(token, settings):
            yield check
    try:
        chosen = open_sources(settings)
    except SettingsError:
        chosen = None  # said already
    if chosen is not None:
        async for check in _each_source(chosen, addresses):
            yield check


async def _clock() -> Check | None:
    """Compare with Discord's clock, by which tokens, states and reminders go; None out of reach."""
    url = f"{discord.http.Route.BASE}/gateway"
    try:
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session, session.get(url) as answer:
            theirs = parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, OSError, TimeoutError):
        return None
    except (KeyError, ValueError):
        return False, "Discord's answer names no time; is a proxy between this machine and Discord?"
    off = abs((datetime.now(UTC) - theirs).total_seconds())
    if off > MOST_CLOCK_OFF_S:
        return False, f"this machine's clock is {off:.0f} s off; switch time synchronisation on."
    return True, "the clock agrees with Discord's"


async def _discord(token: str, settings: Settings) -> AsyncIterator[Check]:
    try:
        async with discord.Client(intents=discord.Intents.none()) as client:
            await client.login(token)
            yield True, f"Discord knows the token: it is {client.user}'s"
            if settings.discord_activity:
                yield _presences(client)
    except discord.LoginFailure:
        yield (
            False,
            (
                "AUXCORD_DISCORD_TOKEN: Discord refuses it. Make a new one at "
                "discord.com/developers/applications, under Bot, with Reset Token."
            ),
        )
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        yield False, f"Discord doesn't answer ({type(error).__name__}); try again later."


def _presences(client: discord.Client) -> Check:
    flags = None if client.application is None else client.application.flags
    if flags is not None and (flags.gateway_presence or flags.gateway_presence_limited):
        return True, "the Presence Intent is on: members may switch listening along on in /doors"
    return False, (
        "AUXCORD_DISCORD_ACTIVITY needs the Presence Intent; switch it on at "
        "discord.com/developers/applications, under Bot, Privileged Gateway Intents."
    )


async def _each_source(chosen: OpenSources, addresses: OpenAddresses) -> AsyncIterator[Check]:
    from bot.adapters.http.clients import open_clients

    secrets = secrets_of(chosen)
    async with open_clients(chosen.contact, secrets, addresses, version=__version__) as clients:
        for source in OpenSource:
            if chosen.asks(source):
                yield await _source(source, clients, with_token=source in secrets)


async def _source(source: OpenSource, clients: "Clients", *, with_token: bool) -> Check:
    name = NAMES[source]
    try:
        await _ask(source, clients, with_token=with_token)
    except UserError:
        pass  # nobody of that name: it answers
    except UpstreamError as error:
        later = f", again in {error.retry_after_s:.0f} s" if error.retry_after_s else ""
        return False, (
            f"{name} refuses or doesn't answer ({type(error).__name__}{later}). What is stored goes "
            "on being used; if it stays, take it out of AUXCORD_SOURCES."
        )
    except MusicBotError as error:
        return False, f"{name}: {error}"
    return True, f"{name} answers"


async def _ask(source: OpenSource, clients: "Clients", *, with_token: bool) -> None:
    """Ask each service one small question; a key or token goes with it where there is one."""
    match source:
        case OpenSource.LISTENBRAINZ if with_token:
            answer = await clients.listenbrainz.get("/validate-token")
            if not (isinstance(answer, dict) and answer.get("valid")):
                raise SettingsError("AUXCORD_LISTENBRAINZ_TOKEN is refused; copy it anew.")
        case OpenSource.LISTENBRAINZ:
            from bot.adapters.http.listenbrainz import ListenBrainzDoor

            await ListenBrainzDoor(clients.listenbrainz).check(_NOBODY)
        case OpenSource.LASTFM:
            from bot.adapters.http.lastfm import LastFmDoor

            await LastFmDoor(clients.lastfm).check(_NOBODY)
        case OpenSource.DEEZER:
            await clients.deezer.get("/infos")
        case OpenSource.MUSICBRAINZ:
            query: dict[str, str | int] = {"query": "artist:radiohead", "limit": 1, "fmt": "json"}
            await clients.musicbrainz.get("/artist", query)
        case OpenSource.RECCOBEATS:
            await clients.reccobeats.get("/audio-features", {"ids": "0" * 22})
        case OpenSource.ITUNES:
            from bot.adapters.http.itunes import query_of

            await clients.itunes.get("/search", query_of(Known("Radiohead", "Creep")))
