"""Requests and answers on the wire."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fake_discord.errors import ApiError, invalid_form
from tests.fake_discord.faults import RequestLog

if TYPE_CHECKING:
    Uploads = dict[int, tuple[str, bytes, str]]

LOG: web.RequestKey[RequestLog] = web.RequestKey("log", RequestLog)


def answer(body: Any, status: int = 200) -> web.Response:
    """Answer with JSON and a bare content type: clients compare it to the letter."""
    return web.Response(
        body=json.dumps(body).encode(), status=status, headers={"Content-Type": "application/json"}
    )


def nothing() -> web.Response:
    return web.Response(status=204)


def error_answer(error: ApiError) -> web.Response:
    if error.code == 0 and error.status >= 500:
        response = web.Response(text=error.message, status=error.status)
    else:
        response = answer(error.body, error.status)
    if error.retry_after is not None:
        wait = f"{error.retry_after:.3f}"
        response.headers.update({"Retry-After": wait, "X-RateLimit-Reset-After": wait})
        response.headers.update({"X-RateLimit-Limit": "1", "X-RateLimit-Remaining": "0"})
        response.headers["X-RateLimit-Scope"] = "user"
        if error.via:
            response.headers["Via"] = "1.1 fake"
    return response


async def read_body(request: web.Request) -> tuple[Any, Uploads]:
    """Read a JSON body, or `payload_json` and `files[n]` of a multipart one."""
    uploads: Uploads = {}
    if request.content_type.startswith("multipart/"):
        form = await request.post()
        text = str(form.get("payload_json", "{}"))
        for name, value in form.items():
            if isinstance(value, web.FileField) and name.startswith("files["):
                index = int(name.removeprefix("files[").removesuffix("]"))
                uploads[index] = (value.filename, value.file.read(), value.content_type)
                value.file.close()
    else:
        text = await request.text()
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from None
    request[LOG].body = body
    return body, uploads


async def read_object(request: web.Request) -> tuple[dict[str, Any], Uploads]:
    body, uploads = await read_body(request)
    if not isinstance(body, dict):
        raise invalid_form("_", "Only dictionaries may be used in a DictType", "DICT_TYPE_CONVERT")
    return body, uploads


def number(request: web.Request, name: str) -> int:
    """Read an id from the path."""
    text = request.match_info[name]
    if not text.isdecimal():
        raise invalid_form(name, f'Value "{text}" is not snowflake.', "NUMBER_TYPE_COERCE")
    return int(text)
