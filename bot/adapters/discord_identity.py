"""Who sits in front of a browser, by Discord's OAuth with the scope `identify` and nothing else."""

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp

from bot.domain.ids import MemberId
from bot.errors import UpstreamError

SERVICE: Final = "Discord"
TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5)
MOST_BYTES: Final = 64 * 1024


class DiscordIdentity:
    """Implements `Identity`; the application's id is known once the bot has logged in."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        base: str,
        client_secret: str,
        client_id: Callable[[], int | None],
    ) -> None:
        self._session = session
        self._base = base
        self._client_secret = client_secret
        self._client_id = client_id

    def login_url(self, *, redirect_uri: str, state: str) -> str:
        """Return where somebody says who they are."""
        query = {
            "client_id": self._application(),
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": "identify",
            "state": state,
        }
        return f"{self._base}/oauth2/authorize?{urlencode(query)}"

    async def who(self, *, code: str, redirect_uri: str) -> MemberId:
        """Return whose code it is; the token is used once and dropped."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._application(),
            "client_secret": self._client_secret,
        }
        answer = await self._ask("POST", "/api/oauth2/token", data=form)
        token = answer.get("access_token")
        if not isinstance(token, str):
            raise UpstreamError(SERVICE)
        person = await self._ask(
            "GET", "/api/v10/users/@me", headers={"Authorization": f"Bearer {token}"}
        )
        id_ = person.get("id")
        if not (isinstance(id_, str) and id_.isascii() and id_.isdigit()):
            raise UpstreamError(SERVICE)
        return MemberId(int(id_))

    def _application(self) -> str:
        id_ = self._client_id()
        if id_ is None:
            raise UpstreamError(SERVICE)
        return str(id_)

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            async with self._session.request(
                method, self._base + path, timeout=TIMEOUT, allow_redirects=False, **more
            ) as response:
                raw = await response.content.read(MOST_BYTES)
                if response.status != 200:
                    raise UpstreamError(SERVICE)
            body = json.loads(raw)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError) as error:
            raise UpstreamError(SERVICE) from error
        if not isinstance(body, dict):
            raise UpstreamError(SERVICE)
        return body
