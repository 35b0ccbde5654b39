"""The stand-ins as one server on this machine."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.adapters.http.addresses import OpenAddresses
from bot.demo.sources.catalogues import Deezer, MusicBrainz, ReccoBeats
from bot.demo.sources.lastfm import LastFm
from bot.demo.sources.listenbrainz import ListenBrainz
from bot.demo.sources.world import SourceWorld

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SourceStandIns:
    """Listens on a free port of 127.0.0.1 while it is entered."""

    def __init__(self, world: SourceWorld | None = None) -> None:
        self.world = world or SourceWorld()
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one request; subclasses put faults in between."""
        return await handler(request)

    async def __aenter__(self) -> Self:
        """Start."""

        @web.middleware
        async def around(request: web.Request, handler: Any) -> web.StreamResponse:
            try:
                response = await self.around(request, handler)
            except web.HTTPException as error:
                error.force_close()
                raise
            response.force_close()  # the simulated Discord waits for every connection to end
            return response

        app = web.Application(middlewares=[around])
        for part in (ListenBrainz, LastFm, Deezer, MusicBrainz, ReccoBeats):
            app.add_routes(part(self.world).routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def addresses(self) -> OpenAddresses:
        """Where each service is."""
        base = f"http://127.0.0.1:{self._port}"
        return OpenAddresses(
            listenbrainz=f"{base}/listenbrainz/1",
            labs=f"{base}/labs",
            lastfm=f"{base}/lastfm/2.0",
            deezer=f"{base}/deezer",
            musicbrainz=f"{base}/musicbrainz/ws/2",
            reccobeats=f"{base}/reccobeats/v1",
            covers="https://stand-in.invalid",
        )
