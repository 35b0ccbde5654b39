"""What every stand-in is: a small server on a free port of this machine."""

from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

HOST = "127.0.0.1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LocalServer:
    """Listens while it is entered; keeps no connection open after its answer."""

    def __init__(self) -> None:
        self.port = 0
        self._runner: web.AppRunner | None = None

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what it answers; for subclasses."""
        raise NotImplementedError

    async def around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one request; subclasses put faults in between."""
        return await handler(request)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.port}"

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
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
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
