"""The demo's stand-in for Spotify, plus faults, a quota, and people who consent."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from bot.demo.spotify.server import SpotifyStandIn

if TYPE_CHECKING:
    from bot.demo.local_server import Handler
    from bot.demo.spotify.world import Account, Asked, Grant


class Fault(StrEnum):
    DROP = "drop"
    """The connection ends before anything was done."""
    LOSE_ANSWER = "lose answer"
    """It ends after the work was done."""
    HANG = "no answer until it is mended"
    RATE = "429 with Retry-After"
    RATE_UNSAID = "429 without, as plain text"
    QUOTA = "429 QUOTA_EXCEEDED without Retry-After"
    ERROR = "500"
    GATEWAY = "502 with HTML"
    REDIRECT = "302"
    HTML = "200 with HTML"
    TRUNCATED = "200 cut off"
    EMPTY = "200 without a body"
    WRONG_TYPE = "200 with a list"
    NULLS = "200 with null items"
    ODD_ERROR = "400 with an error of another shape"
    HUGE = "200 without end"
    UNAUTHORIZED = "401"


@dataclass
class _Switch:
    path: str
    fault: Fault
    times: int
    seconds: int


@dataclass
class _Quota:
    left: int | None = None
    refused: int = 0


class FakeSpotify(SpotifyStandIn):
    def __init__(self) -> None:
        super().__init__()
        self._switches: deque[_Switch] = deque()
        self.quota = _Quota()
        self._held = asyncio.Event()
        self.hits: list[str] = []
        """Paths of everything that arrived, faults included."""

    def fail(self, path: str, fault: Fault, *, times: int = 1, seconds: int = 1) -> None:
        """Let the next requests whose path holds `path` go wrong."""
        self._switches.append(_Switch(path, fault, times, seconds))

    def mend(self) -> None:
        self._switches.clear()
        self._held.set()

    def asked(self, method: str, path: str) -> list[Asked]:
        return [one for one in self.world.asked if (one.method, one.path) == (method, path)]

    @property
    def token_calls(self) -> int:
        return sum(path == "/api/token" for path in self.hits)

    @property
    def api_calls(self) -> int:
        return sum(path.startswith("/v1/") for path in self.hits)

    def consent_to(self, address: str, account: Account | None) -> str:
        """Press a button on the consent page; return the address the browser is sent to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return self.consent.answer(query, account.id if account else "")

    def grant(self, account: Account, scopes: frozenset[str]) -> tuple[Grant, str]:
        """Return a consent and an access token for it, without any page."""
        grant = self.world.grant(account, scopes)
        answer = self.world.hand_out(grant, refresh=None)
        return grant, str(answer["access_token"])

    async def around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.hits.append(request.path)
        if self.quota.left is not None and request.path.startswith("/v1/"):
            if self.quota.left <= 0:
                self.quota.refused += 1
                return _quota()
            self.quota.left -= 1
        switch = next((s for s in self._switches if s.times and s.path in request.path), None)
        if switch is None:
            return await handler(request)
        switch.times -= 1
        return await self._wrong(switch, request, handler)

    async def _wrong(
        self, switch: _Switch, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        match switch.fault:
            case Fault.DROP | Fault.LOSE_ANSWER:
                if switch.fault is Fault.LOSE_ANSWER:
                    await handler(request)
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case Fault.HANG:
                await self._held.wait()
                return await handler(request)
            case Fault.RATE:
                return web.json_response(
                    {"error": {"status": 429, "message": "API rate limit exceeded"}},
                    status=429,
                    headers={"Retry-After": str(switch.seconds)},
                )
            case Fault.RATE_UNSAID:
                return web.Response(text="Too many requests", status=429)
            case Fault.QUOTA:
                return _quota()
            case Fault.ERROR:
                return web.json_response({"error": {"status": 500, "message": "oops"}}, status=500)
            case Fault.GATEWAY:
                return web.Response(
                    text="<html>bad gateway</html>", status=502, content_type="text/html"
                )
            case Fault.REDIRECT:
                return web.Response(
                    status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"}
                )
            case Fault.HTML:
                return web.Response(text="<html>hello</html>", content_type="text/html")
            case Fault.TRUNCATED:
                return web.Response(text='{"items": [{"track":', content_type="application/json")
            case Fault.EMPTY:
                return web.Response(status=200)
            case Fault.WRONG_TYPE:
                return web.json_response([1, "two", None])
            case Fault.NULLS:
                return web.json_response({"items": [None, {}, {"track": None}, 7], "next": None})
            case Fault.ODD_ERROR:
                return web.json_response({"error": "just a text"}, status=400)
            case Fault.UNAUTHORIZED:
                return web.json_response(
                    {"error": {"status": 401, "message": "The access token expired"}}, status=401
                )
            case Fault.HUGE:
                response = web.StreamResponse()
                response.content_type = "application/json"
                await response.prepare(request)
                try:
                    for _ in range(200):
                        await response.write(b'"' + b"x" * 65_536)
                except (ConnectionError, OSError):
                    pass
                return response


def _quota() -> web.Response:
    return web.json_response(
        {"error": {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}},
        status=429,
    )
