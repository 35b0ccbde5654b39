"""What sources said is similar, and the artists and tracks it brought into the catalogue."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.adapters.sqlite.connection import Readers, connect_reader, storage_errors
from bot.adapters.sqlite.finder import Finder, add_artist_ids
from bot.adapters.sqlite.rows import id_list
from bot.adapters.sqlite.seeds import everybody, load_seeds
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.unasked import is_named
from bot.adapters.sqlite.writer import Writer
from bot.domain.candidates import (
    Answer,
    Brought,
    Lookup,
    Origin,
    Reach,
    Seed,
    Vouched,
)
from bot.domain.ids import ArtistId, MemberId

DAYS_COUNTED: Final = 7


class SqliteCandidateStore:
    """Implements `CandidateStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def members(self) -> Sequence[MemberId]:
        """Return everybody who agreed, the newest first."""
        return await self._readers.run(everybody)

    async def seeds(self, member_id: MemberId, *, limit: int) -> Sequence[Seed]:
        """Return the artists a member loves most."""
        return await self._readers.run_long(load_seeds, member_id, limit)

    async def lookups(
        self, origin: Origin, artist_ids: Collection[ArtistId]
    ) -> Mapping[ArtistId, Lookup]:
        """Return which of some artists a source was asked about."""
        return await self._readers.run(_lookups, origin, artist_ids)

    async def questions(self, origin: Origin, *, day: str) -> int:
        """Return how many questions a source was asked on a day."""
        return await self._readers.run(_questions, origin, day)

    async def count_question(self, origin: Origin, *, day: str) -> None:
        """Count one question."""
        await self._writer.run(_count, origin, day)

    async def keep(
        self, origin: Origin, seed: Seed, answer: Answer, *, at: datetime, due_at: datetime
    ) -> Brought:
        """Replace what a source said of an artist; what is new enters the catalogue."""
        return await self._writer.run(_keep, origin, seed, answer, to_ms(at), to_ms(due_at))

    async def keep_nothing(
        self, origin: Origin, seed: Seed, *, misses: int, at: datetime, due_at: datetime
    ) -> None:
        """Record that a source knows nothing of an artist; what it said before stays."""
        await self._writer.run(_keep_nothing, origin, seed, misses, to_ms(at), to_ms(due_at))

    async def vouched(self, artist_id: ArtistId) -> Sequence[Vouched]:
        """Return who named an artist as similar to whom, the nearest first."""
        return await self._readers.run(_vouched, artist_id)


def read_reach(path: Path, *, day: str) -> Reach:
    """Count in a database file, without owning it.

    Raises
    ------
    StorageError
        When it can't be read.
    """
    with storage_errors(), closing(connect_reader(path)) as raw:
        asked, artists, tracks = raw.execute(
            "SELECT (SELECT count(DISTINCT artist_id) FROM similar_lookups), "
            "(SELECT count(*) FROM found_artists), (SELECT count(*) FROM found_tracks)"
        ).fetchone()
        questions = raw.execute(
            "SELECT source, questions FROM candidate_questions WHERE day = ? ORDER BY source",
            (day,),
        ).fetchall()
    known = {origin.value for origin in Origin}
    today = {Origin(source): n for source, n in questions if source in known}
    return Reach(asked, artists, tracks, today)


def _lookups(
    raw: sqlite3.Connection, origin: Origin, artist_ids: Collection[ArtistId]
) -> dict[ArtistId, Lookup]:
    return {
        ArtistId(artist_id): Lookup(from_ms(due_at), misses)
        for artist_id, due_at, misses in raw.execute(
            "SELECT artist_id, due_at, misses FROM similar_lookups "
            "WHERE source = ? AND artist_id IN (SELECT value FROM json_each(?))",
            (origin.value, id_list(artist_ids)),
        )
    }


def _questions(raw: sqlite3.Connection, origin: Origin, day: str) -> int:
    row = raw.execute(
        "SELECT questions FROM candidate_questions WHERE day = ? AND source = ?",
        (day, origin.value),
    ).fetchone()
    return 0 if row is None else int(row[0])


def _count(raw: sqlite3.Connection, origin: Origin, day: str) -> None:
    raw.execute(
        "INSERT INTO candidate_questions (day, source, questions) VALUES (?, ?, 1) "
        "ON CONFLICT DO UPDATE SET questions = questions + 1",
        (day, origin.value),
    )
    raw.execute(
        "DELETE FROM candidate_questions WHERE day < date(?, ?)", (day, f"-{DAYS_COUNTED} days")
    )


def _keep(
    raw: sqlite3.Connection, origin: Origin, seed: Seed, answer: Answer, at: int, due_at: int
) -> Brought:
    if not is_named(raw, seed.artist_id):  # whoever loved it was forgotten while we asked
        return Brought()
    add_artist_ids(raw, seed.artist_id, answer.seed_ids)
    before = _said(raw, origin, seed.artist_id)
    raw.execute(
        "DELETE FROM similar_artists WHERE artist_id = ? AND source = ?",
        (seed.artist_id, origin.value),
    )
    found, place = Finder(raw, origin, at), 0
    for one in answer.neighbours:
        similar_id = found.artist(one)
        if similar_id is None or similar_id == seed.artist_id:
            continue
        found.tracks(similar_id, one.tracks)
        place += raw.execute(
            "INSERT INTO similar_artists (artist_id, source, similar_id, place, score, fetched_at) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (seed.artist_id, origin.value, similar_id, place + 1, one.score, at),
        ).rowcount
    artists, tracks = found.index()
    after = _said(raw, origin, seed.artist_id)
    changed = after != before or artists or tracks
    _store_lookup(raw, origin, seed, 0, at, due_at, changed_at=at if changed else None)
    return Brought(artists, tracks, len(after - before))


def _keep_nothing(
    raw: sqlite3.Connection, origin: Origin, seed: Seed, misses: int, at: int, due_at: int
) -> None:
    if is_named(raw, seed.artist_id):
        _store_lookup(raw, origin, seed, misses, at, due_at, changed_at=None)


def _store_lookup(
    raw: sqlite3.Connection,
    origin: Origin,
    seed: Seed,
    misses: int,
    at: int,
    due_at: int,
    *,
    changed_at: int | None,
) -> None:
    raw.execute(
        "INSERT INTO similar_lookups (source, artist_id, asked_at, due_at, misses, changed_at) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET asked_at = excluded.asked_at, "
        "due_at = excluded.due_at, misses = excluded.misses, "
        "changed_at = coalesce(excluded.changed_at, changed_at)",
        (origin.value, seed.artist_id, at, due_at, misses, changed_at),
    )


def _said(raw: sqlite3.Connection, origin: Origin, artist_id: int) -> set[int]:
    return {
        id_
        for (id_,) in raw.execute(
            "SELECT similar_id FROM similar_artists WHERE artist_id = ? AND source = ?",
            (artist_id, origin.value),
        )
    }


def _vouched(raw: sqlite3.Connection, artist_id: ArtistId) -> list[Vouched]:
    return [
        Vouched(Origin(source), ArtistId(seed_id), name, place, bool(found))
        for source, seed_id, name, place, found in raw.execute(
            "SELECT s.source, s.artist_id, a.name, s.place, f.artist_id IS NOT NULL "
            "FROM similar_artists AS s JOIN artists AS a ON a.id = s.artist_id "
            "LEFT JOIN found_artists AS f ON f.artist_id = s.similar_id "
            "WHERE s.similar_id = ? ORDER BY s.place, s.source, s.artist_id",
            (artist_id,),
        )
    ]
