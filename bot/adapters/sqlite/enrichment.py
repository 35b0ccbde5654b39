"""What open sources are asked about, in which order, and how each question fares."""

# ruff: noqa: S608  (statements are put together from constants of this module only)

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.coverage import TOUCHED, count_coverage
from bot.adapters.sqlite.facts import count_enriched, store_facts
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.enrichment import TERMS, Coverage, Facts, Level, Task, TaskState, Wanted

_READY: Final = {
    Task.RECORDING_ID: "t.mbid IS NULL",
    Task.RECORDING: "t.mbid IS NOT NULL",
    Task.ARTIST_ID: "a.mbid IS NULL",
    Task.ARTIST_GENRES: "a.mbid IS NOT NULL",
    Task.ARTIST_TAGS: "1",
    Task.DEEZER_TRACK: "1",
    Task.SOUND: "EXISTS (SELECT 1 FROM track_ids WHERE track_id = t.id AND kind = 'isrc')",
}
"""What has to be known, or not to be known, before a question makes sense."""
_DUE_TRACKS: Final = (
    f"WITH {TOUCHED}, ready AS MATERIALIZED ("
    " SELECT t.id, coalesce(l.misses, 0) AS misses, CASE"
    "  WHEN t.id IN (SELECT id FROM shown) THEN 0 WHEN t.id IN (SELECT id FROM heard) THEN 1"
    "  WHEN t.artist_id IN (SELECT id FROM met) THEN 2 WHEN t.atlas = 0 THEN 3 ELSE 4 END AS rank"
    " FROM tracks AS t LEFT JOIN track_lookups AS l ON l.task = :task AND l.track_id = t.id"
    " WHERE coalesce(l.next_at, 0) <= :now AND {ready}"
    " ORDER BY rank, misses, t.id LIMIT :limit"
    ") SELECT t.id, a.name, t.title, a.country, t.mbid, a.mbid, "
    " (SELECT min(value) FROM track_ids WHERE track_id = t.id AND kind = 'isrc'), "
    " t.year, t.length_ms, ready.misses "
    "FROM ready JOIN tracks AS t ON t.id = ready.id JOIN artists AS a ON a.id = t.artist_id "
    "ORDER BY ready.rank, ready.misses, t.id"
)
_DUE_ARTISTS: Final = (
    f"WITH {TOUCHED}, ready AS MATERIALIZED ("
    " SELECT a.id, coalesce(l.misses, 0) AS misses, CASE"
    "  WHEN a.id IN (SELECT id FROM met) THEN 0 WHEN a.atlas = 0 THEN 1 ELSE 2 END AS rank"
    " FROM artists AS a LEFT JOIN artist_lookups AS l ON l.task = :task AND l.artist_id = a.id"
    " WHERE coalesce(l.next_at, 0) <= :now AND {ready}"
    " ORDER BY rank, misses, a.id LIMIT :limit"
    ") SELECT a.id, a.name, NULL, a.country, NULL, a.mbid, NULL, NULL, NULL, ready.misses "
    "FROM ready JOIN artists AS a ON a.id = ready.id ORDER BY ready.rank, ready.misses, a.id"
)


class SqliteEnrichmentStore:
    """Implements `EnrichmentStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer
        self._looking = asyncio.Lock()
        """Looking takes a while, and most readers are for whoever waits."""

    async def due(self, task: Task, *, limit: int, at: datetime) -> Sequence[Wanted]:
        """Return what may be asked now, first what members were shown, played or picked."""
        async with self._looking:
            return await self._readers.run_long(_due, task, limit, to_ms(at))

    async def save(self, task: Task, answers: Mapping[int, tuple[Facts | None, datetime]]) -> int:
        """Store answers by id; return how many differ in what a model learns from."""
        until = {id_: (facts, to_ms(at)) for id_, (facts, at) in answers.items()}
        return await self._writer.run(_save, task, until)

    async def postpone(self, task: Task, until: Mapping[int, datetime]) -> None:
        """Ask about these later; what is stored stays."""
        await self._writer.run(_postpone, task, {id_: to_ms(at) for id_, at in until.items()})

    async def state(self, task: Task) -> TaskState:
        """Return how a question fares."""
        return await self._readers.run(_state, task)

    async def set_state(self, task: Task, state: TaskState) -> None:
        """Store how a question fares."""
        await self._writer.run(_set_state, task, state)

    async def coverage(self) -> Coverage:
        """Count what is known."""
        async with self._looking:
            return await self._readers.run_long(count_coverage)


def _due(raw: sqlite3.Connection, task: Task, limit: int, now: int) -> list[Wanted]:
    sql = _DUE_TRACKS if TERMS[task].level is Level.TRACK else _DUE_ARTISTS
    rows = raw.execute(
        sql.format(ready=_READY[task]), {"task": task.value, "now": now, "limit": limit}
    )
    return [Wanted(*row) for row in rows]


def _save(
    raw: sqlite3.Connection, task: Task, answers: Mapping[int, tuple[Facts | None, int]]
) -> int:
    level, changed = TERMS[task].level, 0
    for id_, (facts, next_at) in answers.items():
        if not _exists(raw, level, id_):
            continue  # forgotten while the question was under way
        if facts is not None:
            changed += store_facts(raw, task, id_, facts)
        raw.execute(
            f"INSERT INTO {level}_lookups (task, {level}_id, next_at, found, misses) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET next_at = excluded.next_at, "
            "found = excluded.found, misses = CASE WHEN excluded.found THEN 0 ELSE misses + 1 END",
            (task.value, id_, next_at, facts is not None, facts is None),
        )
    if changed:
        count_enriched(raw, changed)
    return changed


def _postpone(raw: sqlite3.Connection, task: Task, until: Mapping[int, int]) -> None:
    level = TERMS[task].level
    for id_, next_at in until.items():
        if _exists(raw, level, id_):
            raw.execute(
                f"INSERT INTO {level}_lookups (task, {level}_id, next_at, found, misses) "
                "VALUES (?, ?, ?, 0, 1) "
                "ON CONFLICT DO UPDATE SET next_at = excluded.next_at, misses = misses + 1",
                (task.value, id_, next_at),
            )


def _exists(raw: sqlite3.Connection, level: Level, id_: int) -> bool:
    found = raw.execute(f"SELECT 1 FROM {level}s WHERE id = ?", (id_,))
    return found.fetchone() is not None


def _state(raw: sqlite3.Connection, task: Task) -> TaskState:
    row = raw.execute(
        "SELECT paused_until, strikes, trouble FROM enrichment_tasks WHERE task = ?", (task.value,)
    ).fetchone()
    return TaskState() if row is None else TaskState(from_ms(row[0]), row[1], row[2])


def _set_state(raw: sqlite3.Connection, task: Task, state: TaskState) -> None:
    if state.paused_until is None:
        raw.execute("DELETE FROM enrichment_tasks WHERE task = ?", (task.value,))
        return
    raw.execute(
        "INSERT OR REPLACE INTO enrichment_tasks (task, paused_until, strikes, trouble) "
        "VALUES (?, ?, ?, ?)",
        (task.value, to_ms(state.paused_until), state.strikes, state.trouble),
    )
