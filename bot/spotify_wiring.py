"""Puts the Spotify door together; what it needs is imported only where it is switched on."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp

from bot.adapters.spotify.addresses import Addresses
from bot.adapters.sqlite.database import Database
from bot.domain.spotify import ListensUse
from bot.errors import SettingsError
from bot.ports import Clock
from bot.services import SpotifyServices
from bot.services.consent import ConsentService
from bot.services.link_watch import LinkWatch
from bot.services.linking import LinkService
from bot.services.notices import NoticeBoard
from bot.services.playlists import PlaylistService
from bot.services.spotify_sync import API, SpotifySync
from bot.services.spotify_tokens import SpotifyTokens
from bot.services.training import TrainingService
from bot.services.upkeep import Chore
from bot.settings import Settings
from bot.spotify_door import SpotifyDoor, spotify_door, token_keys

log = logging.getLogger(__name__)

HOUR_S: Final = 3600.0


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
    clock: Clock,
    addresses: Addresses,
) -> AsyncIterator[OpenDoor | None]:
    """Open the door until the block ends; yield None where it is switched off.

    Raises
    ------
    SettingsError
        When its settings don't fit, or stored tokens are sealed with a key that is not there.
    """
    door = spotify_door(settings)
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
        identity = None
        if door.client_secret is not None:
            from bot.adapters.discord_identity import DiscordIdentity

            identity = DiscordIdentity(
                session=session,
                base=addresses.discord,
                client_secret=door.client_secret,
                client_id=lambda: notices.application_id,
            )
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
            identity_redirect_uri=door.identity_redirect_uri,
        )
        if door.base_url is not None:
            await _open_pages(stack, settings, door, links, addresses)
        log.info("the Spotify door is open; the redirect address is %s", door.redirect_uri)
        yield OpenDoor(
            services=SpotifyServices(
                links=links,
                sync=sync,
                playlists=PlaylistService(
                    tokens=tokens, api=api, store=database.playlists, clock=clock
                ),
            ),
            chores=(
                Chore("link requests", HOUR_S, 90, links.sweep),
                Chore("link reminders", HOUR_S, 150, watch.remind),
                Chore("ended links", HOUR_S, 180, watch.forget_ended),
            ),
        )


async def _open_pages(
    stack: AsyncExitStack,
    settings: Settings,
    door: SpotifyDoor,
    links: LinkService,
    addresses: Addresses,
) -> None:
    from bot.web.pages import LinkPages, origin
    from bot.web.rendering import Renderer
    from bot.web.server import serve_pages

    base = door.base_url or ""
    pages = LinkPages(links=links, render=Renderer(demo=addresses.stand_ins), base_url=base)
    try:
        port = await stack.enter_async_context(
            serve_pages(
                pages.routes(),
                host=settings.web_host,
                port=settings.web_port,
                form_targets=(origin(addresses.discord), origin(addresses.accounts)),
                secure=base.startswith("https://"),
            )
        )
    except OSError as error:
        raise SettingsError(
            f"AUXCORD_WEB_PORT: the pages can't listen on {settings.web_host}:{settings.web_port} "
            f"({error.strerror}); choose another port."
        ) from error
    log.info("the pages listen on %s:%d for %s", settings.web_host, port, base)


async def _require_keys(database: Database, ids: frozenset[str]) -> None:
    from bot.adapters.vault import key_of

    lost = [row for row in await database.spotify.all_sealed() if key_of(row[2]) not in ids]
    if lost:
        raise SettingsError(
            f"AUXCORD_TOKEN_KEY: {len(lost)} stored tokens are sealed with a key that is not there. "
            "Put the old key back; if it is lost, `python -m bot rotate-key` unlinks what it sealed."
        )
