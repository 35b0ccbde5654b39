"""The packaged atlas as plain values, for drawing a community from it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MIDDLE_TIER = 3


@dataclass(frozen=True, slots=True)
class AtlasArtist:
    """One line of artists-*.csv; `decades` are years such as 1980."""

    name: str
    country: str
    tier: int
    decades: tuple[int, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AtlasTrack:
    """One line of tracks-*.csv."""

    artist: AtlasArtist
    title: str
    year: int | None


def read_tracks(folder: Path) -> tuple[AtlasTrack, ...]:
    """Return every track of the atlas once, in the order of the files."""
    artists = {artist.name: artist for artist in _artists(folder)}
    tracks: dict[tuple[str, str], AtlasTrack] = {}
    for row in _rows(folder, "tracks-*.csv"):
        artist = artists.get(row["artist"])
        if artist is not None:
            year = int(row["year"]) if row["year"] else None
            tracks.setdefault((artist.name, row["title"]), AtlasTrack(artist, row["title"], year))
    return tuple(tracks.values())


def _artists(folder: Path) -> Iterator[AtlasArtist]:
    for row in _rows(folder, "artists-*.csv"):
        yield AtlasArtist(
            name=row["name"],
            country=row["country"],
            tier=int(row["tier"] or MIDDLE_TIER),
            decades=tuple(int(d[:4]) for d in row["decades"].split(";") if d),
            tags=tuple(t.strip() for t in row["tags"].split(";") if t.strip()),
        )


def _rows(folder: Path, pattern: str) -> Iterator[dict[str, str]]:
    for path in sorted(folder.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
