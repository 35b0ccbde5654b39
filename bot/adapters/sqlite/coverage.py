"""How much is known of artists and tracks: of all, and of those that members met."""

# ruff: noqa: S608  (statements are put together from constants of this module only)

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.adapters.sqlite.connection import connect_reader, storage_errors
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.domain.enrichment import Coverage, Share, Task, TaskState

TOUCHED: Final = (
    "shown(id) AS MATERIALIZED ("
    " SELECT DISTINCT track_id FROM recommendation_items WHERE track_id IS NOT NULL), "
    "heard(id) AS MATERIALIZED ("
    " SELECT DISTINCT subject_id FROM play_sums WHERE of_artist = 0), "
    "met(id) AS MATERIALIZED ("
    " SELECT artist_id FROM picks UNION SELECT subject_id FROM play_sums WHERE of_artist = 1"
    " UNION SELECT artist_id FROM recommendation_items WHERE artist_id IS NOT NULL"
    " UNION SELECT artist_id FROM tracks"
    "  WHERE id IN (SELECT id FROM shown UNION ALL SELECT id FROM heard))"
)
"""Tracks that members were shown, tracks they played, and artists they met in any way."""
_ARTISTS: Final = (
    ("tags", "EXISTS (SELECT 1 FROM artist_tags WHERE artist_id = a.id)"),
    (
        "tags of an open source",
        "EXISTS (SELECT 1 FROM artist_tags WHERE artist_id = a.id AND source <> 'atlas')",
    ),
    ("artist MBID", "a.mbid IS NOT NULL"),
)
_ID: Final = "EXISTS (SELECT 1 FROM track_ids WHERE track_id = t.id AND kind = '{}')"
_TRACKS: Final = (
    ("recording MBID", "t.mbid IS NOT NULL"),
    ("ISRC", _ID.format("isrc")),
    ("year", "t.year IS NOT NULL"),
    ("audio features", "EXISTS (SELECT 1 FROM track_sound WHERE track_id = t.id)"),
    ("artwork", "EXISTS (SELECT 1 FROM track_artwork WHERE track_id = t.id)"),
    ("exact link", f"(t.spotify_id IS NOT NULL OR {_ID.format('deezer')})"),
)


def count_coverage(raw: sqlite3.Connection) -> Coverage:
    """Count in one consistent view."""
    return Coverage(everything=_shares(raw, "1", "1"), touched=_shares(raw, *_MET))


_MET: Final = (
    "a.id IN (SELECT id FROM met)",
    "t.id IN (SELECT id FROM shown UNION ALL SELECT id FROM heard)",
)


def read_coverage(path: Path) -> Coverage:
    """Count in a database file, without owning it.

    Raises
    ------
    StorageError
        When it can't be read.
    """
    with storage_errors(), closing(connect_reader(path)) as raw:
        return count_coverage(raw)


def read_troubles(path: Path, *, at: datetime) -> dict[Task, TaskState]:
    """Return which questions rest because of trouble, in a database file without owning it.

    Raises
    ------
    StorageError
        When it can't be read.
    """
    with storage_errors(), closing(connect_reader(path)) as raw:
        rows = raw.execute(
            "SELECT task, paused_until, strikes, trouble FROM enrichment_tasks "
            "WHERE paused_until > ? ORDER BY task",
            (to_ms(at),),
        )
        return {Task(task): TaskState(from_ms(until), *rest) for task, until, *rest in rows}


def _shares(raw: sqlite3.Connection, artists: str, tracks: str) -> tuple[Share, ...]:
    return (
        *_count(raw, "artists AS a", artists, _ARTISTS),
        *_count(raw, "tracks AS t", tracks, _TRACKS),
    )


def _count(
    raw: sqlite3.Connection, table: str, which: str, features: tuple[tuple[str, str], ...]
) -> list[Share]:
    sums = ", ".join(f"coalesce(sum({condition}), 0)" for _, condition in features)
    n, *known = raw.execute(
        f"WITH {TOUCHED} SELECT count(*), {sums} FROM {table} WHERE {which}"
    ).fetchone()
    return [Share(name, k, n) for (name, _), k in zip(features, known, strict=True)]
