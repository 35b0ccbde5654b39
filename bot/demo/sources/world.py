"""What the stand-ins know: artists, tracks, people and what they played; nothing of it is real data."""

import uuid
from dataclasses import dataclass, field

ROOT = uuid.UUID("5b5bd600-0000-4000-8000-000000000000")
FEATURES = (
    "acousticness",
    "danceability",
    "energy",
    "instrumentalness",
    "liveness",
    "speechiness",
    "valence",
)


@dataclass(frozen=True)
class StoodArtist:
    """An artist with tags, the first one weighing most."""

    id: int
    name: str
    tags: tuple[str, ...] = ()
    fans: int = 1000

    @property
    def mbid(self) -> str:
        """Its id at MusicBrainz."""
        return str(uuid.uuid5(ROOT, f"artist/{self.name}"))


@dataclass(frozen=True)
class StoodTrack:
    """A track; `mbid_known` is False for one that MusicBrainz never heard of."""

    id: int
    artist: StoodArtist
    title: str
    year: int | None = 2001
    seconds: int = 200
    mbid_known: bool = True
    analysed: bool = True

    @property
    def mbid(self) -> str:
        """Its recording id at MusicBrainz."""
        return str(uuid.uuid5(ROOT, f"recording/{self.artist.name}/{self.title}"))

    @property
    def isrc(self) -> str:
        """Its ISRC."""
        return f"QZAUX{self.id:07d}"

    @property
    def spotify_id(self) -> str:
        """Its id at Spotify, as ReccoBeats hands it out."""
        return f"{self.id:022d}"

    def features(self) -> dict[str, float]:
        """Return made-up audio features, the same at every call."""
        digest = uuid.uuid5(ROOT, f"sound/{self.id}").bytes
        return {name: digest[n] / 255 for n, name in enumerate(FEATURES)} | {
            "loudness": -20 * digest[8] / 255,
            "tempo": 60 + 120 * digest[9] / 255,
            "key": digest[10] % 12,
            "mode": digest[11] % 2,
        }


@dataclass(frozen=True)
class Heard:
    """One listen, by the second in which it began."""

    at: int
    track: StoodTrack


@dataclass
class StoodPerson:
    """Somebody with an account under a name."""

    name: str
    listens: list[Heard] = field(default_factory=list)
    loved: list[Heard] = field(default_factory=list)
    hated: list[Heard] = field(default_factory=list)
    hidden: bool = False
    registered: int = 1_100_000_000

    def hear(self, at: int, track: StoodTrack) -> None:
        """Play a track; the newest listen stays first."""
        self.listens.append(Heard(at, track))
        self.listens.sort(key=lambda one: -one.at)


class SourceWorld:
    """Everything the stand-ins answer from."""

    def __init__(self) -> None:
        self.artists: dict[str, StoodArtist] = {}
        self.tracks: list[StoodTrack] = []
        self.people: dict[str, StoodPerson] = {}

    def artist(self, name: str, *tags: str, fans: int = 1000) -> StoodArtist:
        """Return the artist of a name, made when there is none."""
        if name not in self.artists:
            self.artists[name] = StoodArtist(len(self.artists) + 1, name, tags, fans)
        return self.artists[name]

    def track(self, artist: StoodArtist, title: str, **known: object) -> StoodTrack:
        """Add a track."""
        one = StoodTrack(len(self.tracks) + 1, artist, title, **known)  # type: ignore[arg-type]
        self.tracks.append(one)
        return one

    def person(self, name: str) -> StoodPerson:
        """Return the account of a name, made when there is none."""
        return self.people.setdefault(name.casefold(), StoodPerson(name))

    def of_artist(self, artist: StoodArtist) -> list[StoodTrack]:
        """Return an artist's tracks."""
        return [track for track in self.tracks if track.artist is artist]

    def near(self, artist: StoodArtist) -> list[tuple[StoodArtist, int]]:
        """Return other artists with the number of tags they share, the nearest first."""
        mine = set(artist.tags)
        found = [
            (other, len(mine & set(other.tags)))
            for other in self.artists.values()
            if other is not artist
        ]
        return sorted((pair for pair in found if pair[1]), key=lambda pair: (-pair[1], pair[0].id))

    def by_mbid(self, mbid: str) -> StoodArtist | StoodTrack | None:
        """Return what an id of MusicBrainz stands for."""
        everything: list[StoodArtist | StoodTrack] = [*self.artists.values(), *self.tracks]
        return next((one for one in everything if one.mbid == mbid), None)

    def find_artist(self, name: str) -> StoodArtist | None:
        """Return the artist of a name, whatever its case."""
        wanted = name.casefold()
        return next((a for a in self.artists.values() if a.name.casefold() == wanted), None)

    def find_track(self, artist: str, title: str) -> StoodTrack | None:
        """Return a track by names, whatever their case."""
        wanted = (artist.casefold(), title.casefold())
        return next(
            (t for t in self.tracks if (t.artist.name.casefold(), t.title.casefold()) == wanted),
            None,
        )
