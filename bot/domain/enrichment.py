"""What is asked of open sources about artists and tracks, and what they may answer."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.music import ArtworkSource
from bot.domain.sources import OpenSource

DAY: Final = timedelta(days=1)
LONGEST_MISS: Final = timedelta(days=30)
JITTER: Final = 0.2
"""Answers expire up to this share earlier or later, so that they don't all expire together."""
MOST_TAGS: Final = 12
LEAST_SHARE: Final = 0.1
"""Tags that weigh less than this beside an artist's first one say too little."""


class Level(StrEnum):
    """What a question is about."""

    ARTIST = "artist"
    TRACK = "track"


class Task(StrEnum):
    """One kind of question to one source."""

    RECORDING_ID = "recording_id"
    RECORDING = "recording"
    ARTIST_ID = "artist_id"
    ARTIST_GENRES = "artist_genres"
    ARTIST_TAGS = "artist_tags"
    DEEZER_TRACK = "deezer_track"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Terms:
    """How long an answer is good for, and how long "nothing found", which doubles each time."""

    level: Level
    fresh_for: timedelta
    missing_for: timedelta = DAY


TERMS: Final = {
    Task.RECORDING_ID: Terms(Level.TRACK, 180 * DAY),
    Task.RECORDING: Terms(Level.TRACK, 30 * DAY),
    Task.ARTIST_ID: Terms(Level.ARTIST, 180 * DAY),
    Task.ARTIST_GENRES: Terms(Level.ARTIST, 30 * DAY),
    Task.ARTIST_TAGS: Terms(Level.ARTIST, 30 * DAY),
    Task.DEEZER_TRACK: Terms(Level.TRACK, 90 * DAY),
    Task.SOUND: Terms(Level.TRACK, 365 * DAY, 30 * DAY),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """An artist or a track to ask about, with what is known of it."""

    id: int
    artist: str
    title: str | None = None
    country: str | None = None
    mbid: str | None = None
    artist_mbid: str | None = None
    isrc: str | None = None
    year: int | None = None
    length_ms: int | None = None
    misses: int = 0


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag with its weight beside the artist's first one; `genre` says that a curator knows it."""

    name: str
    weight: float
    genre: bool = False


@dataclass(frozen=True, slots=True)
class Sound:
    """How a recording sounds, as measured; None where nobody said."""

    acousticness: float | None = None
    danceability: float | None = None
    energy: float | None = None
    instrumentalness: float | None = None
    liveness: float | None = None
    speechiness: float | None = None
    valence: float | None = None
    loudness: float | None = None
    tempo: float | None = None
    key: int | None = None
    mode: int | None = None


SOUND_COLUMNS: Final = tuple(one.name for one in fields(Sound))
SOUND_SHARES: Final = SOUND_COLUMNS[:7]
"""The ones that are shares of 1."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a source said about one artist or track; None and empty where it said nothing.

    `artist_…` and `tags` are about the track's artist where the question was about a track.
    """

    mbid: str | None = None
    artist_mbid: str | None = None
    isrc: str | None = None
    spotify_id: str | None = None
    deezer_id: str | None = None
    artist_deezer_id: str | None = None
    year: int | None = None
    length_ms: int | None = None
    explicit: bool | None = None
    tags: tuple[Tag, ...] | None = None
    sound: Sound | None = None
    artwork: tuple[tuple[ArtworkSource, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TaskState:
    """Until when a question rests, after how many failures in a row, and why."""

    paused_until: datetime | None = None
    strikes: int = 0
    trouble: str | None = None


SOURCE_OF: Final = {
    Task.RECORDING_ID: OpenSource.LISTENBRAINZ,
    Task.RECORDING: OpenSource.LISTENBRAINZ,
    Task.ARTIST_ID: OpenSource.MUSICBRAINZ,
    Task.ARTIST_GENRES: OpenSource.MUSICBRAINZ,
    Task.ARTIST_TAGS: OpenSource.LASTFM,
    Task.DEEZER_TRACK: OpenSource.DEEZER,
    Task.SOUND: OpenSource.RECCOBEATS,
}
"""Who is asked."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many have something."""

    name: str
    known: int
    all: int

    def __str__(self) -> str:
        part = 100 * self.known / self.all if self.all else 0.0
        return f"{self.name} {self.known:,} of {self.all:,} ({part:.0f} %)"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known, for the whole catalogue and for what members listened to, picked or were shown."""

    everything: tuple[Share, ...]
    touched: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """Half a minute of a track: an address that expires, and the page it belongs to."""

    url: str
    page: str
    service: str


def good_for(terms: Terms, *, found: bool, misses: int, chance: float) -> timedelta:
    """Return for how long an answer stands; `chance` 0..1 spreads it by the jitter."""
    span = terms.fresh_for if found else min(LONGEST_MISS, terms.missing_for * 2 ** min(misses, 10))
    return span * (1 + JITTER * (2 * chance - 1))


def weighed(counts: Sequence[tuple[str, float, bool]]) -> tuple[Tag, ...]:
    """Return tags by counts as weights beside the largest, the heaviest first."""
    top = max((count for _, count, _ in counts), default=0.0)
    if top <= 0:
        return ()
    best: dict[str, Tag] = {}
    for name, count, genre in sorted(counts, key=lambda one: -one[1]):
        share = count / top
        if share >= LEAST_SHARE:
            best.setdefault(name.casefold(), Tag(name.casefold(), round(share, 4), genre))
    return tuple(best.values())[:MOST_TAGS]
