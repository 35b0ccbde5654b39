"""The Web API through spotipy: in a small pool of its own, behind the gate, mapped at once."""

import asyncio
import logging
import random
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Self, TypeVar

from circuitbreaker import CircuitBreaker

from bot.adapters.spotify import mapping
from bot.adapters.spotify.faults import (
    SERVICE,
    MalformedError,
    OutageError,
    TooManyError,
    translated,
)
from bot.adapters.spotify.gate import Gate
from bot.adapters.spotify.sessions import Client, Clients
from bot.domain.spotify import Fetched, FoundTrack, PlaylistInfo, Plays, SpotifyProfile
from bot.errors import RateLimitedError, UpstreamError

T = TypeVar("T")
Ask = Callable[[Client], Any]

log = logging.getLogger(__name__)

THREADS: Final = 3
PAGE: Final = 50
SEARCH_PAGE: Final = 10
WRITE_PAGE: Final = 100
RETRIES: Final = 2
RETRY_UP_TO_S: Final = (0.5, 1.5)
FAILURES_TO_OPEN: Final = 5
OPEN_FOR_S: Final = 30.0


class SpotifyClient:
    """Implements `SpotifyApi`."""

    def __init__(
        self,
        *,
        base: str,
        gate: Gate,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        logging.getLogger("spotipy").setLevel(logging.CRITICAL)  # it logs tokens and addresses
        self._gate = gate
        self._sleep = sleep
        self._clients = Clients(f"{base}/")
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="spotify")
        self._breaker = CircuitBreaker(
            failure_threshold=FAILURES_TO_OPEN,
            recovery_timeout=OPEN_FOR_S,
            expected_exception=OutageError,
            name="spotify",
        )
        self._flying: dict[tuple[object, ...], asyncio.Task[Any]] = {}

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Let calls under way end; each is bounded by its own timeout."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)

    async def me(self, token: str) -> SpotifyProfile:
        """Return whose token it is."""
        return mapping.profile(await self._read("me", token, lambda s: s.who(), urgent=True))

    async def recently_played(self, token: str, *, urgent: bool = False) -> Plays:
        """Return the newest 50 plays."""
        return mapping.plays(
            await self._read(
                "recently-played",
                token,
                lambda s: s.current_user_recently_played(limit=PAGE),
                urgent=urgent,
            )
        )

    async def top_tracks(self, token: str, *, time_range: str, urgent: bool = False) -> Fetched:
        """Return up to 50 most played tracks."""
        answer = await self._read(
            "top-tracks",
            token,
            lambda s: s.current_user_top_tracks(limit=PAGE, time_range=time_range),
            time_range,
            urgent=urgent,
        )
        return mapping.top_tracks(answer, time_range)

    async def top_artists(self, token: str, *, time_range: str, urgent: bool = False) -> Fetched:
        """Return up to 50 most played artists."""
        answer = await self._read(
            "top-artists",
            token,
            lambda s: s.current_user_top_artists(limit=PAGE, time_range=time_range),
            time_range,
            urgent=urgent,
        )
        return mapping.top_artists(answer, time_range)

    async def saved_tracks(self, token: str, *, offset: int = 0, urgent: bool = False) -> Fetched:
        """Return 50 saved tracks, newest first."""
        answer = await self._read(
            "saved-tracks",
            token,
            lambda s: s.current_user_saved_tracks(limit=PAGE, offset=offset),
            offset,
            urgent=urgent,
        )
        return _with_next(mapping.saved_tracks(answer), answer, offset)

    async def followed_artists(self, token: str, *, urgent: bool = False) -> Fetched:
        """Return the first 50 artists that somebody follows."""
        return mapping.followed_artists(
            await self._read(
                "followed-artists",
                token,
                lambda s: s.current_user_followed_artists(limit=PAGE),
                urgent=urgent,
            )
        )

    async def playlists(
        self, token: str, *, offset: int = 0, urgent: bool = False
    ) -> tuple[Sequence[PlaylistInfo], int | None]:
        """Return 50 playlists, owned and followed, and where the next page begins."""
        owner = mapping.record(await self._read("me", token, lambda s: s.who(), urgent=urgent))
        answer = await self._read(
            "playlists",
            token,
            lambda s: s.current_user_playlists(limit=PAGE, offset=offset),
            offset,
            urgent=urgent,
        )
        found = mapping.playlists(answer, owner_of=mapping.text(owner.get("id")))
        return found, mapping.next_offset(answer, offset=offset, limit=PAGE)

    async def playlist_tracks(
        self, token: str, playlist_id: str, *, offset: int = 0, urgent: bool = False
    ) -> Fetched:
        """Return 50 tracks of a playlist."""
        answer = await self._read(
            "playlist-items",
            token,
            lambda s: s.playlist_items(
                playlist_id, limit=PAGE, offset=offset, additional_types=("track",)
            ),
            playlist_id,
            offset,
            urgent=urgent,
        )
        return _with_next(mapping.playlist_tracks(answer, playlist_id), answer, offset)

    async def search_tracks(
        self, token: str, *, title: str, artist: str, urgent: bool = False
    ) -> Sequence[FoundTrack]:
        """Return up to ten tracks."""
        query = f'track:"{_quotable(title)}" artist:"{_quotable(artist)}"'
        answer = await self._read(
            "search",
            token,
            lambda s: s.search(query, limit=SEARCH_PAGE, type="track"),
            query,
            urgent=urgent,
        )
        return mapping.found_tracks(answer)

    async def create_playlist(self, token: str, *, name: str, description: str) -> PlaylistInfo:
        """Create an unlisted playlist; never repeated by itself."""
        answer = await self._write(
            "create-playlist",
            token,
            lambda s: s.current_user_playlist_create(name, public=False, description=description),
        )
        made = mapping.playlist(mapping.record(answer), owner_of=None)
        if made is None:
            raise MalformedError(SERVICE)
        return made

    async def rename_playlist(
        self, token: str, playlist_id: str, *, name: str, description: str
    ) -> None:
        """Change name and description."""
        await self._write(
            "change-playlist",
            token,
            lambda s: s.playlist_change_details(playlist_id, name=name, description=description),
        )

    async def replace_items(self, token: str, playlist_id: str, uris: Sequence[str]) -> str:
        """Make up to 100 tracks a playlist's only ones; return its snapshot."""
        return mapping.snapshot(
            await self._write(
                "replace-items",
                token,
                lambda s: s.playlist_replace_items(playlist_id, list(uris[:WRITE_PAGE])),
            )
        )

    async def add_items(
        self, token: str, playlist_id: str, uris: Sequence[str], *, position: int
    ) -> str:
        """Add up to 100 tracks; never repeated by itself."""
        return mapping.snapshot(
            await self._write(
                "add-items",
                token,
                lambda s: s.add_items(playlist_id, list(uris[:WRITE_PAGE]), position),
            )
        )

    async def upload_cover(self, token: str, playlist_id: str, jpeg: bytes) -> None:
        """Give a playlist a picture; pictures have a rate limit of their own."""
        picture = b64encode(jpeg).decode("ascii")
        await self._once(
            "upload-cover",
            token,
            lambda s: s.playlist_upload_cover_image(playlist_id, picture),
            urgent=False,
            own_limit=True,
        )

    async def queue(self, token: str, uri: str) -> None:
        """Play a track next on the member's active device."""
        await self._write("queue", token, lambda s: s.add_to_queue(uri))

    async def save_track(self, token: str, uri: str) -> None:
        """Put a track into the member's library."""
        await self._write("save-to-library", token, lambda s: s.save_to_library(uri))

    async def _read(self, operation: str, token: str, ask: Ask, *key: object, urgent: bool) -> Any:
        """Make a read; the same one under way is shared, trouble is tried again twice."""
        name = (operation, token, urgent, *key)
        task = self._flying.get(name)
        if task is None:
            task = asyncio.create_task(self._retried(operation, token, ask, urgent=urgent))
            self._flying[name] = task
            task.add_done_callback(lambda done: self._landed(name, done))
        return await asyncio.shield(task)

    def _landed(self, name: tuple[object, ...], done: "asyncio.Task[Any]") -> None:
        self._flying.pop(name, None)
        if not done.cancelled():
            done.exception()  # seen, even when nobody waits any more

    async def _retried(self, operation: str, token: str, ask: Ask, *, urgent: bool) -> Any:
        for most in RETRY_UP_TO_S[:RETRIES]:
            try:
                return await self._once(operation, token, ask, urgent=urgent)
            except OutageError as error:
                log.info("%s failed (%s); trying again", operation, type(error).__name__)
                await self._sleep(random.uniform(0, most))  # noqa: S311  # jitter, not secret
        return await self._once(operation, token, ask, urgent=urgent)

    async def _write(self, operation: str, token: str, ask: Ask) -> Any:
        return await self._once(operation, token, ask, urgent=True)

    async def _once(
        self, operation: str, token: str, ask: Ask, *, urgent: bool, own_limit: bool = False
    ) -> Any:
        if self._breaker.opened:
            raise UpstreamError(SERVICE, retry_after_s=max(1.0, self._breaker.open_remaining))
        async with self._gate.passing(operation, urgent=urgent):
            try:
                answer = await self._breaker.call_async(self._in_pool, operation, token, ask)
            except TooManyError as error:
                if own_limit and not error.quota:
                    raise RateLimitedError(SERVICE, retry_after_s=error.retry_after_s) from None
                wait = await self._gate.refused(error.retry_after_s, quota=error.quota)
                log.warning(
                    "Spotify says later (%s); nothing is sent for %.0f s",
                    "quota" if error.quota else "rate",
                    wait,
                )
                raise RateLimitedError(SERVICE, retry_after_s=wait) from None
            await self._gate.went_well()
            return answer

    async def _in_pool(self, operation: str, token: str, ask: Ask) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._in_thread, operation, token, ask)

    def _in_thread(self, operation: str, token: str, ask: Ask) -> Any:
        try:
            return ask(self._clients.with_token(token))
        except Exception as error:  # noqa: BLE001  # spotipy stumbles in many ways
            raise translated(error, operation=operation) from None


def _with_next(fetched: Fetched, answer: Any, offset: int) -> Fetched:
    following = mapping.next_offset(answer, offset=offset, limit=PAGE)
    return Fetched(fetched.listens, following, fetched.passed_over)


def _quotable(words: str) -> str:
    return " ".join(words.replace('"', " ").split())[:100]
