"""The accounts service of the stand-in: its consent page and the token endpoint."""

from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from bot.demo.spotify.world import Asked, World

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;"
    "color-scheme:light dark}button{font:inherit;padding:.6rem 1rem;margin:.25rem 0;width:100%}"
    ".mark{background:#7c2d12;color:#fff;padding:.4rem .8rem;border-radius:.4rem}"
)


class Consent:
    """Answers `/authorize` and `/api/token`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the pages and the endpoint."""
        return [
            web.get("/authorize", self._page),
            web.post("/authorize", self._decide),
            web.post("/api/token", self._token),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        problem = self._problem(request.query)
        if problem:
            return web.Response(text=problem, status=400)
        accounts = "".join(
            f'<p><button name="account" value="{escape(a.id)}">Agree as {escape(a.name)}</button></p>'
            for a in self._world.accounts.values()
        )
        scopes = "".join(f"<li>{escape(s)}</li>" for s in request.query["scope"].split())
        page = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Stand-in for Spotify</title>'
            f"<style>{_STYLE}</style></head><body><main>"
            '<p class="mark">This is a stand-in for Spotify on this computer. Nothing leaves it.</p>'
            f"<h1>Auxcord asks for access</h1><ul>{scopes}</ul>"
            f'<form method="post" action="/authorize?{escape(request.query_string)}">{accounts}'
            '<p><button name="account" value="">Cancel</button></p></form></main></body></html>'
        )
        return web.Response(text=page, content_type="text/html")

    async def _decide(self, request: web.Request) -> web.Response:
        problem = self._problem(request.query)
        if problem:
            return web.Response(text=problem, status=400)
        form = await request.post()
        raise web.HTTPFound(self.answer(dict(request.query), str(form.get("account", ""))))

    def answer(self, query: dict[str, str], account_id: str) -> str:
        """Return the address that the browser is sent back to."""
        account = self._world.accounts.get(account_id)
        if account is None:
            back = {"error": "access_denied", "state": query["state"]}
        else:
            code = self._world.approve(
                account,
                scopes=frozenset(query["scope"].split()),
                challenge=query["code_challenge"],
                redirect_uri=query["redirect_uri"],
            )
            back = {"code": code, "state": query["state"]}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def _problem(self, query: Any) -> str | None:
        needed = ("client_id", "redirect_uri", "scope", "state", "code_challenge")
        if any(not query.get(name) for name in needed):
            return "A parameter is missing."
        if query["client_id"] != self._world.client_id:
            return "INVALID_CLIENT: Invalid client"
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            return "Only codes with S256."
        if self._world.redirect_uris and query["redirect_uri"] not in self._world.redirect_uris:
            return "INVALID_CLIENT: Invalid redirect URI"
        return None

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self._world.asked.append(Asked("POST", "/api/token", {}, form))
        if form.get("client_id") != self._world.client_id:
            return _refused("invalid_client")
        match form.get("grant_type"):
            case "authorization_code":
                answer = self._world.exchange(
                    form.get("code", ""),
                    form.get("code_verifier", ""),
                    form.get("redirect_uri", ""),
                )
            case "refresh_token":
                answer = self._world.renew(form.get("refresh_token", ""))
            case _:
                return _refused("unsupported_grant_type")
        return web.json_response(answer) if answer else _refused("invalid_grant")


def _refused(error: str) -> web.Response:
    return web.json_response({"error": error, "error_description": error}, status=400)
