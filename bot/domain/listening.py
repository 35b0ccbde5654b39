"""Listens: where they come from, how a parsed one looks, what is left of them as evidence."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.ids import ArtistId, ImportId, MemberId
from bot.domain.music import Artist
from bot.domain.untrusted import SHORTEST_PLAY_MS


class Source(StrEnum):
    """The door through which a listen came."""

    PICK = "pick"
    SPOTIFY_EXTENDED = "spotify_extended"
    SPOTIFY_ACCOUNT = "spotify_account"
    LISTENBRAINZ = "listenbrainz"
    CSV = "csv"
    SPOTIFY_API = "spotify_api"
    LASTFM = "lastfm"
    DISCORD_ACTIVITY = "discord_activity"


@dataclass(frozen=True, slots=True)
class FetchedListen:
    """What a door that is asked over the network said once; `title` is None for an artist alone.

    `source_time` is the door's own spelling of when, part of the natural key (decision D16); empty
    for sums without a date, of which the larger one stays.
    """

    source_time: str
    artist: str
    title: str | None = None
    started_at: datetime | None = None
    precision_ms: int | None = None
    ms_played: int | None = None
    plays: int = 1
    skipped: bool = False
    uri: str | None = None
    mbid: str | None = None
    explicit: bool | None = None
    """The label of the track; None when the door doesn't say."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time of which a door is known to have lost listens."""

    start: datetime
    end: datetime


def was_skipped(ms_played: int | None, length_ms: int | None) -> bool:
    """Return whether a play was broken off: before 30 s, or before half of its length."""
    if ms_played is None:
        return False
    return ms_played < SHORTEST_PLAY_MS or (length_ms is not None and ms_played * 2 < length_ms)


class Level(StrEnum):
    """What a piece of evidence is about."""

    TRACK = "track"
    ARTIST = "artist"


class EvidenceKind(StrEnum):
    """How a listener told us."""

    PLAY = "play"
    PICK = "pick"
    LIKE = "like"
    DISLIKE = "dislike"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """All that one listener did with one track or artist in one way.

    `value` is the number of plays (or skips), 1 for picks and verdicts; `last_at` is the newest of
    them, None where the source gave no date.
    """

    level: Level
    id: int
    kind: EvidenceKind
    value: float
    last_at: datetime | None


class ImportState(StrEnum):
    """How far an import is."""

    WAITING = "waiting"
    PARSING = "parsing"
    STORING = "storing"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ImportJob:
    """One upload on its way into the database; survives a restart."""

    id: ImportId
    member_id: MemberId
    state: ImportState
    file_names: tuple[str, ...]
    folder: str
    """Folder below the data directory that holds the raw files and the staged rows."""
    rows_found: int
    rows_done: int
    """Staged rows already stored: the import goes on from here after a restart."""
    rows_added: int
    started_at: datetime
    finished_at: datetime | None = None
    error_key: str | None = None
    notes: tuple[str, ...] = ()
    """What was passed over and why, as `file: reason` with a message key as the reason."""


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """What one door brought in."""

    source: Source
    listens: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class TasteSummary:
    """A member's listening at a glance."""

    listens: int
    top_artists: tuple[tuple[Artist, int], ...]
    top_tags: tuple[tuple[str, float], ...]
    """Tag and its share of the plays, 0 to 1."""
    sources: tuple[SourceSummary, ...] = field(default=())
    picks: tuple[tuple[ArtistId, str], ...] = ()
