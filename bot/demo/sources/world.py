"""What the stand-ins know: artists, tracks, people and what they played; nothing of it is real data."""

import uuid
from dataclasses import dataclass, field

from bot.demo.spotify.world import id_of
from bot.domain.stand_ins import AT_DEEZER

ROOT = uuid.UUID("5b5bd600-0000-4000-8000-000000000000")
ISRC = "QZAUX"
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
    """A track; `mbid_known` is False for one that MusicBrainz never heard of.

    `sold` says that Deezer has it, `in_store` that iTunes does, `audible` that half a minute may be
    heard, `analysed` that ReccoBeats measured it.
    """

    id: int
    artist: StoodArtist
    title: str
    year: int | None = 2001
    seconds: int = 200
    mbid_known: bool = True
    analysed: bool = True
    sold: bool = True
    audible: bool = True
    in_store: bool = True

    @property
    def mbid(self) -> str:
        """Its recording id at MusicBrainz."""
        return str(uuid.uuid5(ROOT, f"recording/{self.artist.name}/{self.title}"))

    @property
    def isrc(self) -> str:
        """Its ISRC."""
        return f"{ISRC}{self.id:07d}"

    @property
    def deezer_id(self) -> int:
        """Its id at Deezer."""
        return AT_DEEZER + self.id

    @property
    def spotify_id(self) -> str:
        """Its id at Spotify, as ReccoBeats hands it out: the one that the other stand-in knows."""
        return id_of("track", f"{self.artist.name}\n{self.title}")

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
        self._ids: dict[str, StoodArtist | StoodTrack] = {}
        self._names: dict[str, StoodArtist] = {}
        self._titles: dict[tuple[str, str], StoodTrack] = {}
        self._said: dict[str, list[StoodTrack]] = {}
        self._of_artist: dict[int, list[StoodTrack]] = {}
        self._near: dict[int, list[tuple[StoodArtist, int]]] = {}

    def artist(self, name: str, *tags: str, fans: int = 1000) -> StoodArtist:
        """Return the artist of a name, made when there is none."""
        if name not in self.artists:
            one = StoodArtist(len(self.artists) + 1, name, tags, fans)
            self.artists[name] = self._ids[one.mbid] = one
            self._names.setdefault(name.casefold(), one)
            self._near.clear()
        return self.artists[name]

    def track(self, artist: StoodArtist, title: str, **known: object) -> StoodTrack:
        """Add a track."""
        one = StoodTrack(len(self.tracks) + 1, artist, title, **known)  # type: ignore[arg-type]
        self.tracks.append(one)
        self._ids[one.mbid] = one
        self._titles.setdefault((artist.name.casefold(), title.casefold()), one)
        for word in set(f"{artist.name} {title}".casefold().split()):
            self._said.setdefault(word, []).append(one)
        self._of_artist.setdefault(artist.id, []).append(one)
        return one

    def person(self, name: str) -> StoodPerson:
        """Return the account of a name, made when there is none."""
        return self.people.setdefault(name.casefold(), StoodPerson(name))

    def of_artist(self, artist: StoodArtist) -> list[StoodTrack]:
        """Return an artist's tracks."""
        return self._of_artist.get(artist.id, [])

    def near(self, artist: StoodArtist) -> list[tuple[StoodArtist, int]]:
        """Return other artists with the number of tags they share, the nearest first."""
        if artist.id in self._near:
            return self._near[artist.id]
        mine = set(artist.tags)
        found = [
            (other, len(mine & set(other.tags)))
            for other in self.artists.values()
            if other is not artist
        ]
        found = sorted((pair for pair in found if pair[1]), key=lambda pair: (-pair[1], pair[0].id))
        self._near[artist.id] = found
        return found

    def by_mbid(self, mbid: str) -> StoodArtist | StoodTrack | None:
        """Return what an id of MusicBrainz stands for."""
        return self._ids.get(mbid)

    def track_by_id(self, id_: int) -> StoodTrack | None:
        """Return a track by its number."""
        return self.tracks[id_ - 1] if 0 < id_ <= len(self.tracks) else None

    def track_at_deezer(self, id_: str) -> StoodTrack | None:
        """Return a track by its id at Deezer."""
        return self.track_by_id(int(id_) - AT_DEEZER) if id_.isdigit() else None

    def track_by_isrc(self, isrc: str) -> StoodTrack | None:
        """Return a track by its ISRC."""
        number = isrc.removeprefix(ISRC)
        return self.track_by_id(int(number)) if number.isdigit() else None

    def saying(self, words: set[str]) -> list[StoodTrack]:
        """Return tracks in whose artist and title all these words are."""
        found = [self._said.get(word, []) for word in words]
        if not found:
            return []
        rarest = min(found, key=len)
        return [t for t in rarest if words <= set(f"{t.artist.name} {t.title}".casefold().split())]

    def find_artist(self, name: str) -> StoodArtist | None:
        """Return the artist of a name, whatever its case."""
        return self._names.get(name.casefold())

    def find_track(self, artist: str, title: str) -> StoodTrack | None:
        """Return a track by names, whatever their case."""
        return self._titles.get((artist.casefold(), title.casefold()))
