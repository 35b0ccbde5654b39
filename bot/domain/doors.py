"""Names at other services that a member's listening is fetched from."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.ids import MemberId
from bot.domain.listening import FetchedListen, Source

NAMED = (Source.LISTENBRAINZ, Source.LASTFM)
"""Doors that need nothing but a name."""
ACTIVITY = Source.DISCORD_ACTIVITY
"""The door that needs nothing but a yes."""


@dataclass(frozen=True, slots=True)
class DoorSync:
    """How far reading one name is; histories are read from the newest listen backwards.

    A pass starts at `top_at`, has come down to `cursor_at` and ends at `newest_at`, where the pass
    before it began.
    """

    member_id: MemberId
    source: Source
    account: str
    linked_at: datetime
    next_at: datetime
    pause_s: int
    newest_at: datetime | None = None
    top_at: datetime | None = None
    cursor_at: datetime | None = None
    cut_at: datetime | None = None
    """Where a history was left off because no more of it may be stored; only sums before that."""
    synced_at: datetime | None = None
    extras_at: datetime | None = None
    error_key: str | None = None
    failed_at: datetime | None = None

    @property
    def reading(self) -> bool:
        """Whether a pass is under way."""
        return self.cursor_at is not None


@dataclass(frozen=True, slots=True)
class ListenPage:
    """Listens of one answer, newest first; `oldest` and `newest` count unusable ones, too."""

    listens: tuple[FetchedListen, ...]
    newest: datetime | None
    oldest: datetime | None
    full: bool
    """Whether there may be more before these."""


@dataclass(frozen=True, slots=True)
class Totals:
    """All plays of a member per track and per artist, and since when they are there."""

    tracks: tuple[FetchedListen, ...]
    artists: tuple[FetchedListen, ...]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class DoorView:
    """One door as its member sees it."""

    source: Source
    listens: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    sync: DoorSync | None = None
    gaps: int = 0
    offered: bool = True
    """Whether the operator has this door open."""


@dataclass(frozen=True, slots=True)
class DoorsView:
    """All doors of a member."""

    doors: tuple[DoorView, ...]
    activity: DoorView
    """Listening as Discord shows it; `sync` says whether the member switched it on."""
    others: tuple[DoorView, ...] = field(default=())
    """Doors without a connection: files, picks."""
