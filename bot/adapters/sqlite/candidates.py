"""What sources said is similar, and the artists and tracks it brought into the catalogue."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.identities import store_track
from bot.adapters.sqlite.rows import id_list
from bot.adapters.sqlite.search import index_artists, index_tracks
from bot.adapters.sqlite.seeds import everybody, load_seeds
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.candidates import (
    Answer,
    Brought,
    FoundTrack,
    Lookup,
    Neighbour,
    Origin,
    Seed,
    Vouched,
)
from bot.domain.ids import ArtistId, MemberId
from bot.domain.names import name_key

MOST_FOUND_ARTISTS: Final = 20_000
"""From here on only artists that are known already are noted: the catalogue must stay trainable."""
TRACKS_OF_EACH: Final = 3
"""Tracks that sources may bring in for one artist; more of them say nothing new."""
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
    if not raw.execute("SELECT 1 FROM artists WHERE id = ?", (seed.artist_id,)).fetchone():
        return Brought()
    _add_artist_ids(raw, seed.artist_id, answer.seed_ids)
    (n_found,) = raw.execute("SELECT count(*) FROM found_artists").fetchone()
    (last_artist,) = raw.execute("SELECT coalesce(max(id), 0) FROM artists").fetchone()
    (last_track,) = raw.execute("SELECT coalesce(max(id), 0) FROM tracks").fetchone()
    before = _said(raw, origin, seed.artist_id)
    raw.execute(
        "DELETE FROM similar_artists WHERE artist_id = ? AND source = ?",
        (seed.artist_id, origin.value),
    )
    room, place = MOST_FOUND_ARTISTS - n_found, 0
    for one in answer.neighbours:
        similar_id, new = _artist(raw, one, room=room > 0)
        if similar_id is None or similar_id == seed.artist_id:
            continue
        if new:
            room -= 1
            _note(raw, "artist", similar_id, origin, at)
        _add_tracks(raw, similar_id, one.tracks, origin, at)
        place += raw.execute(
            "INSERT INTO similar_artists (artist_id, source, similar_id, place, score, fetched_at) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (seed.artist_id, origin.value, similar_id, place + 1, one.score, at),
        ).rowcount
    brought = _index_new(raw, last_artist, last_track)
    after = _said(raw, origin, seed.artist_id)
    changed = after != before or brought.anything
    _store_lookup(raw, origin, seed, 0, at, due_at, changed_at=at if changed else None)
    return Brought(brought.artists, brought.tracks, len(after - before))


def _keep_nothing(
    raw: sqlite3.Connection, origin: Origin, seed: Seed, misses: int, at: int, due_at: int
) -> None:
    if raw.execute("SELECT 1 FROM artists WHERE id = ?", (seed.artist_id,)).fetchone():
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


def _artist(raw: sqlite3.Connection, one: Neighbour, *, room: bool) -> tuple[int | None, bool]:
    """Return the artist of a neighbour, by id and else by name, and whether it is new."""
    key = name_key(one.name)
    row = None
    for kind, value in one.ids:
        row = (
            row
            or raw.execute(
                "SELECT artist_id FROM artist_ids WHERE kind = ? AND value = ?", (kind, value)
            ).fetchone()
        )
    row = row or raw.execute("SELECT id FROM artists WHERE name_key = ?", (key,)).fetchone()
    if row is not None:
        artist_id, new = int(row[0]), False
    elif room and key:
        (artist_id,) = raw.execute(
            "INSERT INTO artists (name, name_key) VALUES (?, ?) RETURNING id", (one.name, key)
        ).fetchone()
        new = True
    else:
        return None, False
    _add_artist_ids(raw, artist_id, one.ids)
    return artist_id, new


def _add_artist_ids(
    raw: sqlite3.Connection, artist_id: int, ids: Iterable[tuple[str, str]]
) -> None:
    """Store ids of an artist: one of each kind, and one that belongs to another artist stays there."""
    for kind, value in ids:
        raw.execute(
            "INSERT INTO artist_ids (kind, value, artist_id) SELECT ?1, ?2, ?3 "
            "WHERE NOT EXISTS (SELECT 1 FROM artist_ids WHERE artist_id = ?3 AND kind = ?1) "
            "ON CONFLICT DO NOTHING",
            (kind, value, artist_id),
        )


def _add_tracks(
    raw: sqlite3.Connection, artist_id: int, tracks: Sequence[FoundTrack], origin: Origin, at: int
) -> None:
    (room,) = raw.execute(
        "SELECT ? - count(*) FROM found_tracks JOIN tracks ON id = track_id WHERE artist_id = ?",
        (TRACKS_OF_EACH, artist_id),
    ).fetchone()
    for one in tracks[: max(0, room)]:
        key = name_key(one.title)
        if not key:
            continue
        track_id, new = store_track(raw, artist_id, key, one.title, one.ids)
        if one.year is not None:
            raw.execute(
                "UPDATE tracks SET year = ? WHERE id = ? AND year IS NULL", (one.year, track_id)
            )
        if new:
            _note(raw, "track", track_id, origin, at)


def _note(raw: sqlite3.Connection, what: str, id_: int, origin: Origin, at: int) -> None:
    """Note who brought an artist or a track."""
    raw.execute(
        f"INSERT INTO found_{what}s ({what}_id, source, found_at) VALUES (?, ?, ?)",  # noqa: S608
        (id_, origin.value, at),
    )


def _index_new(raw: sqlite3.Connection, last_artist: int, last_track: int) -> Brought:
    """Make what is new findable; return how much of it there is."""
    artists = raw.execute(
        "SELECT id, name_key, tier FROM artists WHERE id > ?", (last_artist,)
    ).fetchall()
    tracks = raw.execute(
        "SELECT t.id, t.title_key, a.tier FROM tracks AS t JOIN artists AS a ON a.id = t.artist_id "
        "WHERE t.id > ?",
        (last_track,),
    ).fetchall()
    index_artists(raw, artists)
    index_tracks(raw, tracks)
    return Brought(len(artists), len(tracks))


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
