"""Files below one address, served in full or from where a client left off."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from aiohttp import web


class Trouble(StrEnum):
    CUT = "the connection ends in the middle"
    CUT_AT_ONCE = "the connection ends before the first byte"
    NO_RANGES = "ranges are passed over"
    OTHER_PART = "another part than was asked for"
    UNKNOWN_SIZE = "no length is told"
    GONE = "404"


@dataclass
class Asked:
    method: str
    path: str
    range: str | None
    agent: str
    status: int = 0


class FakeDumps:
    """`files` by path; each trouble is used up by one answer with a body."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}
        self.troubles: list[Trouble] = []
        self.asked: list[Asked] = []
        self.with_etags = True
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def add_day(self, number: int, date: str, content: bytes) -> str:
        """Publish a day's listens with its hash; return the name of the file."""
        rest = f"{number}-{date}-000002-incremental"
        name = f"listenbrainz-listens-dump-{rest}.tar.zst"
        folder = f"incremental/listenbrainz-dump-{rest}/"
        self.files[folder + name] = content
        digest = hashlib.sha256(content).hexdigest()
        self.files[f"{folder}{name}.sha256"] = f"{digest}  {name}\n".encode()
        listing = self.files.get("incremental/", b"<pre>") + (
            f'<a href="listenbrainz-dump-{rest}/">listenbrainz-dump-{rest}/</a>  -\n'.encode()
        )
        self.files["incremental/"] = listing
        return name

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        told = Asked(
            request.method,
            path,
            request.headers.get("Range"),
            request.headers.get("User-Agent", ""),
        )
        self.asked.append(told)
        body = self.files.get(path)
        trouble = self.troubles.pop(0) if self.troubles and request.method == "GET" else None
        if body is None or trouble == Trouble.GONE:
            told.status = 404
            return web.Response(status=404)
        etag = self.etags.get(path, f'"{hashlib.sha256(body).hexdigest()[:12]}"')
        headers = {"ETag": etag} if self.with_etags else {}
        start = self._start(request, etag, trouble)
        if start is not None and start >= len(body):
            told.status = 416
            return web.Response(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
        told.status = 200 if start is None else 206
        sent = body[start or 0 :]
        if start is not None:
            first = start + (trouble == Trouble.OTHER_PART)
            headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
        answer = web.StreamResponse(status=told.status, headers=headers)
        if trouble == Trouble.UNKNOWN_SIZE:
            answer.enable_chunked_encoding()
        else:
            answer.content_length = len(sent)
        await answer.prepare(request)
        if request.method == "HEAD":
            return answer
        if trouble in (Trouble.CUT, Trouble.CUT_AT_ONCE):
            if trouble == Trouble.CUT:
                await answer.write(sent[: len(sent) // 2])
            assert request.transport is not None
            request.transport.close()
            return answer
        await answer.write(sent)
        await answer.write_eof()
        return answer

    def _start(self, request: web.Request, etag: str, trouble: Trouble | None) -> int | None:
        wanted = request.headers.get("Range")
        if wanted is None or trouble == Trouble.NO_RANGES:
            return None
        if request.headers.get("If-Range") != etag:
            return None  # another version: the whole of it
        return int(wanted.removeprefix("bytes=").removesuffix("-"))
