"""A stand-in for Discord's "who are you?": the people of the demo, and nobody's password."""

import secrets
from collections.abc import Iterable
from html import escape
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.demo.local_server import LocalServer

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;"
    "color-scheme:light dark}button{font:inherit;padding:.6rem 1rem;width:100%}"
    ".mark{background:#7c2d12;color:#fff;padding:.4rem .8rem;border-radius:.4rem}"
)


class IdentityStandIn(LocalServer):
    """Knows `people` by id and name."""

    def __init__(self) -> None:
        super().__init__()
        self.people: dict[int, str] = {}
        self.asked = 0
        self._codes: dict[str, int] = {}
        self._tokens: dict[str, int] = {}

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what it answers."""
        return [
            web.get("/oauth2/authorize", self._page),
            web.post("/oauth2/authorize", self._decide),
            web.post("/api/oauth2/token", self._token),
            web.get("/api/v10/users/@me", self._me),
        ]

    def answer(self, redirect_uri: str, state: str, person: int) -> str:
        """Return the address that the browser is sent back to."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = person
        return f"{redirect_uri}?{urlencode({'code': code, 'state': state})}"

    async def _page(self, request: web.Request) -> web.Response:
        buttons = "".join(
            f'<p><button name="person" value="{id_}">I am {escape(name)}</button></p>'
            for id_, name in self.people.items()
        )
        page = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Stand-in for Discord</title>'
            f"<style>{_STYLE}</style></head><body><main>"
            '<p class="mark">This is a stand-in for Discord on this computer. Nothing leaves it.</p>'
            f'<h1>Who are you?</h1><form method="post" action="?{escape(request.query_string)}">'
            f"{buttons}</form></main></body></html>"
        )
        return web.Response(text=page, content_type="text/html")

    async def _decide(self, request: web.Request) -> web.Response:
        form = await request.post()
        query = request.query
        address = self.answer(query["redirect_uri"], query["state"], int(str(form["person"])))
        raise web.HTTPFound(address)

    async def _token(self, request: web.Request) -> web.Response:
        self.asked += 1
        form = await request.post()
        person = self._codes.pop(str(form.get("code", "")), None)
        if person is None or not form.get("client_secret"):
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = secrets.token_urlsafe(24)
        self._tokens[token] = person
        return web.json_response({"access_token": token, "token_type": "Bearer"})

    async def _me(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        person = self._tokens.get(token)
        if person is None:
            return web.json_response({"message": "401: Unauthorized"}, status=401)
        return web.json_response({"id": str(person), "username": self.people.get(person, "?")})
