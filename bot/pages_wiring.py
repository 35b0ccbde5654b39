"""Puts the bot's own pages together; what they need is imported only where they are on."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import aiohttp

from bot.adapters.spotify.addresses import Addresses
from bot.adapters.sqlite.database import Database
from bot.adapters.uploads import UploadFolder
from bot.errors import SettingsError
from bot.own_pages import IDENTITY_CALLBACK, OwnPages
from bot.ports import Clock
from bot.ports.linking import Identity
from bot.services import Services
from bot.services.big_uploads import BigUploads
from bot.services.linking import LinkService
from bot.services.notices import NoticeBoard
from bot.services.upload_links import UploadLinks
from bot.settings import Settings

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_identity(
    pages: OwnPages, *, notices: NoticeBoard, addresses: Addresses
) -> AsyncIterator[Identity]:
    """Yield who asks Discord who sits in front of a browser."""
    from bot.adapters.discord_identity import DiscordIdentity

    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    ) as session:
        yield DiscordIdentity(
            session=session,
            base=addresses.discord,
            client_secret=pages.client_secret,
            client_id=lambda: notices.application_id,
        )


@asynccontextmanager
async def open_pages(
    settings: Settings,
    pages: OwnPages,
    *,
    identity: Identity,
    database: Database,
    files: UploadFolder,
    services: Services,
    links: LinkService | None,
    addresses: Addresses,
    clock: Clock,
) -> AsyncIterator[BigUploads]:
    """Serve the pages until the block ends; yield what takes large files in.

    Raises
    ------
    SettingsError
        When the port is taken.
    """
    from aiohttp import web

    from bot.web.pages import LinkPages, origin
    from bot.web.rendering import Renderer
    from bot.web.server import serve_pages
    from bot.web.uploads import UploadPages

    private = UploadLinks(
        tickets=database.upload_tickets,
        files=files,
        consent=services.consent,
        identity=identity,
        clock=clock,
        base_url=pages.base_url,
        identity_redirect_uri=pages.identity_redirect_uri,
    )
    uploads = BigUploads(
        links=private,
        tickets=database.upload_tickets,
        files=files,
        imports=services.imports,
        notices=services.notices,
        clock=clock,
        limit_mb=settings.web_upload_limit_mb,
    )
    render = Renderer(demo=addresses.stand_ins)
    sending = UploadPages(uploads=uploads, render=render, base_url=pages.base_url)
    linking = None
    if links is not None:
        linking = LinkPages(links=links, render=render, base_url=pages.base_url)

    async def identified(request: web.Request) -> web.StreamResponse:
        if linking is None or sending.is_ours(request):
            return await sending.identified(request)
        return await linking.identified(request)

    routes = [*sending.routes(), web.get(IDENTITY_CALLBACK, identified)]
    targets = [origin(addresses.discord)]
    if linking is not None:
        routes += linking.routes()
        targets.append(origin(addresses.accounts))
    serving = serve_pages(
        routes,
        host=settings.web_host,
        port=settings.web_port,
        form_targets=tuple(targets),
        secure=pages.base_url.startswith("https://"),
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(uploads.close)
        port = await _listen(stack, serving, settings)
        log.info("the pages listen on %s:%d for %s", settings.web_host, port, pages.base_url)
        yield uploads


async def _listen(
    stack: AsyncExitStack, serving: AbstractAsyncContextManager[int], settings: Settings
) -> int:
    try:
        return await stack.enter_async_context(serving)
    except OSError as error:
        raise SettingsError(
            f"AUXCORD_WEB_PORT: the pages can't listen on {settings.web_host}:{settings.web_port} "
            f"({error.strerror}); choose another port."
        ) from error
