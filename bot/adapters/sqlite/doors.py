"""Doors asked over the network: what they fetched, what they missed, and taking all of it back."""

import asyncio
import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.fetched import SLICE_ROWS, store_fetched
from bot.adapters.sqlite.sums import renew_sums
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.withdrawal import Withdrawal
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import ItemKey, MemberId
from bot.domain.listening import FetchedListen, Gap, Source


class SqliteDoorStore:
    """Implements `DoorStore`."""

    def __init__(
        self,
        *,
        readers: Readers,
        writer: Writer,
        withdrawal: Withdrawal,
        importing: asyncio.Lock,
    ) -> None:
        self._readers = readers
        self._writer = writer
        self._withdrawal = withdrawal
        self._importing = importing

    async def add(
        self, member_id: MemberId, source: Source, listens: Sequence[FetchedListen], *, at: datetime
    ) -> int:
        """Store fetched listens and bring the member's sums up to date; return how many are new."""
        added = 0
        async with self._importing:
            for start in range(0, len(listens), SLICE_ROWS):
                part = listens[start : start + SLICE_ROWS]
                added += await self._writer.run_alone(
                    store_fetched, member_id, source, part, to_ms(at)
                )
            # Sums without a date may have grown without being new.
            if added or any(not one.source_time for one in listens):
                await renew_sums(self._readers, self._writer, member_id)
        return added

    async def note_gap(
        self, member_id: MemberId, source: Source, *, start: datetime, end: datetime, at: datetime
    ) -> None:
        """Record a stretch of time of which listens are known to be lost."""
        await self._writer.run(_note_gap, member_id, source, to_ms(start), to_ms(end), to_ms(at))

    async def gaps(self, member_id: MemberId, source: Source) -> Sequence[Gap]:
        """Return the gaps of one door, oldest first."""
        return await self._readers.run(_gaps, member_id, source)

    async def known(self, member_id: MemberId) -> Collection[ItemKey]:
        """Return tracks that a member knows through sources that must not shape their lists."""
        return await self._readers.run(_known, member_id)

    async def withdraw(self, member_id: MemberId, source: Source, *, at: datetime) -> int:
        """Unlink a door and delete what came through it and what derives from that."""
        async with self._importing:
            return await self._withdrawal.withdraw(member_id, source, at_ms=to_ms(at))

    async def set_use(self, source: Source, *, trainable: bool, personal: bool) -> bool:
        """Decide what a source's listens are used for; return whether that is a change.

        Sums of everybody concerned are renewed; when a source may no longer train, the next refit
        must be published.
        """
        concerned = await self._writer.run(_set_use, source, int(trainable), int(personal))
        for member_id in concerned or ():
            await renew_sums(self._readers, self._writer, member_id)
        return concerned is not None


def _note_gap(
    raw: sqlite3.Connection, member_id: MemberId, source: Source, start: int, end: int, at: int
) -> None:
    raw.execute(
        "INSERT INTO gaps (member_id, source_id, from_at, to_at, noted_at) "
        "SELECT ?1, s.id, ?3, ?4, ?5 FROM sources AS s WHERE s.name = ?2 "
        "AND EXISTS (SELECT 1 FROM links WHERE member_id = ?1 AND source_id = s.id) "
        "AND NOT EXISTS (SELECT 1 FROM gaps AS g WHERE g.member_id = ?1 AND g.source_id = s.id "
        "  AND g.from_at = ?3 AND g.to_at = ?4)",
        (member_id, source.value, start, end, at),
    )


def _gaps(raw: sqlite3.Connection, member_id: MemberId, source: Source) -> list[Gap]:
    rows = raw.execute(
        "SELECT from_at, to_at FROM gaps JOIN sources AS s ON s.id = source_id "
        "WHERE member_id = ? AND s.name = ? ORDER BY from_at",
        (member_id, source.value),
    )
    return [Gap(from_ms(start), from_ms(end)) for start, end in rows]


def _known(raw: sqlite3.Connection, member_id: MemberId) -> list[ItemKey]:
    rows = raw.execute(
        "SELECT DISTINCT track_id FROM listens WHERE member_id = ? AND track_id IS NOT NULL "
        "AND source_id IN (SELECT id FROM sources WHERE personal = 0)",
        (member_id,),
    )
    return [ItemKey(track_id) for (track_id,) in rows]


def _set_use(
    raw: sqlite3.Connection, source: Source, trainable: int, personal: int
) -> list[MemberId] | None:
    """Return the members whose sums change, None when all is as it was."""
    id_, was_trainable, was_personal = raw.execute(
        "SELECT id, trainable, personal FROM sources WHERE name = ?", (source.value,)
    ).fetchone()
    if (was_trainable, was_personal) == (trainable, personal):
        return None
    raw.execute(
        "UPDATE sources SET trainable = ?, personal = ? WHERE id = ?", (trainable, personal, id_)
    )
    concerned = raw.execute(
        "SELECT DISTINCT member_id FROM source_sums WHERE source_id = ?", (id_,)
    )
    members = [MemberId(member_id) for (member_id,) in concerned]
    if members and was_trainable and not trainable:
        raw.execute(
            "INSERT INTO pending_erasures (erased_at) SELECT coalesce(max(recorded_at), 0) "
            "FROM listens WHERE source_id = ?",
            (id_,),
        )
    return members
