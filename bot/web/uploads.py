"""The page for large files: who are you, choose, watch it arrive.

Bytes come by the tus protocol, version 1.0.0, with its extension for creation (tus.io/protocols): a
sender that was cut off asks how much is there and goes on from there. One link takes one file, so
the address of the file is always the same and the cookie says whose it is.
"""

import logging
import secrets
from base64 import b64decode
from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp
from aiohttp import web

from bot.domain.uploads import UploadFile, UploadTicket
from bot.errors import MusicBotError, UserError
from bot.services.big_uploads import (
    LONGEST_NAME,
    BigUploads,
    UploadState,
    WrongOffsetError,
    finished,
)
from bot.services.upload_links import STATE_PREFIX, TO_SEND, UploadRefusedError
from bot.ui.account import note_words
from bot.ui.texts import number, plain, plural
from bot.web.forms import IncomingForm
from bot.web.pages import SEPARATOR, Page
from bot.web.rendering import Renderer
from bot.web.server import POLICY, WITH_SCRIPT

log = logging.getLogger(__name__)

PAGE: Final = "/upload/file"
PART: Final = "/upload/part"
FORM: Final = "/upload/form"
PLAIN: Final = "plain"
"""Part of the page's address for browsers that run no script: it is then loaded anew by itself."""
TUS: Final = "1.0.0"
TUS_TYPE: Final = "application/offset+octet-stream"
TOKEN_HEADER: Final = "X-Form-Token"  # noqa: S105  # the name of a header
NOTES_SHOWN: Final = 5
STALE: Final = "upload.refused.stale"
NOT_TAKEN: Final = "web.upload.not_taken"
_STATUS: Final = {
    "upload.refused.cut": 400,
    STALE: 403,
    "upload.refused.somebody_else": 403,
    "upload.refused.offset": 409,
    "upload.refused.overtaken": 409,
    "upload.refused.size": 413,
    "upload.refused.busy": 503,
    "upload.refused.room": 507,
}


class UploadPages:
    """The routes below `/upload`."""

    def __init__(self, *, uploads: BigUploads, render: Renderer, base_url: str) -> None:
        self._uploads = uploads
        self._render = render
        self._secure = base_url.startswith("https://")
        self._cookie = "__Host-upload" if self._secure else "upload"

    def routes(self) -> list[web.RouteDef]:
        """Return every route but the address that Discord sends browsers back to."""
        return [
            web.get(PAGE, self._guarded(self._file)),
            web.get("/upload/state", self._answering(self._state)),
            web.post(PART, self._answering(self._create)),
            web.post(FORM, self._guarded(self._whole_form)),
            web.head(PART, self._answering(self._offset)),
            web.patch(PART, self._answering(self._append)),
            web.get(r"/upload/{rid:[\w-]{43}}", self._guarded(self._open), allow_head=False),
            web.post(r"/upload/{rid:[\w-]{43}}", self._guarded(self._say_who)),
        ]

    @staticmethod
    def is_ours(request: web.Request) -> bool:
        """Return whether Discord sends a browser back to this page rather than to `/link`."""
        return request.query.get("state", "").startswith(STATE_PREFIX)

    async def identified(self, request: web.Request) -> web.StreamResponse:
        """Take in who sits there; answers refusals as a page without the address's secrets."""

        async def handle(request: web.Request) -> web.StreamResponse:
            _, browser = self._carried(request)
            query = request.query
            await self._uploads.links.identified(
                state=query.get("state", ""), code=query.get("code", ""), browser=browser
            )
            return _to(PAGE)

        return await self._guarded(handle)(request)

    async def _open(self, request: web.Request) -> web.StreamResponse:
        """Say what this is about; nothing is tied to a browser that only looks."""
        rid = request.match_info["rid"]
        ticket = await self._uploads.links.look(rid)
        return self._render.page("upload_open.html", name=ticket.name, rid=rid)

    async def _say_who(self, request: web.Request) -> web.StreamResponse:
        rid, browser = request.match_info["rid"], secrets.token_urlsafe(32)
        known_rid, known = self._carried(request)
        if known_rid == rid:
            browser = known
        response = _to(await self._uploads.links.say_who(rid, browser))
        response.set_cookie(
            self._cookie,
            f"{rid}{SEPARATOR}{browser}",
            max_age=int(TO_SEND.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        ticket = await self._admitted(request)
        _, browser = self._carried(request)
        state = await self._uploads.state(ticket)
        page = self._render.page(
            "upload_file.html",
            name=ticket.name,
            token=self._uploads.links.form_token(ticket, browser),
            limit=self._uploads.limit_mb,
            begun=_begun(ticket),
            chosen=ticket.import_id is not None,
            plain=PLAIN in request.query,
            done=finished(state),
            words=_words(state),
        )
        page.headers[POLICY] = WITH_SCRIPT
        return page

    async def _state(self, request: web.Request) -> web.StreamResponse:
        state = await self._uploads.state(await self._admitted(request))
        job, size = state.job, state.ticket.file.size if state.ticket.file else 0
        return web.json_response(
            {
                "received": state.received,
                "size": size,
                "done": finished(state),
                "found": job.rows_found if job else 0,
                "stored": job.rows_done if job else 0,
                "words": _words(state),
            }
        )

    async def _create(self, request: web.Request) -> web.StreamResponse:
        ticket = await self._sending(request)
        size = _whole(request.headers.get("Upload-Length", ""))
        described = _metadata(request.headers.get("Upload-Metadata", ""))
        name = " ".join(described.get("filename", "").split())[:LONGEST_NAME] or "upload"
        file = UploadFile(name, size, described.get("stamp", "")[:40])
        offset = await self._uploads.choose(ticket, file)
        headers = {"Location": PART, "Upload-Offset": str(offset), "Tus-Resumable": TUS}
        return web.Response(status=201, headers=headers)

    async def _whole_form(self, request: web.Request) -> web.StreamResponse:
        """Take the file of a browser that runs no script: one form, the token before the file."""
        form = IncomingForm(request)
        try:
            ticket = await self._admitted(request, token=await form.token())
            name, pieces = await form.file()
            await self._uploads.take_whole(ticket, name=name, announced=form.length, pieces=pieces)
        except OSError as error:
            log.info("a form was cut off: %s", type(error).__name__)
            raise UploadRefusedError("upload.refused.cut") from error
        return _to(f"{PAGE}?{PLAIN}")

    async def _offset(self, request: web.Request) -> web.StreamResponse:
        ticket = await self._admitted(request)
        headers = {
            "Upload-Offset": str(await self._uploads.offset(ticket)),
            "Upload-Length": str(ticket.file.size if ticket.file else 0),
            "Tus-Resumable": TUS,
        }
        return web.Response(status=200, headers=headers)

    async def _append(self, request: web.Request) -> web.StreamResponse:
        ticket = await self._sending(request)
        if request.content_type != TUS_TYPE:
            raise web.HTTPUnsupportedMediaType
        offset = _whole(request.headers.get("Upload-Offset", ""))
        received = await self._uploads.append(ticket, offset=offset, pieces=_pieces(request))
        headers = {"Upload-Offset": str(received), "Tus-Resumable": TUS}
        return web.Response(status=204, headers=headers)

    async def _sending(self, request: web.Request) -> UploadTicket:
        """Let only the page's own script send: others can't know the token or set its header."""
        if request.headers.get("Tus-Resumable") != TUS:
            raise web.HTTPPreconditionFailed
        return await self._admitted(request, token=request.headers.get(TOKEN_HEADER, ""))

    async def _admitted(self, request: web.Request, *, token: str | None = None) -> UploadTicket:
        rid, browser = self._carried(request)
        return await self._uploads.links.admitted(rid, browser, token=token)

    def _guarded(self, page: Page) -> Page:
        """Answer refusals as pages: never a trace, never the address that was asked for."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await page(request)
            except UserError as error:
                known = error.key in _STATUS
                key, params = (error.key, error.params) if known else (STALE, {})
                heading = "web.upload.over" if key == STALE else NOT_TAKEN
                words: dict[str, Any] = {"key": key, "heading": heading, **params}
                return self._render.page("result.html", status=_STATUS[key], **words)
            except MusicBotError as error:
                log.warning("a page failed: %s", type(error).__name__)
                return self._render.page(
                    "result.html", status=502, key="upload.refused.trouble", heading=NOT_TAKEN
                )

        return handle

    def _answering(self, page: Page) -> Page:
        """Answer refusals to the script: a status and a sentence."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await page(request)
            except (UploadRefusedError, WrongOffsetError) as error:
                words = plain(error.key, **error.params)
                return web.Response(status=_STATUS[error.key], text=words)

        return handle

    def _carried(self, request: web.Request) -> tuple[str, str]:
        """Return link and browser of the cookie; empty texts without one."""
        rid, _, browser = request.cookies.get(self._cookie, "")[:200].partition(SEPARATOR)
        return rid, browser


async def _pieces(request: web.Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.content.iter_any():
            yield piece
    except (aiohttp.ClientError, aiohttp.http.HttpProcessingError) as error:
        raise ConnectionError from error


def _begun(ticket: UploadTicket) -> str:
    """Return which file can be gone on with."""
    file = ticket.file if ticket.import_id is None else None
    return file.name if file is not None and not file.whole else ""


def _words(state: UploadState) -> str:
    """Return how far an upload is, in a sentence."""
    job = state.job
    if job is None:
        return ""
    if state.trouble is not None:
        return f"{plain(state.trouble.key, **state.trouble.params)} {plain('web.upload.failed')}"
    if job.error_key is not None:
        return f"{plain('error.import_failed')} {plain('web.upload.failed')}"
    if not finished(state):
        return plain("web.upload.importing")
    lines: list[str] = [plural("web.upload.done", job.rows_added, found=number(job.rows_found))]
    lines += [note_words(note) for note in job.notes[:NOTES_SHOWN]]
    return " ".join(lines)


def _metadata(header: str) -> dict[str, str]:
    """Return what a sender says of a file: pairs of a name and a text in base64."""
    found = {}
    for pair in header[:2000].split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            found[name] = b64decode(value, validate=True).decode("utf-8", "replace")
        except ValueError:
            continue
    return found


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise web.HTTPBadRequest
    return int(text)


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})
