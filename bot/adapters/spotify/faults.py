"""What spotipy and requests raise, in our own words."""

from typing import Final

import requests
from spotipy import SpotifyException

from bot.errors import (
    AccessRefusedError,
    ForbiddenError,
    GoneError,
    MusicBotError,
    NotAllowlistedError,
    PremiumRequiredError,
    RateLimitedError,
    UpstreamError,
)

SERVICE: Final = "Spotify"
QUOTA: Final = "QUOTA_EXCEEDED"
_NOT_LISTED: Final = ("not registered", "developer dashboard", "allowlist", "not been added")


class OutageError(UpstreamError):
    """The service is in trouble or unreachable; a read may be tried again."""


class MalformedError(UpstreamError):
    """The answer is not what was asked for; asking again is no use."""


class TooManyError(RateLimitedError):
    """A 429 as it came: what Spotify said of when, and whether it was the quota."""

    def __init__(self, *, retry_after_s: float | None, quota: bool) -> None:
        super().__init__(SERVICE, retry_after_s=retry_after_s)
        self.quota = quota


def translated(error: Exception, *, operation: str) -> MusicBotError:
    """Return our error for what a call raised."""
    if isinstance(error, SpotifyException):
        return _by_status(error, operation)
    if isinstance(
        error, requests.exceptions.ContentDecodingError | requests.exceptions.TooManyRedirects
    ):
        return MalformedError(SERVICE)
    if isinstance(error, requests.exceptions.RequestException):
        return OutageError(SERVICE)
    if isinstance(error, MusicBotError):
        return error
    return MalformedError(SERVICE)  # spotipy stumbles over error bodies of an unknown shape


def _by_status(error: SpotifyException, operation: str) -> MusicBotError:
    status = int(error.http_status)
    said = str(error.msg).casefold()
    if status == 429:
        return TooManyError(
            retry_after_s=_retry_after(error), quota=QUOTA in (error.reason, str(error.msg))
        )
    if status == 401:
        return AccessRefusedError(SERVICE)
    if status == 403:
        if "premium" in said:
            return PremiumRequiredError(SERVICE)
        if operation == "me" or any(words in said for words in _NOT_LISTED):
            return NotAllowlistedError(
                SERVICE
            )  # `me` needs no scope: nothing else is refused there
        return ForbiddenError(SERVICE)
    if status == 404:
        return GoneError(SERVICE)
    if status >= 500:
        return OutageError(SERVICE)
    return MalformedError(SERVICE)


def _retry_after(error: SpotifyException) -> float | None:
    value = (error.headers or {}).get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
