"""The stand-in as a server on this machine."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.demo.spotify.api import Api
from bot.demo.spotify.consent import Consent
from bot.demo.spotify.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SpotifyStandIn:
    """Listens on a free port of 127.0.0.1 while it is entered."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.consent = Consent(self.world)
        self._runner: web.AppRunner | None = None
        self.port = 0

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
        app.add_routes([*Api(self.world).routes(), *self.consent.routes()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
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
    def accounts_url(self) -> str:
        """Where the accounts service is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """Where the Web API is."""
        return f"http://127.0.0.1:{self.port}/v1"
