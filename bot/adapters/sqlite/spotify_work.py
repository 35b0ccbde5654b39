"""What working with Spotify has to remember: the gate, the calls, how far reading is, playlists."""

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.rows import id_list
from bot.adapters.sqlite.shared_playlists import note_tastes
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import MemberId, TrackId
from bot.domain.spotify import GateState, Match, Matches, PlaylistRecord, SyncState

_SYNC: Final = (
    "SELECT s.member_id, next_at, pause_s, heard_until, polled_at, tops_at, saved_at, "
    "playlists_at, error_key, failed_at FROM spotify_syncs AS s "
    "JOIN spotify_logins AS g ON g.member_id = s.member_id "
)
_RECORD: Final = "id, member_id, purpose, name, marker, playlist_id, snapshot_id"


class SqliteGateStore:
    """Implements `GateStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def state(self) -> GateState:
        """Return until when the gate is closed."""
        row = await self._readers.run(
            _row, "SELECT closed_until, strikes, reason FROM spotify_gate", ()
        )
        return GateState() if row is None else GateState(from_ms(row[0]), row[1], row[2])

    async def save(self, state: GateState) -> None:
        """Remember it over a restart."""
        until = 0 if state.closed_until is None else to_ms(state.closed_until)
        await self._writer.run(
            _do,
            "INSERT OR REPLACE INTO spotify_gate (id, closed_until, strikes, reason) "
            "VALUES (1, ?, ?, ?)",
            (until, state.strikes, state.reason),
        )

    async def count(self, day: str, operation: str) -> int:
        """Count a call that is about to be made; return the day's calls, this one included."""
        return await self._writer.run(_count, day, operation)

    async def calls(self, day: str) -> int:
        """Return how many calls were made on a day."""
        return await self._readers.run(_calls, day)


class SqliteSyncStore:
    """Implements `SyncStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def state(self, member_id: MemberId) -> SyncState | None:
        """Return one account's state."""
        row = await self._readers.run(_row, _SYNC + "WHERE s.member_id = ?", (member_id,))
        return None if row is None else _sync(row)

    async def save(self, state: SyncState) -> None:
        """Store it; nothing happens when the account was unlinked meanwhile."""
        await self._writer.run(_save_sync, state)

    async def due(self) -> Sequence[SyncState]:
        """Return the states of linked accounts, the next one first."""
        rows = await self._readers.run(_rows, _SYNC + "WHERE g.state = 'linked' ORDER BY next_at")
        return [_sync(row) for row in rows]


class SqlitePlaylistStore:
    """Implements `PlaylistStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def intend(
        self,
        member_id: MemberId,
        *,
        purpose: str,
        name: str,
        marker: str,
        at: datetime,
        tastes: Collection[MemberId] | None = None,
    ) -> PlaylistRecord:
        """Record what is about to be written, and whose taste it holds where others asked for it."""
        return await self._writer.run(_intend, member_id, purpose, name, marker, to_ms(at), tastes)

    async def created(self, record_id: int, *, playlist_id: str) -> bool:
        """Record under which id Spotify keeps it; return whether the record still stands."""
        return await self._writer.run(
            _changed,
            "UPDATE spotify_playlists SET playlist_id = ? WHERE id = ?",
            (playlist_id, record_id),
        )

    async def written(self, record_id: int, *, snapshot_id: str, at: datetime) -> bool:
        """Record that its tracks are placed; return whether the record still stands."""
        return await self._writer.run(
            _changed,
            "UPDATE spotify_playlists SET snapshot_id = ?, written_at = ? WHERE id = ?",
            (snapshot_id, to_ms(at), record_id),
        )

    async def matches(self, track_ids: Collection[TrackId], *, since: datetime) -> Matches:
        """Return what is known of tracks, not older than an instant."""
        rows = await self._readers.run(
            _rows,
            "SELECT track_id, spotify_id, looked_up_at FROM spotify_matches "
            "WHERE track_id IN (SELECT value FROM json_each(?)) AND looked_up_at >= ?",
            (id_list(track_ids), to_ms(since)),
        )
        return {TrackId(row[0]): Match(row[1], from_ms(row[2])) for row in rows}

    async def save_match(self, track_id: TrackId, match: Match) -> None:
        """Remember a search's outcome; nothing happens when the track is gone."""
        await self._writer.run(
            _do,
            "INSERT OR REPLACE INTO spotify_matches (track_id, spotify_id, looked_up_at) "
            "SELECT id, ?, ? FROM tracks WHERE id = ?",
            (match.spotify_id, to_ms(match.looked_up_at), track_id),
        )


def _row(raw: sqlite3.Connection, sql: str, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    row: tuple[Any, ...] | None = raw.execute(sql, args).fetchone()
    return row


def _rows(raw: sqlite3.Connection, sql: str, args: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    return raw.execute(sql, args).fetchall()


def _do(raw: sqlite3.Connection, sql: str, args: tuple[Any, ...]) -> None:
    raw.execute(sql, args)


def _changed(raw: sqlite3.Connection, sql: str, args: tuple[Any, ...]) -> bool:
    return raw.execute(sql, args).rowcount == 1


def _count(raw: sqlite3.Connection, day: str, operation: str) -> int:
    raw.execute(
        "INSERT INTO spotify_calls (day, operation, calls) VALUES (?, ?, 1) "
        "ON CONFLICT DO UPDATE SET calls = calls + 1",
        (day, operation),
    )
    raw.execute("DELETE FROM spotify_calls WHERE day < date(?, '-30 days')", (day,))
    return _calls(raw, day)


def _calls(raw: sqlite3.Connection, day: str) -> int:
    (calls,) = raw.execute(
        "SELECT coalesce(sum(calls), 0) FROM spotify_calls WHERE day = ?", (day,)
    ).fetchone()
    return int(calls)


def _sync(row: tuple[Any, ...]) -> SyncState:
    return SyncState(
        member_id=MemberId(row[0]),
        next_at=from_ms(row[1]),
        pause_s=row[2],
        heard_until=from_ms(row[3]),
        polled_at=from_ms(row[4]),
        tops_at=from_ms(row[5]),
        saved_at=from_ms(row[6]),
        playlists_at=from_ms(row[7]),
        error_key=row[8],
        failed_at=from_ms(row[9]),
    )


def _save_sync(raw: sqlite3.Connection, state: SyncState) -> None:
    times = (
        state.heard_until,
        state.polled_at,
        state.tops_at,
        state.saved_at,
        state.playlists_at,
        state.failed_at,
    )
    heard, polled, tops, saved, playlists, failed = (t and to_ms(t) for t in times)
    raw.execute(
        "INSERT OR REPLACE INTO spotify_syncs (member_id, next_at, pause_s, heard_until, polled_at, "
        "tops_at, saved_at, playlists_at, error_key, failed_at) "
        "SELECT member_id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM spotify_logins WHERE member_id = ?",
        (
            to_ms(state.next_at),
            state.pause_s,
            heard,
            polled,
            tops,
            saved,
            playlists,
            state.error_key,
            failed,
            state.member_id,
        ),
    )


def _intend(
    raw: sqlite3.Connection,
    member_id: MemberId,
    purpose: str,
    name: str,
    marker: str,
    at: int,
    tastes: Collection[MemberId] | None,
) -> PlaylistRecord:
    if tastes is not None:
        note_tastes(raw, purpose, tastes)
    raw.execute(
        "INSERT INTO spotify_playlists (member_id, purpose, name, marker, made_at, shared) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (member_id, purpose) "
        "DO UPDATE SET name = excluded.name, shared = max(shared, excluded.shared)",
        (member_id, purpose, name, marker, at, tastes is not None),
    )
    row = raw.execute(
        f"SELECT {_RECORD} FROM spotify_playlists "  # noqa: S608  # a constant of ours
        "WHERE member_id = ? AND purpose = ?",
        (member_id, purpose),
    ).fetchone()
    return PlaylistRecord(row[0], MemberId(row[1]), *row[2:])
