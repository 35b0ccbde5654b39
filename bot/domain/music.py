"""Artists, tracks and what a card shows."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ids import ArtistId, ItemKey, TrackId, key_of_artist, key_of_track


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist; `tier` is 1 (household name) to 5 (cult favourite), None when nobody said."""

    id: ArtistId
    name: str
    country: str | None = None
    tags: tuple[str, ...] = ()
    tier: int | None = None


class ArtworkSource(StrEnum):
    """Where a picture is, the preferred one first.

    Pictures stay their owners': only the link is kept, and it is shown beside the source's name.
    """

    COVER_ART_ARCHIVE = "coverartarchive"
    DEEZER = "deezer"


@dataclass(frozen=True, slots=True)
class Artwork:
    """A link to the cover of a release."""

    source: ArtworkSource
    url: str


@dataclass(frozen=True, slots=True)
class Track:
    """A track of one artist."""

    id: TrackId
    title: str
    artist: Artist
    year: int | None = None
    spotify_id: str | None = None
    deezer_id: str | None = None
    artwork: Artwork | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What one line of a card is about: a track, or an artist of whom no track is known."""

    artist: Artist
    track: Track | None = None

    @property
    def key(self) -> ItemKey:
        """The key under which the recommender ranks it."""
        return key_of_track(self.track.id) if self.track else key_of_artist(self.artist.id)

    @property
    def title(self) -> str:
        """The title alone, or the artist's name."""
        return self.track.title if self.track else self.artist.name

    @property
    def full_title(self) -> str:
        """Title and artist in one line."""
        return f"{self.track.title} – {self.artist.name}" if self.track else self.artist.name


class LinkService(StrEnum):
    """Where a title's link leads; YouTube works without an account."""

    YOUTUBE = "youtube"
    SPOTIFY = "spotify"
    APPLE_MUSIC = "apple_music"
    DEEZER = "deezer"
    TIDAL = "tidal"
    BANDCAMP = "bandcamp"
