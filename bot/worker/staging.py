"""The file through which parsed rows reach the bot: staged.sqlite3, written once."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from bot.worker.rows import StagedRow
from recsys.names import name_key

FILE_NAME = "staged.sqlite3"
_BATCH = 2_000
_TABLE = """
CREATE TABLE staged(
  row INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  source_time TEXT NOT NULL,
  started_at_ms INTEGER,
  precision_ms INTEGER,
  ms_played INTEGER,
  plays INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  artist TEXT NOT NULL,
  artist_key TEXT NOT NULL,
  title TEXT,
  title_key TEXT,
  uri TEXT,
  mbid TEXT,
  listener TEXT
) STRICT
"""
_UNDATED = """
CREATE UNIQUE INDEX undated
ON staged(source, ifnull(listener, ''), artist_key, ifnull(title_key, ''), skipped)
WHERE source_time = ''
"""
_INSERT = """
INSERT INTO staged(source, source_time, started_at_ms, precision_ms, ms_played, plays, skipped,
                   artist, artist_key, title, title_key, uri, mbid, listener)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source, ifnull(listener, ''), artist_key, ifnull(title_key, ''), skipped)
WHERE source_time = '' DO UPDATE SET plays = min(plays + excluded.plays, 1000000000)
"""
"""Undated rows about the same thing are summed: each of them would have the same natural key."""

_key = lru_cache(maxsize=65_536)(name_key)


class Staging:
    """Writes rows 1..n without gaps; nothing is visible under the final name before `publish`."""

    def __init__(self, folder: Path) -> None:
        self._final = folder / FILE_NAME
        self._part = folder / f"{FILE_NAME}.part"
        self._part.unlink(missing_ok=True)
        self._db = sqlite3.connect(self._part, isolation_level=None)
        self._db.executescript(
            f"PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; {_TABLE}; {_UNDATED};"
        )
        self._batch: list[tuple[object, ...]] = []
        self._db.execute("BEGIN")

    def add(self, row: StagedRow) -> None:
        """Stage one row."""
        self._batch.append(
            (
                row.source._value_,  # `.value`, at a fifth of the time
                *row[1:6],
                int(row.skipped),
                row.artist,
                _key(row.artist),
                row.title,
                None if row.title is None else _key(row.title),
                *row[9:],
            )
        )
        if len(self._batch) >= _BATCH:
            self._flush()

    def count(self) -> int:
        """Return how many rows are staged."""
        self._flush()
        (n,) = self._db.execute("SELECT count(*) FROM staged").fetchone()
        return int(n)

    @contextmanager
    def part(self) -> Iterator[None]:
        """Rows staged inside are dropped again when the block raises."""
        self._flush()
        self._db.execute("SAVEPOINT part")
        try:
            yield
            self._flush()
        except BaseException:
            self._batch.clear()
            self._db.execute("ROLLBACK TO part")
            raise
        finally:
            self._db.execute("RELEASE part")

    def publish(self) -> int:
        """Make the rows visible under the final name, durably; return their number."""
        n = self.count()
        self._db.execute("COMMIT")
        self._db.execute("DROP INDEX undated")
        self._db.close()
        with self._part.open("rb") as file:
            os.fsync(file.fileno())
        self._part.replace(self._final)
        sync_folder(self._final.parent)
        return n

    def abandon(self) -> None:
        """Drop everything."""
        self._db.close()
        self._part.unlink(missing_ok=True)

    def _flush(self) -> None:
        if self._batch:
            self._db.executemany(_INSERT, self._batch)
            self._batch.clear()


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder survive a power cut, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
