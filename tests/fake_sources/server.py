"""The demo's stand-ins for the open sources, plus faults and a record of who asked what."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from aiohttp import web

from bot.demo.sources.server import SourceStandIns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.demo.local_server import Handler
    from bot.demo.sources.world import SourceWorld


class Fault(StrEnum):
    DROP = "the connection ends"
    HANG = "no answer"
    LATER = "429 with Retry-After"
    LATER_DATE = "429 with a date"
    LATER_RESET = "429 with X-RateLimit-Reset-In"
    LATER_UNSAID = "429 without a time, as HTML"
    SPENT = "200 with nothing left of the window"
    ERROR = "500"
    BUSY = "503"
    GATEWAY = "502 with HTML"
    REDIRECT = "302"
    HTML = "200 with HTML"
    PLAIN = "200 with JSON as text/plain"
    TRUNCATED = "200 cut off"
    EMPTY = "200 without a body"
    NOTHING = "204"
    WRONG_TYPE = "200 with a list of other things"
    NUMBER = "200 with a number"
    NULLS = "200 with nulls everywhere"
    DEEP = "200 nested very deeply"
    HUGE = "200 without end"
    REFUSED = "401"
    SILENT_403 = "403 without a body"
    QUOTA_INSIDE = "200 with Deezer's error 4"
    BUSY_INSIDE = "200 with Deezer's error 700"
    LASTFM = "an error of Last.fm, with a status of its own"
    LASTFM_LATER = "200 with Last.fm's error 29"
    LASTFM_DOWN = "200 with Last.fm's error 11"
    LASTFM_SUSPENDED = "403 with Last.fm's error 26"


@dataclass
class _Switch:
    path: str
    fault: Fault
    times: int
    wait: str
    code: int = 0
    status: int = 200


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: Mapping[str, str]
    agent: str
    authorization: str


class FakeSources(SourceStandIns):
    def __init__(self, world: SourceWorld | None = None) -> None:
        super().__init__(world)
        self.asked: list[Asked] = []
        self.down = False
        """Everything answers 500."""
        self._switches: deque[_Switch] = deque()

    def fail(
        self,
        path: str,
        fault: Fault,
        *,
        times: int = 1,
        wait: str = "1",
        code: int = 0,
        status: int = 200,
    ) -> None:
        """Let the next requests whose path holds `path` go wrong."""
        self._switches.append(_Switch(path, fault, times, wait, code, status))

    def mend(self) -> None:
        self._switches.clear()
        self.down = False

    def calls(self, path: str) -> list[Asked]:
        return [one for one in self.asked if path in one.path]

    async def around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.asked.append(
            Asked(
                request.method,
                request.path,
                dict(request.query),
                request.headers.get("User-Agent", ""),
                request.headers.get("Authorization", ""),
            )
        )
        if self.down:
            return web.Response(status=500, text="<html>oops</html>", content_type="text/html")
        switch = next((s for s in self._switches if s.times and s.path in request.path), None)
        if switch is None:
            return await handler(request)
        switch.times -= 1
        return await _wrong(switch, request, handler)


async def _wrong(switch: _Switch, request: web.Request, handler: Handler) -> web.StreamResponse:
    match switch.fault:
        case Fault.DROP:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        case Fault.HANG:
            await asyncio.Event().wait()  # cancelled when the caller goes away
            return web.Response()
        case Fault.LATER | Fault.LATER_DATE:
            return web.json_response({}, status=429, headers={"Retry-After": switch.wait})
        case Fault.LATER_RESET:
            headers = {"X-RateLimit-Reset-In": switch.wait}
            return web.json_response({}, status=429, headers=headers)
        case Fault.LATER_UNSAID:
            return web.Response(status=429, text="<html>slow</html>", content_type="text/html")
        case Fault.SPENT:
            response = await handler(request)
            response.headers["X-RateLimit-Remaining"] = "0"
            response.headers["X-RateLimit-Reset-In"] = switch.wait
            return response
        case Fault.ERROR | Fault.BUSY:
            status = 500 if switch.fault is Fault.ERROR else 503
            return web.json_response({"error": "oops"}, status=status)
        case Fault.GATEWAY:
            return web.Response(status=502, text="<html>bad</html>", content_type="text/html")
        case Fault.REDIRECT:
            return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"})
        case Fault.HTML:
            return web.Response(text="<html>hello</html>", content_type="text/html")
        case Fault.PLAIN:
            return web.Response(text="{}", content_type="text/plain")
        case Fault.TRUNCATED:
            return web.Response(text='{"payload": {"listens": [{', content_type="application/json")
        case Fault.EMPTY:
            return web.Response(status=200, content_type="application/json")
        case Fault.NOTHING:
            return web.Response(status=204)
        case Fault.WRONG_TYPE:
            return web.json_response([1, "two", None])
        case Fault.NUMBER:
            return web.json_response(7)
        case Fault.NULLS:
            return web.json_response(
                dict.fromkeys(
                    ("payload", "recenttracks", "data", "artists", "content", "feedback", "error")
                )
            )
        case Fault.DEEP:
            return web.Response(text="[" * 100_000, content_type="application/json")
        case Fault.SILENT_403:
            return web.Response(status=403)
        case Fault.REFUSED:
            return web.json_response({"code": 401, "error": "token needed"}, status=401)
        case Fault.QUOTA_INSIDE | Fault.BUSY_INSIDE:
            code = 4 if switch.fault is Fault.QUOTA_INSIDE else 700
            error = {"type": "Exception", "message": "Quota limit exceeded", "code": code}
            return web.json_response({"error": error})
        case Fault.LASTFM:
            body = {"error": switch.code, "message": "as told"}
            return web.json_response(body, status=switch.status)
        case Fault.LASTFM_LATER:
            return web.json_response({"error": 29, "message": "Rate Limit Exceeded"})
        case Fault.LASTFM_DOWN:
            return web.json_response({"error": 11, "message": "Service Offline"})
        case Fault.LASTFM_SUSPENDED:
            return web.json_response({"error": 26, "message": "Suspended API key"}, status=403)
        case Fault.HUGE:
            response = web.StreamResponse()
            response.content_type = "application/json"
            await response.prepare(request)
            try:
                for _ in range(400):
                    await response.write(b'"' + b"x" * 65_536)
            except (ConnectionError, OSError):
                pass
            return response
