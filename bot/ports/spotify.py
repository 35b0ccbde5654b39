"""What working with Spotify needs: its Web API, the gate before it, how far reading is.

Everything that goes over the network raises `UpstreamError` or one of its children.
"""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.ids import MemberId
from bot.domain.spotify import (
    Fetched,
    FoundTrack,
    GateState,
    PlaylistInfo,
    Plays,
    SpotifyProfile,
    SyncState,
)


class GateStore(Protocol):
    """The gate's memory."""

    async def state(self) -> GateState:
        """Return until when the gate is closed."""
        ...

    async def save(self, state: GateState) -> None:
        """Remember it over a restart."""
        ...

    async def count(self, day: str, operation: str) -> int:
        """Count a call that is about to be made; return the day's calls, this one included."""
        ...

    async def calls(self, day: str) -> int:
        """Return how many calls were made on a day."""
        ...


class SyncStore(Protocol):
    """How far reading each account is."""

    async def state(self, member_id: MemberId) -> SyncState | None:
        """Return one account's state."""
        ...

    async def save(self, state: SyncState) -> None:
        """Store it; nothing happens when the account was unlinked meanwhile."""
        ...

    async def due(self) -> Sequence[SyncState]:
        """Return the states of linked accounts, the next one first."""
        ...


class SpotifyApi(Protocol):
    """The Web API calls that the bot makes; `urgent` ones may use the reserve of the budget.

    Raises
    ------
    RateLimitedError, LinkExpiredError, NotAllowlistedError, PremiumRequiredError, ForbiddenError,
    GoneError, UpstreamError
    """

    async def me(self, token: str) -> SpotifyProfile:
        """Return whose token it is."""
        ...

    async def recently_played(self, token: str, *, urgent: bool = False) -> Plays:
        """Return the newest 50 plays."""
        ...

    async def top_tracks(self, token: str, *, time_range: str, urgent: bool = False) -> Fetched:
        """Return up to 50 most played tracks."""
        ...

    async def top_artists(self, token: str, *, time_range: str, urgent: bool = False) -> Fetched:
        """Return up to 50 most played artists."""
        ...

    async def saved_tracks(self, token: str, *, offset: int = 0, urgent: bool = False) -> Fetched:
        """Return 50 saved tracks, newest first."""
        ...

    async def followed_artists(self, token: str, *, urgent: bool = False) -> Fetched:
        """Return the first 50 artists that somebody follows."""
        ...

    async def playlists(
        self, token: str, *, offset: int = 0, urgent: bool = False
    ) -> tuple[Sequence[PlaylistInfo], int | None]:
        """Return 50 playlists and where the next page begins."""
        ...

    async def playlist_tracks(
        self, token: str, playlist_id: str, *, offset: int = 0, urgent: bool = False
    ) -> Fetched:
        """Return 50 tracks of a playlist."""
        ...

    async def search_tracks(
        self, token: str, *, title: str, artist: str, urgent: bool = False
    ) -> Sequence[FoundTrack]:
        """Return up to ten tracks."""
        ...

    async def create_playlist(self, token: str, *, name: str, description: str) -> PlaylistInfo:
        """Create an unlisted playlist; never repeated by itself."""
        ...

    async def rename_playlist(
        self, token: str, playlist_id: str, *, name: str, description: str
    ) -> None:
        """Change name and description."""
        ...

    async def replace_items(self, token: str, playlist_id: str, uris: Sequence[str]) -> str:
        """Make up to 100 tracks a playlist's only ones; return its snapshot."""
        ...

    async def add_items(
        self, token: str, playlist_id: str, uris: Sequence[str], *, position: int
    ) -> str:
        """Add up to 100 tracks; never repeated by itself."""
        ...

    async def upload_cover(self, token: str, playlist_id: str, jpeg: bytes) -> None:
        """Give a playlist a picture; a refusal of this call alone stops no others."""
        ...

    async def queue(self, token: str, uri: str) -> None:
        """Play a track next on the member's active device."""
        ...

    async def save_track(self, token: str, uri: str) -> None:
        """Put a track into the member's library."""
        ...
