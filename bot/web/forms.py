"""A form with a file, taken in as it comes: the token first, then the bytes, never all at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import aiohttp
from aiohttp import BodyPartReader, web

from bot.services.big_uploads import LONGEST_NAME, QUIET_S

MOST_TOKEN: Final = 200
CHUNK: Final = 64 * 1024
_NO_FORM: Final = (ValueError, AssertionError, aiohttp.http.HttpProcessingError)
"""What aiohttp raises for parts that are none."""


class IncomingForm:
    """One form, of which a token and then a file are read.

    Each step raises `HTTPBadRequest` where the form is none, and `OSError` where it was cut off.
    """

    def __init__(self, request: web.Request) -> None:
        if request.content_type != "multipart/form-data" or request.content_length is None:
            raise web.HTTPBadRequest
        self._request = request
        self.length: Final = request.content_length
        self._parts: aiohttp.MultipartReader | None = None

    async def token(self) -> str:
        """Return the token; it may come in several pieces."""
        part = await self._part("token")
        words = b""
        try:
            async with asyncio.timeout(QUIET_S):
                while piece := await part.read_chunk(MOST_TOKEN):
                    words += piece
                    if len(words) > MOST_TOKEN:
                        raise web.HTTPBadRequest
        except aiohttp.ClientError as error:
            raise ConnectionError from error
        except _NO_FORM as error:
            raise web.HTTPBadRequest from error
        return words.decode("ascii", "replace")

    async def file(self) -> tuple[str, AsyncIterator[bytes]]:
        """Return the file's name and its bytes; one that ends before its boundary was cut off."""
        part = await self._part("file")
        name = " ".join((part.filename or "").split())[:LONGEST_NAME]
        return name or "upload", _chunks(part)

    async def _part(self, name: str) -> BodyPartReader:
        try:
            async with asyncio.timeout(QUIET_S):
                if self._parts is None:
                    self._parts = await self._request.multipart()
                part = await self._parts.next()
        except aiohttp.ClientError as error:
            raise ConnectionError from error
        except _NO_FORM as error:
            raise web.HTTPBadRequest from error
        if not isinstance(part, BodyPartReader) or part.name != name:
            raise web.HTTPBadRequest
        return part


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    try:
        while piece := await part.read_chunk(CHUNK):
            yield piece
    except (aiohttp.ClientError, *_NO_FORM) as error:
        raise ConnectionError from error
    if not part.at_eof():
        raise ConnectionError
