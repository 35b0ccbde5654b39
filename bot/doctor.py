"""`python -m bot doctor`: what is well, and what to do about what isn't, one line each."""

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import aiohttp
import discord

from bot import __version__, own_pages, spotify_door
from bot.adapters.http.addresses import OpenAddresses
from bot.adapters.sqlite import backup as backups
from bot.adapters.sqlite.coverage import read_coverage, read_troubles
from bot.adapters.sqlite.database import DATABASE_NAME
from bot.adapters.sqlite.spotify_quota import spent
from bot.domain.enrichment import SOURCE_OF
from bot.domain.sources import NAMES, OpenSource
from bot.errors import (
    DatabaseBusyError,
    MusicBotError,
    SettingsError,
    StorageError,
    UpstreamError,
    UserError,
)
from bot.open_sources import OpenSources, in_words, open_sources, secrets_of
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.adapters.http.clients import Clients

Check = tuple[bool, str]
"""Whether it is well, and a sentence."""

FIXED_SQLITE = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""First versions per branch without the log-reset bug (sqlite.org/wal.html, section 11)."""
MIN_FREE_BYTES = 500 * 2**20
MOST_CLOCK_OFF_S: Final = 30.0
_PATIENCE = aiohttp.ClientTimeout(total=15, connect=5)
_NOBODY: Final = "auxcord-doctor"
"""A name to ask after; that nobody has it is an answer, too."""


def examine(
    settings: Settings | None,
    problem: str | None,
    *,
    offline: bool,
    addresses: OpenAddresses | None = None,
    say: Callable[[str], None],
) -> int:
    """Check one thing after the other; return 0 when nothing is wrong.

    Parameters
    ----------
    settings : Settings or None
        None when they can't be read; `problem` says why.
    offline : bool
        Ask nothing outside this machine.
    addresses : OpenAddresses, optional
        Where the open sources are; their real addresses by default.
    say : callable
        Takes each line.
    """
    well = True
    for good, sentence in _here(settings, problem):
        say(f"{'ok  ' if good else 'FIX '} {sentence}")
        well &= good

    async def outside(settings: Settings) -> bool:
        fine = True
        async for good, sentence in _outside(settings, addresses or OpenAddresses()):
            say(f"{'ok  ' if good else 'FIX '} {sentence}")
            fine &= good
        return fine

    if settings is not None and not offline:
        well &= asyncio.run(outside(settings))
    return 0 if well else 1


def _here(settings: Settings | None, problem: str | None) -> Iterator[Check]:
    yield _settings(settings, problem)
    yield _python()
    yield _sqlite()
    if settings is not None:
        yield _token(settings)
        yield _folder(settings)
        yield _space(settings)
        yield _database(settings)
        yield spotify_door.checked(settings)
        yield own_pages.checked(settings)
        yield from _quota(settings)
        yield _sources(settings)
        yield from _coverage(settings)


async def _outside(settings: Settings, addresses: OpenAddresses) -> AsyncIterator[Check]:
    yield await _clock()
    try:
        token = settings.token()
    except SettingsError:
        token = None  # said already
    if token is not None:
        async for check in _discord(token, settings):
            yield check
    try:
        chosen = open_sources(settings)
    except SettingsError:
        chosen = None  # said already
    if chosen is not None:
        async for check in _each_source(chosen, addresses):
            yield check


async def _clock() -> Check:
    """Compare with Discord's clock: tokens, states and reminders go by it."""
    url = f"{discord.http.Route.BASE}/gateway"
    try:
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session, session.get(url) as answer:
            theirs = parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, OSError, TimeoutError, KeyError, ValueError) as error:
        return False, f"Discord can't be reached ({type(error).__name__}); check network and proxy."
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


def _sources(settings: Settings) -> Check:
    try:
        chosen = open_sources(settings)
    except SettingsError as error:
        return False, str(error)
    if chosen is None:
        return True, "no open source is asked (AUXCORD_CONTACT is not set)"
    return True, f"open sources that are asked: {in_words(chosen)}"


def _coverage(settings: Settings) -> Iterator[Check]:
    """Say how much is known of the catalogue; that little is known is nothing to mend."""
    path = settings.data_dir / DATABASE_NAME
    if not path.is_file():
        return
    try:
        found = read_coverage(path)
        troubles = read_troubles(path, at=datetime.now(UTC))
    except StorageError as error:
        yield True, f"what is known of the catalogue can't be counted ({error})"
        return
    yield True, f"catalogue: {'; '.join(map(str, found.everything))}"
    yield True, f"of it, what members met: {'; '.join(map(str, found.touched))}"
    for task, state in troubles.items():
        words = task.replace("_", " ")
        yield (
            True,
            (
                f"{NAMES[SOURCE_OF[task]]} is not asked for {words} until {state.paused_until:%Y-%m-%d %H:%M} "
                f"UTC, after {state.strikes} failures in a row ({state.trouble}); what is stored stays"
            ),
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


def _settings(settings: Settings | None, problem: str | None) -> tuple[bool, str]:
    if settings is None:
        return False, problem or "The settings can't be read."
    return True, f"settings: {len(settings.model_fields_set)} set, the others have their defaults"


def _token(settings: Settings) -> tuple[bool, str]:
    try:
        settings.token()
    except SettingsError as error:
        return False, str(error)
    return True, "a Discord token is set"


def _quota(settings: Settings) -> Iterator[Check]:
    path = settings.data_dir / DATABASE_NAME
    if settings.spotify_client_id is None or not path.is_file():
        return
    now = datetime.now(UTC)
    found = spent(path, now=now)
    if found is None:
        return  # the database's own line says what is wrong with it
    calls, until = found
    of = settings.spotify_daily_calls
    if until is not None:
        yield (
            False,
            (
                f"Spotify wants no calls until {until:%Y-%m-%d %H:%M} UTC; nothing is lost meanwhile. If "
                "this comes back, make AUXCORD_SPOTIFY_DAILY_CALLS smaller."
            ),
        )
    yield True, f"Spotify: {calls} of {of} calls made today, {max(0, of - calls)} left"


def _python() -> tuple[bool, str]:
    version = sys.version.split()[0]
    if sys.version_info < (3, 11, 8) or (3, 12) <= sys.version_info < (3, 12, 2):
        return True, (
            f"Python {version} lacks the fix for overlapping ZIP entries; Auxcord checks for them itself"
        )
    return True, f"Python {version}"


def _sqlite() -> tuple[bool, str]:
    version = sqlite3.sqlite_version_info
    if version >= FIXED_SQLITE[0] or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in FIXED_SQLITE
    ):
        return True, f"SQLite {sqlite3.sqlite_version}"
    return True, (
        f"SQLite {sqlite3.sqlite_version} has the log-reset bug; harmless as long as nothing else "
        "writes to the database (no Litestream, no second program)"
    )


def _folder(settings: Settings) -> tuple[bool, str]:
    folder = settings.data_dir
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not os.access(existing, os.W_OK):
        return False, f"AUXCORD_DATA_DIR: {folder} can't be written by this user; change its owner."
    return True, f"data folder {folder.absolute()}"


def _space(settings: Settings) -> tuple[bool, str]:
    folder = settings.data_dir.absolute()
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    if free < MIN_FREE_BYTES:
        return False, f"only {free // 2**20} MiB free on the data disk; make room for at least 500."
    return True, f"{free // 2**30} GiB free on the data disk"


def _database(settings: Settings) -> tuple[bool, str]:
    path = settings.data_dir / DATABASE_NAME
    if not path.is_file():
        return True, "no database yet; the first start makes one"
    try:
        verdict = backups.check(path)
    except DatabaseBusyError:
        return True, "the database is in use by a running bot"
    if verdict != "ok":
        return (
            False,
            f"{path} is damaged ({verdict}); stop the bot and use `python -m bot restore`.",
        )
    return True, f"database {path.stat().st_size // 2**20} MiB, intact"
