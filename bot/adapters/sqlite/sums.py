"""Sums over a member's plays: worked out on a reader, stored in slices, so that writers go on."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import MemberId

SLICE_ROWS: Final = 2000
_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Difference:
    """What has to change in the stored sums."""

    changed: list[_Row]
    gone: list[tuple[int, int]]
    by_source: list[_Row]


async def renew_sums(readers: Readers, writer: Writer, member_id: MemberId) -> None:
    """Bring a member's sums up to date; doing it twice, or again after a kill, is fine."""
    difference = await readers.run_long(_difference, member_id)
    for rows in _slices(difference.gone):
        await writer.run(_forget, member_id, rows)
    for rows in _slices(difference.changed):
        await writer.run(_store, member_id, rows)
    await writer.run(_store_by_source, member_id, difference.by_source)


def _slices(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), SLICE_ROWS):
        yield rows[start : start + SLICE_ROWS]


def _difference(raw: sqlite3.Connection, member_id: MemberId) -> _Difference:
    stored = {
        (row[0], row[1]): row
        for row in raw.execute(
            "SELECT of_artist, subject_id, plays, skips, played_at, skipped_at "
            "FROM play_sums WHERE member_id = ?",
            (member_id,),
        )
    }
    rows = raw.execute(
        "SELECT track_id IS NULL, coalesce(track_id, artist_id), "
        "sum(CASE WHEN skip THEN 0 ELSE plays END), sum(CASE WHEN skip THEN plays ELSE 0 END), "
        "max(CASE WHEN NOT skip THEN started_at END), max(CASE WHEN skip THEN started_at END) "
        "FROM plays WHERE member_id = ? "
        "AND source_id IN (SELECT id FROM sources WHERE personal = 1) "
        "GROUP BY track_id, artist_id",
        (member_id,),
    )
    changed = [row for row in rows if stored.pop((row[0], row[1]), None) != row]
    by_source = raw.execute(
        "SELECT source_id, sum(plays), min(started_at), max(started_at) FROM listens "
        "WHERE member_id = ? GROUP BY source_id",
        (member_id,),
    ).fetchall()
    return _Difference(changed, list(stored), by_source)


def _forget(raw: sqlite3.Connection, member_id: MemberId, rows: list[tuple[int, int]]) -> None:
    raw.executemany(
        "DELETE FROM play_sums WHERE member_id = ? AND of_artist = ? AND subject_id = ?",
        [(member_id, *row) for row in rows],
    )


def _store(raw: sqlite3.Connection, member_id: MemberId, rows: list[_Row]) -> None:
    raw.executemany(
        "INSERT OR REPLACE INTO play_sums (member_id, of_artist, subject_id, plays, skips, "
        "played_at, skipped_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(member_id, *row) for row in rows],
    )


def _store_by_source(raw: sqlite3.Connection, member_id: MemberId, rows: list[_Row]) -> None:
    raw.execute("DELETE FROM source_sums WHERE member_id = ?", (member_id,))
    raw.executemany(
        "INSERT INTO source_sums (member_id, source_id, listens, first_at, last_at) "
        "VALUES (?, ?, ?, ?, ?)",
        [(member_id, *row) for row in rows],
    )
