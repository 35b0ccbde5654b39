"""What artists are called here and at MusicBrainz: by that a prior from elsewhere is matched."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.adapters.sqlite.connection import connect_reader, storage_errors


def artist_names(raw: sqlite3.Connection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names and MusicBrainz ids (empty where unknown), by artist id."""
    rows = raw.execute("SELECT name, coalesce(mbid, '') FROM artists ORDER BY id").fetchall()
    return tuple(row[0] for row in rows), tuple(row[1] for row in rows)


def read_artist_names(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read them from a database file, without owning it.

    Raises
    ------
    StorageError
        When it can't be read.
    """
    with storage_errors(), closing(connect_reader(path)) as raw:
        return artist_names(raw)
