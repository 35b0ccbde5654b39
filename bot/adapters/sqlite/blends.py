"""Invitations to blends and how they were answered."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.blending import Agreement, Blend, BlendRule
from bot.domain.ids import BlendId, ChannelId, GuildId, MemberId, MessageId
from bot.errors import NotFoundError


class SqliteBlendStore:
    """Implements `BlendStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def create(
        self,
        *,
        guild_id: GuildId,
        channel_id: ChannelId,
        owner_id: MemberId,
        rule: BlendRule,
        members: Sequence[MemberId],
        at: datetime,
        expires_at: datetime,
    ) -> Blend:
        """Store an invitation; the owner comes first and has agreed, the others are invited."""
        everybody = tuple(dict.fromkeys([owner_id, *members]))
        return await self._writer.run(
            _create, guild_id, channel_id, owner_id, rule, everybody, to_ms(at), to_ms(expires_at)
        )

    async def mark_sent(self, blend_id: BlendId, *, message_id: MessageId) -> None:
        """Record the message that shows a blend."""
        await self._writer.run(_mark_sent, blend_id, message_id)

    async def get(self, blend_id: BlendId) -> Blend | None:
        """Return a blend."""
        return await self._readers.run(_load, blend_id)

    async def posted_with(self, member_id: MemberId) -> Sequence[Blend]:
        """Return the blends whose message tells of a member."""
        return await self._readers.run(_posted_with, member_id)

    async def answer(
        self, blend_id: BlendId, member_id: MemberId, agreement: Agreement, *, at: datetime
    ) -> Blend | None:
        """Record an invited member's answer; None when the blend or the invitation is gone."""
        return await self._writer.run(_answer, blend_id, member_id, agreement, to_ms(at))

    async def delete_expired(self, *, before: datetime) -> int:
        """Forget blends that ran out before an instant."""
        return await self._writer.run(_delete_expired, to_ms(before))


def _create(
    raw: sqlite3.Connection,
    guild_id: GuildId,
    channel_id: ChannelId,
    owner_id: MemberId,
    rule: BlendRule,
    members: Sequence[MemberId],
    at: int,
    expires_at: int,
) -> Blend:
    (blend_id,) = raw.execute(
        "INSERT INTO blends (guild_id, channel_id, owner_id, rule, created_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        (guild_id, channel_id, owner_id, rule, at, expires_at),
    ).fetchone()
    raw.executemany(
        "INSERT INTO blend_members (blend_id, member_id, place, agreement, answered_at) "
        "VALUES (?, ?, ?, ?, ?)",
        [
            (
                blend_id,
                member_id,
                place,
                Agreement.AGREED if member_id == owner_id else Agreement.INVITED,
                at if member_id == owner_id else None,
            )
            for place, member_id in enumerate(members)
        ],
    )
    blend = _load(raw, BlendId(blend_id))
    assert blend is not None  # noqa: S101  # inserted above
    return blend


def _mark_sent(raw: sqlite3.Connection, blend_id: BlendId, message_id: MessageId) -> None:
    done = raw.execute("UPDATE blends SET message_id = ? WHERE id = ?", (message_id, blend_id))
    if done.rowcount == 0:
        raise NotFoundError


def _load(raw: sqlite3.Connection, blend_id: BlendId) -> Blend | None:
    row = raw.execute(
        "SELECT id, guild_id, channel_id, owner_id, rule, created_at, expires_at, message_id, "
        "(SELECT max(answered_at) FROM blend_members WHERE blend_id = b.id) "
        "FROM blends AS b WHERE id = ?",
        (blend_id,),
    ).fetchone()
    if row is None:
        return None
    members = raw.execute(
        "SELECT member_id, agreement FROM blend_members WHERE blend_id = ? ORDER BY place",
        (blend_id,),
    )
    return Blend(
        id=BlendId(row[0]),
        guild_id=GuildId(row[1]),
        channel_id=ChannelId(row[2]),
        owner_id=MemberId(row[3]),
        rule=BlendRule(row[4]),
        members=tuple((MemberId(id_), Agreement(state)) for id_, state in members),
        created_at=from_ms(row[5]),
        expires_at=from_ms(row[6]),
        message_id=row[7],
        answered_at=from_ms(row[8] or row[5]),
    )


def _posted_with(raw: sqlite3.Connection, member_id: MemberId) -> list[Blend]:
    found = raw.execute(
        "SELECT id FROM blends AS b WHERE message_id IS NOT NULL AND (owner_id = ?1 OR EXISTS "
        "(SELECT 1 FROM blend_members WHERE blend_id = b.id AND member_id = ?1)) ORDER BY id",
        (member_id,),
    ).fetchall()
    return [blend for (id_,) in found if (blend := _load(raw, BlendId(id_))) is not None]


def _answer(
    raw: sqlite3.Connection, blend_id: BlendId, member_id: MemberId, agreement: Agreement, at: int
) -> Blend | None:
    done = raw.execute(
        "UPDATE blend_members SET agreement = ?, answered_at = ? "
        "WHERE blend_id = ? AND member_id = ?",
        (agreement, at, blend_id, member_id),
    )
    return _load(raw, blend_id) if done.rowcount else None


def _delete_expired(raw: sqlite3.Connection, before: int) -> int:
    raw.execute(
        "DELETE FROM blend_members WHERE blend_id IN (SELECT id FROM blends WHERE expires_at < ?)",
        (before,),
    )
    return raw.execute("DELETE FROM blends WHERE expires_at < ?", (before,)).rowcount
