"""What members never want to see again."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.rows import ensure_member, load_subjects
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.feedback import Block, BlockKind
from bot.domain.ids import MemberId
from bot.errors import NotFoundError


class SqliteBlockStore:
    """Implements `BlockStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def add(self, member_id: MemberId, kind: BlockKind, target: int, *, at: datetime) -> bool:
        """Block a track or artist; return whether it is new.

        Raises
        ------
        NotFoundError
            When there is no such track or artist.
        """
        return await self._writer.run(_add, member_id, kind, target, to_ms(at))

    async def remove(self, member_id: MemberId, kind: BlockKind, target: int) -> bool:
        """Lift a block."""
        return await self._writer.run(_remove, member_id, kind, target)

    async def blocks(self, member_id: MemberId) -> Sequence[Block]:
        """Return a member's blocks, newest first."""
        return await self._readers.run(_blocks, member_id)


def _columns(kind: BlockKind, target: int) -> tuple[int | None, int | None]:
    return (target, None) if kind is BlockKind.TRACK else (None, target)


def _add(
    raw: sqlite3.Connection, member_id: MemberId, kind: BlockKind, target: int, at: int
) -> bool:
    key = target if kind is BlockKind.TRACK else -target
    if not load_subjects(raw, [key]):
        raise NotFoundError
    ensure_member(raw, member_id)
    done = raw.execute(
        "INSERT INTO blocks (member_id, track_id, artist_id, made_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (member_id, *_columns(kind, target), at),
    )
    return done.rowcount == 1


def _remove(raw: sqlite3.Connection, member_id: MemberId, kind: BlockKind, target: int) -> bool:
    done = raw.execute(
        "DELETE FROM blocks WHERE member_id = ? AND track_id IS ? AND artist_id IS ?",
        (member_id, *_columns(kind, target)),
    )
    return done.rowcount == 1


def _blocks(raw: sqlite3.Connection, member_id: MemberId) -> list[Block]:
    rows = raw.execute(
        "SELECT coalesce(track_id, -artist_id), made_at FROM blocks WHERE member_id = ? "
        "ORDER BY made_at DESC, id DESC",
        (member_id,),
    ).fetchall()
    subjects = load_subjects(raw, [key for key, _ in rows])
    return [
        Block(
            kind=BlockKind.TRACK if key > 0 else BlockKind.ARTIST,
            id=abs(key),
            subject=subjects[key],
            made_at=from_ms(made_at),
        )
        for key, made_at in rows
    ]
