"""The server of the pages: bounded, without a log of addresses, with strict headers."""

import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

log = logging.getLogger(__name__)

MOST_BODY: Final = 16 * 1024
BURST: Final = 60
PER_SECOND: Final = 2.0
ADDRESSES_KEPT: Final = 4096
NO_STORE: Final = "no-store"
POLICY: Final = "Content-Security-Policy"
WITH_SCRIPT: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
"""The policy of the one page that runs a script of ours; no other page may run any."""


class Allowance:
    """How many requests each address may still make: a burst, then two a second."""

    def __init__(self, *, burst: float = BURST, per_second: float = PER_SECOND) -> None:
        self._burst = burst
        self._per_second = per_second
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """Use up one request; return whether there was one."""
        now = time.monotonic()
        left, at = self._left.pop(address, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        self._left[address] = (max(0.0, left - 1), now)
        if len(self._left) > ADDRESSES_KEPT:
            self._left.popitem(last=False)
        return left >= 1


@asynccontextmanager
async def serve_pages(
    routes: list[web.RouteDef],
    *,
    host: str,
    port: int,
    form_targets: tuple[str, ...],
    secure: bool,
    allowance: Allowance | None = None,
) -> AsyncIterator[int]:
    """Serve pages until the block ends; yield the port.

    Parameters
    ----------
    form_targets
        Origins that a form may end up at by a redirect: browsers check them, too.
    secure
        Whether browsers reach the pages over https.

    Raises
    ------
    OSError
        When the address is in use.
    """
    guard = _guard(allowance or Allowance(), _headers(form_targets, secure=secure))
    app = web.Application(middlewares=[guard], client_max_size=MOST_BODY)
    app.add_routes(
        [
            *routes,
            web.get("/healthz", _health),
            web.get("/style.css", _style),
            web.get("/upload.js", _script),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _headers(form_targets: tuple[str, ...], *, secure: bool) -> dict[str, str]:
    forms = " ".join(("'self'", *form_targets))
    headers = {
        POLICY: (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action {forms}"
        ),
        "Cache-Control": NO_STORE,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "X-Robots-Tag": "noindex",
    }
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def _guard(allowance: Allowance, headers: dict[str, str]) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not allowance.take(request.remote or ""):
            response: web.StreamResponse = web.Response(status=429, headers={"Retry-After": "30"})
        else:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                response = web.Response(status=error.status, text=error.reason)
            except Exception as error:  # noqa: BLE001  # a page never shows a trace
                log.error("a page failed: %s", type(error).__name__)  # noqa: TRY400  # the trace may hold a code
                response = web.Response(status=500, text="Internal Server Error")
        policy = response.headers.get(POLICY, headers[POLICY])
        response.headers.update({**headers, POLICY: policy})
        response.force_close()  # there are few requests; an idle connection costs more than a new one
        return response

    return guard


async def _style(_request: web.Request) -> web.Response:
    css = resources.files("bot.web").joinpath("style.css").read_text(encoding="utf-8")
    return web.Response(text=css, content_type="text/css")


async def _script(_request: web.Request) -> web.Response:
    code = resources.files("bot.web").joinpath("upload.js").read_text(encoding="utf-8")
    return web.Response(text=code, content_type="text/javascript")


async def _health(_request: web.Request) -> web.Response:
    return web.Response(text="ok")
