"""The aiohttp application: routes, log, faults and authorization."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from tests.fake_discord.errors import ApiError, unauthorized
from tests.fake_discord.faults import RequestLog
from tests.fake_discord.rest.accounts import Accounts
from tests.fake_discord.rest.bodies import LOG, error_answer
from tests.fake_discord.rest.messages import Messages
from tests.fake_discord.rest.reactions import Reactions
from tests.fake_discord.rest.webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.fake_discord.core import Core

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PREFIX = "/api/v10"
MAX_BODY_BYTES = 64 * 1024 * 1024
# Their token stands in the path.
WITHOUT_BOT_TOKEN = ("/interactions/", "/webhooks/", "/gateway")
NEEDS_BOT_TOKEN_ANYWAY = "/gateway/bot"


def build_app(core: Core) -> web.Application:
    app = web.Application(
        client_max_size=MAX_BODY_BYTES, middlewares=[_Entrance(core).pass_through]
    )
    app.router.add_get("/gateway", core.gateway.connect)
    for part in (Accounts(core), Messages(core), Reactions(core), Webhooks(core)):
        for method, path, handler in part.routes():
            prefix = "" if path.startswith("/attachments/") else PREFIX
            app.router.add_route(method, prefix + path, handler)
    return app


class _Entrance:
    """What every API request passes: the log, planned faults, the bot's token."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @web.middleware
    async def pass_through(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(PREFIX):
            return await handler(request)
        path = request.path.removeprefix(PREFIX)
        log = RequestLog(request.method, path, self._core.clock.now())
        request[LOG] = log
        self._core.requests.append(log)
        log.fault = next((each for each in self._core.faults if each.takes(log.method, path)), None)
        try:
            response = await self._answer(request, handler, log)
        except ApiError as error:
            response = error_answer(error)
        except (ConnectionError, web.RequestPayloadError):
            raise  # the bot hung up in the middle
        except Exception as error:
            self._core.crashes.append(f"{log.method} {log.path}: {error!r}")
            raise
        finally:
            self._core.pulse.touch()
        if request.transport is not None and not request.transport.is_closing():
            log.status = response.status
        return response

    async def _answer(
        self, request: web.Request, handler: Handler, log: RequestLog
    ) -> web.StreamResponse:
        fault = log.fault
        if fault is not None:
            await asyncio.sleep(fault.delay_s)
            if fault.drop == "before":
                return _cut(request)
            if error := fault.error():
                raise error
        is_open = log.path.startswith(WITHOUT_BOT_TOKEN) and log.path != NEEDS_BOT_TOKEN_ANYWAY
        if not is_open and request.headers.get("Authorization") != f"Bot {self._core.token}":
            raise unauthorized()
        try:
            response = await handler(request)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            self._core.unknown_routes.append(f"{log.method} {log.path}")
            raise ApiError(404, 0, f"the fake Discord has no {log.method} {log.path}") from None
        if fault is not None and fault.drop == "after":
            return _cut(request)
        return response


def _cut(request: web.Request) -> web.Response:
    """Reset the connection; the response goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
