"""What writing playlists has to remember: members' own, and those on the operator's account."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.ids import MemberId, TrackId
from bot.domain.spotify import Match, Matches, PlaylistRecord


class PlaylistStore(Protocol):
    """Playlists written for members, and which track is which on Spotify."""

    async def intend(
        self,
        member_id: MemberId,
        *,
        purpose: str,
        name: str,
        marker: str,
        at: datetime,
        tastes: Collection[MemberId] | None = None,
    ) -> PlaylistRecord:
        """Record what is about to be written; the same purpose gives the same record.

        `tastes` says that others than the account's owner asked for it, and whose taste it is about
        to hold, besides whose it may hold already.

        Raises
        ------
        NotFoundError
            When one of them is not on record: they were forgotten meanwhile.
        """
        ...

    async def created(self, record_id: int, *, playlist_id: str) -> bool:
        """Record under which id Spotify keeps it; return whether the record still stands."""
        ...

    async def written(self, record_id: int, *, snapshot_id: str, at: datetime) -> bool:
        """Record that its tracks are placed; return whether the record still stands."""
        ...

    async def matches(self, track_ids: Collection[TrackId], *, since: datetime) -> Matches:
        """Return what is known of tracks, not older than an instant."""
        ...

    async def save_match(self, track_id: TrackId, match: Match) -> None:
        """Remember a search's outcome."""
        ...


class SharedPlaylistStore(Protocol):
    """Playlists that members have on the operator's account."""

    async def admit(
        self, member_id: MemberId, *, at: datetime, since: datetime, of_member: int, in_all: int
    ) -> bool:
        """Note that somebody asks, unless they or all together asked too often since then."""
        ...

    async def to_empty(self) -> Sequence[tuple[str, MemberId]]:
        """Return playlists that have to be emptied, and whose account they are on."""
        ...

    async def emptied(self, playlist_id: str) -> None:
        """Forget a playlist that is empty or out of reach."""
        ...
