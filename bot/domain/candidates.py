"""Music beyond the pool: what other services say is similar. Facts about artists, never about people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.ids import ArtistId
from bot.domain.sources import OpenSource


class Origin(StrEnum):
    """Which question brought a candidate; begins with the name of the service that was asked."""

    LISTENBRAINZ_ARTISTS = "listenbrainz_artists"
    LISTENBRAINZ_RECORDINGS = "listenbrainz_recordings"
    LASTFM_ARTISTS = "lastfm_artists"
    LASTFM_TRACKS = "lastfm_tracks"
    DEEZER_RELATED = "deezer_related"
    DEEZER_RADIO = "deezer_radio"

    @property
    def service(self) -> OpenSource:
        """Who was asked."""
        return OpenSource(self.value.partition("_")[0])


Ids = tuple[tuple[str, str], ...]
"""Ids at other services: kind and value, as the catalogue keeps them."""


@dataclass(frozen=True, slots=True)
class Seed:
    """An artist that somebody here loves; a source is told the artist, never who."""

    artist_id: ArtistId
    name: str
    titles: tuple[str, ...] = ()
    """A few of its tracks, to tell it from namesakes."""
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundTrack:
    """A track by its title, with the ids that the source gave."""

    title: str
    ids: Ids = ()
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An artist that a source finds similar to the seed; `score` is in the source's own unit."""

    name: str
    score: float
    ids: Ids = ()
    tracks: tuple[FoundTrack, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source says about one seed: neighbours, the most similar first."""

    neighbours: tuple[Neighbour, ...] = ()
    seed_ids: Ids = ()
    """Ids of the seed itself that came to light."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """That a source was asked about an artist, and when it should be asked again."""

    due_at: datetime
    misses: int
    """Times in a row that it knew nothing."""


@dataclass(frozen=True, slots=True)
class Brought:
    """How many artists, tracks and similarities one answer added."""

    artists: int = 0
    tracks: int = 0
    similar: int = 0

    @property
    def anything(self) -> bool:
        """Whether a model that knows it could make other lists."""
        return bool(self.artists or self.tracks or self.similar)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the questions got: artists that were asked about, and what is known through them."""

    asked: int
    artists: int
    tracks: int
    questions: Mapping[Origin, int]
    """Asked on one day."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """A source that named an artist as similar to another one."""

    origin: Origin
    seed_id: ArtistId
    seed_name: str
    place: int
    brought: bool
    """Whether the catalogue knows the artist through this source at all."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an artist is known from, as one member may be told."""

    services: tuple[OpenSource, ...]
    brought: bool
    """Whether the catalogue knows the artist through them at all."""
    seeds: tuple[str, ...] = ()
    """Names of the member's own artists that it is played together with, the strongest first."""
