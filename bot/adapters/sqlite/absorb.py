"""Staged rows of an import on their way into the tables, one slice per transaction.

The import child leaves `staged.sqlite3` with rows numbered 1, 2, 3 …; it is attached read-only for
the length of one slice, so that SQL alone moves the rows and others write between two slices.
"""

import sqlite3
import time
from pathlib import Path
from typing import Final

from bot.adapters.sqlite.identities import store_track
from bot.adapters.sqlite.search import index_artists, index_tracks
from bot.adapters.sqlite.writer import transaction
from bot.domain.ids import ImportId
from bot.errors import NotFoundError
from bot.ports import ImportProgress

STAGED_NAME: Final = "staged.sqlite3"
SLICE_S: Final = 0.015
"""How long a slice should take: what a vote may have to wait."""
SLICE_ROWS: Final = 600
"""Rows of the first slice; the next ones have as many as fit into that time."""
MOST_SLICE_ROWS: Final = 4 * SLICE_ROWS
_LEAST_SLICE_ROWS: Final = SLICE_ROWS // 4
_FUTURE_MS: Final = 24 * 3600 * 1000
"""Listens dated later than this after the upload are a broken clock's and left out."""


class Pace:
    """Stores slices of an import, and learns from each how large the next one may be.

    Small slices cost more per row: each ends in a commit, which waits for the disk.
    """

    def __init__(self) -> None:
        self._rows = SLICE_ROWS

    def absorb(
        self, raw: sqlite3.Connection, import_id: ImportId, folder: Path, most: int
    ) -> ImportProgress:
        """Store the next slice of at most `most` rows; runs outside any transaction."""
        limit = min(self._rows, most)
        start = time.perf_counter()
        progress = absorb_slice(raw, import_id, folder, limit)
        if limit == self._rows:  # a remnant says little
            fits = SLICE_S / max(time.perf_counter() - start, 1e-6)
            rows = int(self._rows * min(max(fits, 0.5), 1.5))
            self._rows = min(max(rows, _LEAST_SLICE_ROWS), MOST_SLICE_ROWS)
        return progress


def absorb_slice(
    raw: sqlite3.Connection, import_id: ImportId, folder: Path, limit: int
) -> ImportProgress:
    """Store up to `limit` further staged rows; runs outside any transaction."""
    staged = folder / STAGED_NAME
    raw.execute("ATTACH DATABASE ? AS upload", (f"{staged.absolute().as_uri()}?mode=ro",))
    try:
        with transaction(raw):
            return _store(raw, import_id, limit)
    finally:
        raw.execute("DETACH DATABASE upload")


def _store(raw: sqlite3.Connection, import_id: ImportId, limit: int) -> ImportProgress:
    row = raw.execute(
        "SELECT member_id, rows_found, rows_done, rows_added, started_at FROM imports WHERE id = ?",
        (import_id,),
    ).fetchone()
    if row is None:
        raise NotFoundError
    member_id, rows_found, rows_done, rows_added, started_at = row
    last = min(rows_done + limit, rows_found)
    if last <= rows_done:
        return ImportProgress(rows_done, rows_added)
    span = (rows_done + 1, last)
    add_artists(raw, span)
    add_tracks(raw, span)
    added = add_listens(raw, member_id, started_at, span)
    raw.execute(
        "UPDATE imports SET rows_done = ?, rows_added = rows_added + ? WHERE id = ?",
        (last, added, import_id),
    )
    return ImportProgress(last, rows_added + added)


def add_listens(
    raw: sqlite3.Connection, member_id: int, recorded_at: int, span: tuple[int, int]
) -> int:
    """Store listens; return how many are new. Undated sums that have grown since are raised."""
    (newest,) = raw.execute("SELECT coalesce(max(id), 0) FROM listens").fetchone()
    raw.execute(
        "INSERT INTO listens (member_id, source_id, source_time, text_key, track_id, artist_id, "
        "started_at, precision_ms, ms_played, plays, skipped, recorded_at) "
        "SELECT ?, s.id, r.source_time, "
        "  coalesce(r.uri, r.artist_key || char(31) || coalesce(r.title_key, '')) "
        "    || CASE WHEN r.source_time = '' AND r.skipped THEN char(31) || 'skip' ELSE '' END, "
        "  coalesce(t.id, o.track_id), "
        "  CASE WHEN t.id IS NULL AND o.track_id IS NULL THEN a.id END, "
        "  r.started_at_ms, r.precision_ms, r.ms_played, r.plays, r.skipped, ? "
        "FROM upload.staged AS r "
        "CROSS JOIN sources AS s ON s.name = r.source "
        "CROSS JOIN artists AS a ON a.name_key = r.artist_key "
        "LEFT JOIN tracks AS t ON t.artist_id = a.id AND t.title_key = r.title_key "
        "LEFT JOIN track_titles AS o ON o.artist_id = a.id AND o.title_key = r.title_key "
        "WHERE r.row BETWEEN ? AND ? AND (r.started_at_ms IS NULL OR r.started_at_ms <= ?) "
        "ORDER BY r.row ON CONFLICT DO UPDATE SET plays = excluded.plays "
        "WHERE source_time = '' AND excluded.plays > plays",
        (member_id, recorded_at, *span, recorded_at + _FUTURE_MS),
    )
    (added,) = raw.execute("SELECT count(*) FROM listens WHERE id > ?", (newest,)).fetchone()
    return int(added)


def add_artists(raw: sqlite3.Connection, span: tuple[int, int]) -> None:
    """Add artists of `upload.staged` that the catalogue doesn't know."""
    new = raw.execute(
        "INSERT INTO artists (name, name_key) "
        "SELECT min(r.artist), r.artist_key FROM upload.staged AS r "
        "WHERE r.row BETWEEN ? AND ? "
        "AND NOT EXISTS (SELECT 1 FROM artists AS a WHERE a.name_key = r.artist_key) "
        "GROUP BY r.artist_key ORDER BY min(r.row) RETURNING id, name_key, tier",
        span,
    ).fetchall()
    index_artists(raw, new)


def add_tracks(raw: sqlite3.Connection, span: tuple[int, int]) -> None:
    """Add tracks of `upload.staged` that the catalogue doesn't know, and ids of those it does.

    A title that only another release gives becomes one more title of its recording.
    """
    (newest,) = raw.execute("SELECT coalesce(max(id), 0) FROM tracks").fetchone()
    unknown = raw.execute(
        "SELECT a.id, r.title_key, min(r.title), "
        "  min(CASE WHEN r.uri GLOB 'spotify:track:*' THEN substr(r.uri, 15) END), min(r.mbid) "
        "FROM upload.staged AS r CROSS JOIN artists AS a ON a.name_key = r.artist_key "
        "WHERE r.row BETWEEN ? AND ? AND r.title_key IS NOT NULL "
        "AND NOT EXISTS ("
        "  SELECT 1 FROM tracks AS t WHERE t.artist_id = a.id AND t.title_key = r.title_key "
        "  AND (t.spotify_id IS NOT NULL OR r.uri IS NULL)) "
        "AND NOT EXISTS ("
        "  SELECT 1 FROM track_titles AS o WHERE o.artist_id = a.id AND o.title_key = r.title_key) "
        "GROUP BY a.id, r.title_key ORDER BY min(r.row)",
        span,
    ).fetchall()
    for artist_id, title_key, title, spotify_id, mbid in unknown:
        ids = (("mbid", mbid), ("spotify", spotify_id))
        store_track(raw, artist_id, title_key, title, ids)
    index_tracks(
        raw,
        raw.execute(
            "SELECT t.id, t.title_key, a.tier FROM tracks AS t "
            "JOIN artists AS a ON a.id = t.artist_id WHERE t.id > ?",
            (newest,),
        ).fetchall(),
    )
