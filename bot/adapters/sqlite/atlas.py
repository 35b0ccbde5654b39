"""The bundled catalogue: artists and tracks from CSV files, loaded once per version of them."""

import csv
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.adapters.sqlite.meta import get_meta, set_meta
from bot.adapters.sqlite.search import index_artists, index_tracks
from recsys.names import name_key

VERSION_KEY: Final = "atlas.version"
_FORMAT: Final = b"1"
"""Raised when the same files must be loaded anew."""


def seed_atlas(raw: sqlite3.Connection, folder: Path) -> bool:
    """Load the files of a folder unless this very version is loaded; return whether it was.

    Artists that imports brought in earlier are completed, not doubled.
    """
    artist_files = sorted(folder.glob("artists-*.csv"))
    track_files = sorted(folder.glob("tracks-*.csv"))
    explicit_files = sorted(folder.glob("explicit.csv"))
    version = _version([*artist_files, *track_files, *explicit_files])
    if get_meta(raw, VERSION_KEY) == version:
        return False
    artist_ids: dict[str, int] = {}
    tag_ids: dict[str, int] = {}
    for row in _rows(artist_files):
        artist_ids[row["name"]] = artist_id = _store_artist(raw, row)
        _store_tags(raw, artist_id, row["tags"], tag_ids)
    for row in _rows(track_files):
        name = row["artist"]
        artist_id = artist_ids.get(name) or _bare_artist(raw, name)
        artist_ids[name] = artist_id
        _store_track(raw, artist_id, row)
    for row in _rows(explicit_files):
        raw.execute(
            "UPDATE tracks SET explicit = 1 WHERE artist_id = ? AND title_key = ?",
            (artist_ids[row["artist"]], name_key(row["title"])),
        )
    index_artists(raw, raw.execute("SELECT id, name_key, tier FROM artists WHERE atlas = 1"))
    index_tracks(
        raw,
        raw.execute(
            "SELECT t.id, t.title_key, a.tier FROM tracks AS t "
            "JOIN artists AS a ON a.id = t.artist_id WHERE a.atlas = 1"
        ),
    )
    set_meta(raw, VERSION_KEY, version)
    return True


def _version(files: list[Path]) -> str:
    digest = hashlib.sha256(_FORMAT)
    for path in files:
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _rows(files: list[Path]) -> Iterator[dict[str, str]]:
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def _store_artist(raw: sqlite3.Connection, row: dict[str, str]) -> int:
    (artist_id,) = raw.execute(
        "INSERT INTO artists (name, name_key, country, tier, decades, atlas) "
        "VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (name_key) DO UPDATE SET name = excluded.name, "
        "country = excluded.country, tier = excluded.tier, decades = excluded.decades, atlas = 1 "
        "RETURNING id",
        (
            row["name"],
            name_key(row["name"]),
            row["country"] or None,
            int(row["tier"]) if row["tier"] else None,
            row["decades"],
        ),
    ).fetchone()
    return int(artist_id)


def _store_tags(
    raw: sqlite3.Connection, artist_id: int, text: str, tag_ids: dict[str, int]
) -> None:
    tags = dict.fromkeys(tag.strip() for tag in text.split(";") if tag.strip())
    for tag in tags:
        if tag not in tag_ids:
            (tag_ids[tag],) = raw.execute(
                "INSERT INTO tags (name) VALUES (?) "
                "ON CONFLICT DO UPDATE SET name = excluded.name RETURNING id",
                (tag,),
            ).fetchone()
    raw.execute("DELETE FROM artist_tags WHERE artist_id = ? AND source = 'atlas'", (artist_id,))
    raw.executemany(
        "INSERT INTO artist_tags (artist_id, tag_id, place, weight) VALUES (?, ?, ?, 1.0) "
        "ON CONFLICT DO UPDATE SET place = excluded.place, weight = 1.0, source = 'atlas'",
        [(artist_id, tag_ids[tag], place) for place, tag in enumerate(tags)],
    )


def _bare_artist(raw: sqlite3.Connection, name: str) -> int:
    """Return the id of an artist that only a track file names."""
    (artist_id,) = raw.execute(
        "INSERT INTO artists (name, name_key, atlas) VALUES (?, ?, 1) "
        "ON CONFLICT (name_key) DO UPDATE SET atlas = 1 RETURNING id",
        (name, name_key(name)),
    ).fetchone()
    return int(artist_id)


def _store_track(raw: sqlite3.Connection, artist_id: int, row: dict[str, str]) -> None:
    raw.execute(
        "INSERT INTO tracks (artist_id, title, title_key, year, atlas) VALUES (?, ?, ?, ?, 1) "
        "ON CONFLICT (artist_id, title_key) DO UPDATE SET title = excluded.title, "
        "year = coalesce(excluded.year, year), atlas = 1, "
        "year_source = CASE WHEN excluded.year IS NULL THEN year_source END",
        (
            artist_id,
            row["title"],
            name_key(row["title"]),
            int(row["year"]) if row["year"] else None,
        ),
    )
