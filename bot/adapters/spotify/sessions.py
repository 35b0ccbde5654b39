"""Sessions for spotipy that neither sleep, retry, follow redirects, keep cookies nor read for ever."""

import threading
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from spotipy import Spotify

TIMEOUT_S: Final = (5.0, 15.0)
MOST_BYTES: Final = 5 * 2**20
_CHUNK: Final = 65_536


class BoundedSession(requests.Session):
    """A session whose answers are JSON of a bounded size, or an error."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # a netrc entry would replace the bearer token
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(max_retries=0, pool_maxsize=1))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request, once."""
        kwargs |= {"stream": True, "allow_redirects": False}
        response = super().request(*args, **kwargs)
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > MOST_BYTES:
                response.close()
                raise requests.exceptions.ContentDecodingError("the answer is too long")
        response._content = bytes(body)  # noqa: SLF001  # what reading it whole would have set
        if 300 <= response.status_code < 400:
            raise requests.exceptions.TooManyRedirects("a redirect where none is due")
        return response


class Client(Spotify):  # type: ignore[misc]  # spotipy is untyped
    """spotipy with the few calls that it lacks or sends in a shape that isn't described."""

    def who(self) -> Any:
        """Ask whose token it is, without spotipy's slash at the end."""
        return self._get("me")

    def add_items(self, playlist_id: str, uris: list[str], position: int) -> Any:
        """Add tracks by an object; spotipy's own method sends a bare array."""
        body = {"uris": uris, "position": position}
        return self._post(f"playlists/{playlist_id}/items", payload=body)

    def save_to_library(self, uri: str) -> Any:
        """Save one track."""
        return self._put("me/library", uris=uri)


class Clients(threading.local):
    """One spotipy client per thread: sessions are not meant to be shared.

    The client is kept with its session because its destructor closes the session.
    """

    def __init__(self, prefix: str) -> None:
        self.session = BoundedSession()
        self.client = Client(
            auth=None,
            requests_session=self.session,
            requests_timeout=TIMEOUT_S,
            retries=0,
            status_retries=0,
        )
        self.client.prefix = prefix

    def with_token(self, token: str) -> Client:
        """Return this thread's client, speaking for one member."""
        self.client.set_auth(token)
        return self.client
