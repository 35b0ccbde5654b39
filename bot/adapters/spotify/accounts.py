"""Spotify's accounts service: consent with PKCE, exchange, refresh. Two form posts, once each."""

import json
import logging
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp

from bot.domain.spotify import SCOPES, Tokens
from bot.errors import LinkExpiredError, RateLimitedError, UpstreamError
from bot.ports import Clock

log = logging.getLogger(__name__)

SERVICE: Final = "Spotify"
TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5)
MOST_BYTES: Final = 64 * 1024
_OVER: Final = "invalid_grant"


class SpotifyAccounts:
    """Implements `SpotifyAuth`."""

    def __init__(
        self, *, session: aiohttp.ClientSession, base: str, client_id: str, clock: Clock
    ) -> None:
        self._session = session
        self._base = base
        self._client_id = client_id
        self._clock = clock

    def consent_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Return where the member consents; Spotify asks even if they did before."""
        query = {
            "client_id": self._client_id,
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "scope": " ".join(SCOPES),
            "state": state,
            "code_challenge_method": "S256",
            "code_challenge": challenge,
            "show_dialog": "true",
        }
        return f"{self._base}/authorize?{urlencode(query)}"

    async def exchange(self, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Return the tokens for a code."""
        return await self._ask(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "client_id": self._client_id,
                "code_verifier": verifier,
            },
            kept_refresh=None,
        )

    async def refresh(self, refresh_token: str) -> Tokens:
        """Return new tokens; the old refresh token where the answer has none."""
        return await self._ask(
            {
                "grant_type": "refresh_token",
                "refresh_token": refresh_token,
                "client_id": self._client_id,
            },
            kept_refresh=refresh_token,
        )

    async def _ask(self, form: dict[str, str], *, kept_refresh: str | None) -> Tokens:
        status, body, retry_after = await self._post(form)
        if status == 429:
            raise RateLimitedError(SERVICE, retry_after_s=retry_after)
        if status >= 500 or body is None:
            raise UpstreamError(SERVICE)
        if status != 200:
            if body.get("error") == _OVER:
                raise LinkExpiredError(SERVICE)
            # invalid_client and the like are the operator's to mend: no member loses their link.
            log.error("Spotify refuses our token requests: %s", str(body.get("error"))[:60])
            raise UpstreamError(SERVICE)
        access, seconds = body.get("access_token"), body.get("expires_in")
        refresh = body.get("refresh_token") or kept_refresh
        scopes = body.get("scope")
        if not (isinstance(access, str) and access and isinstance(refresh, str)):
            raise UpstreamError(SERVICE)
        if not isinstance(seconds, int) or not 0 < seconds <= 86_400:
            seconds = 3600
        return Tokens(
            access=access,
            refresh=refresh,
            expires_at=self._clock.now() + timedelta(seconds=seconds),
            scopes=frozenset(scopes.split() if isinstance(scopes, str) else ()),
        )

    async def _post(self, form: dict[str, str]) -> tuple[int, dict[str, Any] | None, float | None]:
        """Return status, JSON object (None for anything else) and what was said of when."""
        try:
            async with self._session.post(
                f"{self._base}/api/token", data=form, timeout=TIMEOUT, allow_redirects=False
            ) as response:
                raw = await response.content.read(MOST_BYTES)
                said = response.headers.get("Retry-After", "")
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UpstreamError(SERVICE) from error
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = None
        wait = float(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
        return status, body if isinstance(body, dict) else None, wait
