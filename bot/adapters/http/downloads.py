"""Large files from outside: bounded, resumed where they broke off, checked before they have a name."""

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

import aiohttp

from bot.errors import DownloadError

CHUNK_BYTES: Final = 2**20
TEXT_BYTES: Final = 2**21
IDLE_S: Final = 60.0
TRIES_WITHOUT_A_BYTE: Final = 2
_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=IDLE_S)
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}

Progress = Callable[[int, int | None], None]
"""Takes the bytes that are here, and the size where it is known."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A file on its way, and what it is a part of."""

    path: Path

    @property
    def note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    def begun(self, url: str) -> tuple[int, str]:
        """Return how many bytes are here and what they must still match; 0 where they can't."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(self.note.read_text(encoding="utf-8"))
            if told["url"] == url and told["validator"]:
                return self.path.stat().st_size, str(told["validator"])
        return 0, ""

    def begin(self, url: str, validator: str) -> None:
        self.note.write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


class Downloads:
    """Fetches over one session, whose User-Agent says who asks."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def size(self, url: str) -> int | None:
        """Ask how large a file is, None where the server doesn't say.

        Raises
        ------
        DownloadError
            When the address is not acceptable or doesn't answer well.
        """
        _check(url)
        headers = {"Accept-Encoding": "identity"}
        try:
            async with self._session.head(
                url, headers=headers, allow_redirects=True, max_redirects=5, timeout=_TIMEOUT
            ) as answer:
                _check(str(answer.url))
                if answer.status != 200:
                    raise DownloadError(f"{url} answers {answer.status}")
                length = answer.headers.get("Content-Length", "")
                return int(length) if length.isdigit() else None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DownloadError(f"{url} can't be reached ({type(error).__name__})") from error

    async def text(self, url: str) -> str:
        """Read a small page.

        Raises
        ------
        DownloadError
        """
        _check(url)
        try:
            async with self._session.get(url, max_redirects=5, timeout=_TIMEOUT) as answer:
                _check(str(answer.url))
                if answer.status != 200:
                    raise DownloadError(f"{url} answers {answer.status}")
                body = bytearray()
                async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                    body += chunk
                    if len(body) > TEXT_BYTES:
                        raise DownloadError(f"{url} is longer than such a page can be")
                return body.decode("utf-8", "replace")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DownloadError(f"{url} can't be reached ({type(error).__name__})") from error

    async def fetch(
        self,
        url: str,
        target: Path,
        *,
        most_bytes: int,
        sha256: str | None = None,
        on_progress: Progress = lambda _here, _whole: None,
    ) -> None:
        """Bring a file to `target`, which exists only once everything is right.

        What an earlier, broken call left is gone on with, if the server still has the same file. A
        connection that breaks is taken up again for as long as bytes arrive.

        Raises
        ------
        DownloadError
            When the file is too large, is not what the hash says, or the server gives up.
        """
        _check(url)
        part = _Part(target.with_name(f"{target.name}.part"))
        failures = 0
        while True:
            before, _ = await asyncio.to_thread(part.begun, url)
            try:
                if await self._go_on(url, part, most_bytes, on_progress):
                    break
                reason = "the answer ended early"
            except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
                reason = type(error).__name__
            after, _ = await asyncio.to_thread(part.begun, url)
            failures = 0 if after > before else failures + 1
            if failures >= TRIES_WITHOUT_A_BYTE:
                raise DownloadError(
                    f"{url} broke off after {after} bytes ({reason}); the same command goes on there"
                )
        found = await asyncio.to_thread(_sha256, part.path)
        if sha256 is not None and found != sha256.lower():
            await asyncio.to_thread(part.forget)
            raise DownloadError(f"{url} is not what its hash says; nothing of it is kept")
        await asyncio.to_thread(part.path.replace, target)
        await asyncio.to_thread(part.forget)

    async def _go_on(self, url: str, part: _Part, most_bytes: int, on_progress: Progress) -> bool:
        """Ask for what is missing; say whether the file is whole."""
        here, validator = await asyncio.to_thread(part.begun, url)
        headers = {"Accept-Encoding": "identity"}
        if here:
            headers |= {"Range": f"bytes={here}-", "If-Range": validator}
        async with self._session.get(
            url, headers=headers, max_redirects=5, timeout=_TIMEOUT
        ) as answer:
            _check(str(answer.url))
            if here and answer.status == 416:
                if answer.headers.get("Content-Range", "") == f"bytes */{here}":
                    return True
                await asyncio.to_thread(part.forget)
                return False
            if here and answer.status == 206:
                start, whole = _range(url, answer)
                if start != here:
                    raise DownloadError(f"{url} answers with another part than was asked for")
            elif answer.status == 200:
                here, whole = 0, answer.content_length
                await asyncio.to_thread(part.forget)
                await asyncio.to_thread(part.begin, url, _validator(answer))
            else:
                raise DownloadError(f"{url} answers {answer.status}")
            if whole is not None and whole > most_bytes:
                await asyncio.to_thread(part.forget)
                raise DownloadError(_too_large(url, most_bytes))
            file = await asyncio.to_thread(part.path.open, "ab")
            try:
                here = await _write(answer, file, here, whole, url, most_bytes, on_progress)
            finally:
                await asyncio.to_thread(file.close)
        return whole is None or here == whole


async def _write(
    answer: aiohttp.ClientResponse,
    file: IO[bytes],
    here: int,
    whole: int | None,
    url: str,
    most_bytes: int,
    on_progress: Progress,
) -> int:
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        here += len(chunk)
        if here > most_bytes:
            raise DownloadError(_too_large(url, most_bytes))
        await asyncio.to_thread(file.write, chunk)
        on_progress(here, whole)
    return here


def _check(url: str) -> None:
    """Refuse addresses where anybody on the way could change the file."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise DownloadError(f"{url} is no https address")


def _range(url: str, answer: aiohttp.ClientResponse) -> tuple[int, int | None]:
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if found is None:
        raise DownloadError(f"{url} answers with a part and doesn't say which")
    return int(found[1]), None if found[2] == "*" else int(found[2])


def _validator(answer: aiohttp.ClientResponse) -> str:
    """Return what tells this version of the file from others; empty where nothing strong does."""
    etag = answer.headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else answer.headers.get("Last-Modified", "")


def _too_large(url: str, most_bytes: int) -> str:
    return f"{url} is larger than {most_bytes // 2**20} MiB; --most-mib allows more"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
