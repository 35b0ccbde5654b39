"""Pages that lead through linking: who are you, is it this account, done."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from bot.errors import MusicBotError, UpstreamError, UserError
from bot.services.linking import LinkRefusedError, LinkService
from bot.web.rendering import Renderer

log = logging.getLogger(__name__)

COOKIE_S: Final = 900
SEPARATOR: Final = "."
OUTCOMES: Final = {
    "linked": ("web.done", 200),
    "stale": ("link.refused.stale", 400),
    "declined": ("link.refused.declined", 400),
    "not_listed": ("link.refused.not_listed", 403),
    "owner_premium": ("link.refused.owner_premium", 403),
    "full": ("web.full", 403),
    "taken": ("error.spotify_taken", 403),
    "trouble": ("web.trouble", 502),
}
"""What a result page may say, and its status; the page is an address without any secret."""
REFUSED: Final = "web.result.bad"
_BY_KEY: Final = {
    "link.refused.stale": "stale",
    "link.refused.declined": "declined",
    "link.refused.not_listed": "not_listed",
    "link.refused.owner_premium": "owner_premium",
    "error.spotify_full": "full",
    "error.spotify_taken": "taken",
}

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LinkPages:
    """The routes below `/link`, and the address that Spotify sends browsers back to."""

    def __init__(self, *, links: LinkService, render: Renderer, base_url: str) -> None:
        self._links = links
        self._render = render
        self._secure = base_url.startswith("https://")
        self._cookie = "__Host-link" if self._secure else "link"

    def routes(self) -> list[web.RouteDef]:
        """Return every route."""
        return [
            web.get("/link/result/{outcome}", self._result),
            web.get("/link/confirm", self._guarded(self._confirm)),
            web.post("/link/confirm", self._guarded(self._confirmed)),
            web.get(r"/link/{rid:[\w-]{43}}", self._guarded(self._open)),
            web.post(r"/link/{rid:[\w-]{43}}", self._guarded(self._say_who)),
            web.get("/spotify/callback", self._guarded(self._called_back)),
        ]

    async def _open(self, request: web.Request) -> web.StreamResponse:
        """Say what this is about; nothing is tied to a browser that only looks."""
        found = await self._links.look(request.match_info["rid"])
        return self._render.page("open.html", name=found.name, rid=request.match_info["rid"])

    async def _say_who(self, request: web.Request) -> web.StreamResponse:
        rid, browser = request.match_info["rid"], secrets.token_urlsafe(32)
        known_rid, known = self._carried(request)
        if known_rid == rid:
            browser = known
        response = _to(await self._links.say_who(rid, browser))
        response.set_cookie(
            self._cookie,
            f"{rid}{SEPARATOR}{browser}",
            max_age=COOKIE_S,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )
        return response

    async def identified(self, request: web.Request) -> web.StreamResponse:
        """Take in who sits there, told by Discord."""
        return await self._guarded(self._identified)(request)

    async def _identified(self, request: web.Request) -> web.StreamResponse:
        _, browser = self._carried(request)
        query = request.query
        if "error" in query:
            return _result("declined")
        await self._links.identified(
            state=query.get("state", ""), code=query.get("code", ""), browser=browser
        )
        return _to("/link/confirm")

    async def _confirm(self, request: web.Request) -> web.StreamResponse:
        rid, browser = self._carried(request)
        found = await self._links.confirmation(rid=rid, browser=browser)
        return self._render.page("confirm.html", name=found.request.name, csrf=found.csrf)

    async def _confirmed(self, request: web.Request) -> web.StreamResponse:
        rid, browser = self._carried(request)
        form = await request.post()
        address = await self._links.confirmed(
            rid=rid, browser=browser, csrf=str(form.get("csrf", ""))
        )
        return _to(address)

    async def _called_back(self, request: web.Request) -> web.StreamResponse:
        _, browser = self._carried(request)
        query = request.query
        await self._links.called_back(
            state=query.get("state", ""), code=query.get("code", ""), browser=browser
        )
        return self._over(_result("linked"))

    async def _result(self, request: web.Request) -> web.StreamResponse:
        outcome = request.match_info["outcome"]
        if outcome not in OUTCOMES:
            raise web.HTTPNotFound
        key, status = OUTCOMES[outcome]
        heading = "web.result.good" if outcome == "linked" else REFUSED
        return self._render.page("result.html", status=status, key=key, heading=heading)

    def _guarded(self, page: Page) -> Page:
        """Answer refusals as pages: never a trace, never the address that was asked for."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await page(request)
            except LinkRefusedError as error:
                if error.key not in _BY_KEY:
                    words = {"key": error.key, "heading": REFUSED, **error.params}
                    return self._render.page("result.html", status=403, **words)
                return self._refused(request, _BY_KEY[error.key])
            except UserError as error:
                return self._refused(request, _BY_KEY.get(error.key, "stale"))
            except (UpstreamError, MusicBotError) as error:
                log.warning("a page failed: %s %s", type(error).__name__, error)
                return self._refused(request, "trouble")

        return handle

    def _refused(self, request: web.Request, outcome: str) -> web.StreamResponse:
        """Say no: at once, but from an address with a code in it by a redirect."""
        if request.query_string:
            return _result(outcome)
        key, status = OUTCOMES[outcome]
        return self._render.page("result.html", status=status, key=key, heading=REFUSED)

    def _carried(self, request: web.Request) -> tuple[str, str]:
        """Return attempt and browser of the cookie; empty texts without one."""
        rid, _, browser = request.cookies.get(self._cookie, "")[:200].partition(SEPARATOR)
        return rid, browser

    def _over(self, response: web.Response) -> web.Response:
        response.del_cookie(self._cookie, path="/")
        return response


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})


def _result(outcome: str) -> web.Response:
    return _to(f"/link/result/{outcome}")


def origin(address: str) -> str:
    """Return scheme and host of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
