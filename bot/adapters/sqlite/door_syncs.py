"""Names connected at other services, and how far reading each is."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any, Final

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.rows import ensure_member
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.doors import DoorSync
from bot.domain.ids import MemberId
from bot.domain.listening import Source
from bot.errors import UserError

FIRST_PAUSE_S: Final = 1800
_SYNC: Final = (
    "SELECT d.member_id, s.name, l.account, l.linked_at, next_at, pause_s, newest_at, top_at, "
    "cursor_at, cut_at, synced_at, extras_at, error_key, failed_at FROM door_syncs AS d "
    "JOIN links AS l USING (member_id, source_id) JOIN sources AS s ON s.id = d.source_id "
)
_OF: Final = "member_id = ?1 AND source_id = (SELECT id FROM sources WHERE name = ?2)"


class SqliteDoorSyncStore:
    """Implements `DoorSyncStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def connect(
        self, member_id: MemberId, source: Source, account: str, *, at: datetime
    ) -> DoorSync:
        """Connect a name; the same one again changes nothing, another one starts anew."""
        return await self._writer.run(_connect, member_id, source, account, to_ms(at))

    async def disconnect(self, member_id: MemberId, source: Source) -> bool:
        """Forget the name and keep its listens; return whether there was one."""
        return await self._writer.run(_disconnect, member_id, source)

    async def of_member(self, member_id: MemberId) -> Sequence[DoorSync]:
        """Return what a member has connected."""
        return await self._readers.run(_load, "WHERE d.member_id = ? ORDER BY s.id", member_id)

    async def due(self) -> Sequence[DoorSync]:
        """Return everything that is connected, the next one first."""
        return await self._readers.run(_load, "ORDER BY next_at")

    async def save(self, state: DoorSync) -> None:
        """Store how far reading is; nothing happens when the name is no longer connected."""
        await self._writer.run(_save, state)

    async def rows(self, source: Source) -> int:
        """Return how many rows of a source are stored, be it of members or of artists."""
        return await self._readers.run(_rows, source)

    async def dated_plays(
        self, member_id: MemberId, source: Source
    ) -> Mapping[tuple[str, str], int]:
        """Return plays with a date by folded artist and title; an artist's own under an empty title."""
        return await self._readers.run_long(_dated_plays, member_id, source)


def _load(raw: sqlite3.Connection, condition: str, *parameters: int) -> list[DoorSync]:
    return [_sync(row) for row in raw.execute(_SYNC + condition, parameters)]


def _sync(row: tuple[Any, ...]) -> DoorSync:
    return DoorSync(
        member_id=MemberId(row[0]),
        source=Source(row[1]),
        account=row[2],
        linked_at=from_ms(row[3]),
        next_at=from_ms(row[4]),
        pause_s=row[5],
        newest_at=from_ms(row[6]),
        top_at=from_ms(row[7]),
        cursor_at=from_ms(row[8]),
        cut_at=from_ms(row[9]),
        synced_at=from_ms(row[10]),
        extras_at=from_ms(row[11]),
        error_key=row[12],
        failed_at=from_ms(row[13]),
    )


def _connect(
    raw: sqlite3.Connection, member_id: MemberId, source: Source, account: str, at: int
) -> DoorSync:
    ensure_member(raw, member_id)
    mine = _load(raw, "WHERE d.member_id = ? AND s.name = ?", member_id, source)  # type: ignore[arg-type]
    if mine and mine[0].account.casefold() == account.casefold():
        return mine[0]
    _disconnect(raw, member_id, source)
    try:
        raw.execute(
            "INSERT INTO links (member_id, source_id, account, linked_at) "
            "SELECT ?1, id, ?3, ?4 FROM sources WHERE name = ?2",
            (member_id, source.value, account, at),
        )
    except sqlite3.IntegrityError:
        raise UserError("error.door_taken", name=account) from None
    raw.execute(
        "INSERT INTO door_syncs (member_id, source_id, next_at, pause_s) "
        "SELECT ?1, id, ?3, ?4 FROM sources WHERE name = ?2",
        (member_id, source.value, at, FIRST_PAUSE_S),
    )
    (made,) = _load(raw, "WHERE d.member_id = ? AND s.name = ?", member_id, source)  # type: ignore[arg-type]
    return made


def _disconnect(raw: sqlite3.Connection, member_id: MemberId, source: Source) -> bool:
    if source is Source.DISCORD_ACTIVITY:
        raw.execute("DELETE FROM activity_now WHERE member_id = ?", (member_id,))
    raw.execute(f"DELETE FROM door_syncs WHERE {_OF}", (member_id, source.value))  # noqa: S608
    done = raw.execute(f"DELETE FROM links WHERE {_OF}", (member_id, source.value))  # noqa: S608
    return done.rowcount == 1


def _save(raw: sqlite3.Connection, state: DoorSync) -> None:
    values = [
        to_ms(value) if isinstance(value, datetime) else value for value in astuple(state)[4:]
    ]
    raw.execute(
        "UPDATE door_syncs SET next_at = ?, pause_s = ?, newest_at = ?, top_at = ?, cursor_at = ?, "
        "cut_at = ?, synced_at = ?, extras_at = ?, error_key = ?, failed_at = ? "
        "WHERE member_id = ? AND source_id = (SELECT id FROM sources WHERE name = ?) "
        # A turn that was under way while its name was exchanged must not speak for the new one.
        "AND EXISTS (SELECT 1 FROM links AS l WHERE l.member_id = door_syncs.member_id "
        "  AND l.source_id = door_syncs.source_id AND l.account = ?)",
        (*values, state.member_id, state.source.value, state.account),
    )


def _rows(raw: sqlite3.Connection, source: Source) -> int:
    """Count by member: the natural key's index then answers without the rows themselves.

    What the same service told of artists counts, too: a limit on its data means all of it.
    """
    (n,) = raw.execute(
        "SELECT coalesce(sum((SELECT count(*) FROM listens AS l "
        "  WHERE l.member_id = m.id AND l.source_id = s.id)), 0) "
        "+ (SELECT count(*) FROM similar_artists WHERE source GLOB ?1 || '_*') "
        "+ (SELECT count(*) FROM artist_tags WHERE source = ?1) "
        "FROM sources AS s CROSS JOIN members AS m WHERE s.name = ?1",
        (source.value,),
    ).fetchone()
    return int(n)


def _dated_plays(
    raw: sqlite3.Connection, member_id: MemberId, source: Source
) -> dict[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for key, plays in raw.execute(
        f"SELECT text_key, sum(plays) FROM listens WHERE {_OF} "  # noqa: S608
        "AND started_at IS NOT NULL GROUP BY text_key",
        (member_id, source.value),
    ):
        artist, _, title = key.partition("\x1f")
        found[artist, title] += plays
    return dict(found)
