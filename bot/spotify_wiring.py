"""Puts the Spotify door together; what it needs is imported only where it is switched on."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp

from bot.adapters.spotify.addresses import Addresses
from bot.adapters.sqlite.database import Database
from bot.covers import cover_for
from bot.domain.spotify import ListensUse
from bot.errors import SettingsError
from bot.own_pages import own_pages
from bot.ports import Clock
from bot.ports.linking import Identity
from bot.services import SpotifyServices
from bot.services.consent import ConsentService
from bot.services.link_watch import LinkWatch
from bot.services.linking import LinkService
from bot.services.notices import NoticeBoard
from bot.services.playlists import PlaylistService
from bot.services.shared_playlists import SharedPlaylists
from bot.services.spotify_sync import API, SpotifySync
from bot.services.spotify_tokens import SpotifyTokens
from bot.services.training import TrainingService
from bot.services.upkeep import Chore
from bot.settings import Settings
from bot.spotify_door import spotify_door, token_keys

log = logging.getLogger(__name__)

HOUR_S: Final = 3600.0
EMPTYING_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """The door with everything behind it."""

    services: SpotifyServices
    chores: tuple[Chore, ...]


async def apply_use(settings: Settings, database: Database) -> None:
    """Bring what Spotify's listens are used for in line with the setting (decision D4)."""
    use = settings.spotify_listens
    changed = await database.doors.set_use(
        API, trainable=use is ListensUse.TRAIN, personal=use is not ListensUse.STORE
    )
    if changed:
        log.info("listens from Spotify's Web API are now used for: %s", use.value)


@asynccontextmanager
async def open_spotify(
    settings: Settings,
    *,
    database: Database,
    consent: ConsentService,
    training: TrainingService,
    notices: NoticeBoard,
    identity: Identity | None,
    clock: Clock,
    addresses: Addresses,
) -> AsyncIterator[OpenDoor | None]:
    """Open the door until the block ends; yield None where it is switched off.

    Raises
    ------
    SettingsError
        When its settings don't fit, or stored tokens are sealed with a key that is not there.
    """
    door, pages = spotify_door(settings), own_pages(settings)
    if door is None:
        yield None
        return
    from bot.adapters.spotify.accounts import SpotifyAccounts
    from bot.adapters.spotify.client import SpotifyClient
    from bot.adapters.spotify.gate import Gate
    from bot.adapters.vault import KeyRing

    ring = KeyRing(token_keys(settings))
    await _require_keys(database, ring.ids)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
        )
        gate = Gate(
            store=database.spotify_gate, clock=clock, daily_calls=settings.spotify_daily_calls
        )
        api = await stack.enter_async_context(SpotifyClient(base=addresses.api, gate=gate))
        auth = SpotifyAccounts(
            session=session, base=addresses.accounts, client_id=door.client_id, clock=clock
        )
        tokens = SpotifyTokens(
            store=database.spotify,
            vault=ring,
            auth=auth,
            clock=clock,
            seats=settings.spotify_seats,
        )
        sync = SpotifySync(
            tokens=tokens,
            api=api,
            accounts=database.spotify,
            syncs=database.spotify_syncs,
            doors=database.doors,
            training=training,
            clock=clock,
        )
        watch = LinkWatch(
            accounts=database.spotify,
            sync=sync,
            doors=database.doors,
            notices=notices,
            clock=clock,
        )
        stack.push_async_callback(watch.close)
        tokens.on_end(watch.ended)
        links = LinkService(
            accounts=database.spotify,
            requests=database.link_requests,
            tokens=tokens,
            vault=ring,
            auth=auth,
            identity=identity,
            api=api,
            doors=database.doors,
            consent=consent,
            training=training,
            watch=watch,
            clock=clock,
            seats=settings.spotify_seats,
            base_url=door.base_url,
            redirect_uri=door.redirect_uri,
            identity_redirect_uri=pages.identity_redirect_uri if pages else "",
        )
        playlists = PlaylistService(
            tokens=tokens, api=api, store=database.playlists, clock=clock, cover=cover_for
        )
        shared = SharedPlaylists(
            playlists=playlists,
            store=database.shared_playlists,
            accounts=database.spotify,
            consent=consent,
            tokens=tokens,
            api=api,
            clock=clock,
        )
        log.info("the Spotify door is open; the redirect address is %s", door.redirect_uri)
        yield OpenDoor(
            services=SpotifyServices(
                links=links,
                sync=sync,
                playlists=playlists,
                shared=shared if settings.spotify_shared_playlists else None,
            ),
            chores=(
                Chore("link requests", HOUR_S, 90, links.sweep),
                Chore("link reminders", HOUR_S, 150, watch.remind),
                Chore("ended links", HOUR_S, 180, watch.forget_ended),
                Chore("forgotten playlists", EMPTYING_S, 210, shared.empty_forgotten),
            ),
        )


async def _require_keys(database: Database, ids: frozenset[str]) -> None:
    from bot.adapters.vault import key_of

    lost = [row for row in await database.spotify.all_sealed() if key_of(row[2]) not in ids]
    if lost:
        raise SettingsError(
            f"AUXCORD_TOKEN_KEY: {len(lost)} stored tokens are sealed with a key that is not there. "
            "Put the old key back; if it is lost, `python -m bot rotate-key` unlinks what it sealed."
        )
