"""Servers, and what is left when the bot was removed from one."""

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime

from bot.adapters.sqlite.adrift import cut_loose
from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import GuildId
from bot.domain.members import GuildInfo


class SqliteGuildStore:
    """Implements `GuildStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def joined(self, guild_id: GuildId, *, at: datetime) -> GuildInfo:
        """Record that the bot is in a server; clears an earlier removal."""
        return await self._writer.run(_joined, guild_id, to_ms(at))

    async def mark_greeted(self, guild_id: GuildId) -> None:
        """Record that the one greeting was sent."""
        await self._writer.run(_mark_greeted, guild_id)

    async def removed(self, guild_id: GuildId, *, at: datetime) -> None:
        """Record that the bot was removed; an earlier date stays."""
        await self._writer.run(_removed, guild_id, to_ms(at))

    async def present(self) -> Collection[GuildId]:
        """Return the servers on record that the bot was not removed from."""
        return await self._readers.run(_present)

    async def due_for_purge(self, *, removed_before: datetime) -> Sequence[GuildId]:
        """Return servers removed before an instant, longest gone first."""
        return await self._readers.run(_due_for_purge, to_ms(removed_before))

    async def purge(self, guild_id: GuildId) -> int:
        """Delete a server's own data; return the rows."""
        return await self._writer.run(_purge, guild_id)


def _joined(raw: sqlite3.Connection, guild_id: GuildId, at: int) -> GuildInfo:
    (joined_at, greeted) = raw.execute(
        "INSERT INTO guilds (id, joined_at) VALUES (?, ?) "
        "ON CONFLICT DO UPDATE SET removed_at = NULL RETURNING joined_at, greeted",
        (guild_id, at),
    ).fetchone()
    return GuildInfo(guild_id, from_ms(joined_at), None, bool(greeted))


def _mark_greeted(raw: sqlite3.Connection, guild_id: GuildId) -> None:
    raw.execute("UPDATE guilds SET greeted = 1 WHERE id = ?", (guild_id,))


def _removed(raw: sqlite3.Connection, guild_id: GuildId, at: int) -> None:
    raw.execute(
        "INSERT INTO guilds (id, joined_at, removed_at) VALUES (?1, ?2, ?2) "
        "ON CONFLICT DO UPDATE SET removed_at = coalesce(removed_at, excluded.removed_at)",
        (guild_id, at),
    )


def _present(raw: sqlite3.Connection) -> frozenset[GuildId]:
    rows = raw.execute("SELECT id FROM guilds WHERE removed_at IS NULL")
    return frozenset(GuildId(id_) for (id_,) in rows)


def _due_for_purge(raw: sqlite3.Connection, before: int) -> list[GuildId]:
    rows = raw.execute(
        "SELECT id FROM guilds WHERE removed_at < ? ORDER BY removed_at, id", (before,)
    )
    return [GuildId(id_) for (id_,) in rows]


def _purge(raw: sqlite3.Connection, guild_id: GuildId) -> int:
    shown = [
        id_
        for (id_,) in raw.execute("SELECT id FROM recommendations WHERE guild_id = ?", (guild_id,))
    ]
    removed = sum(cut_loose(raw, shown, forget_member=False).values())
    for statement in (
        "DELETE FROM blend_members WHERE blend_id IN (SELECT id FROM blends WHERE guild_id = ?)",
        "DELETE FROM blends WHERE guild_id = ?",
        "DELETE FROM guild_settings WHERE guild_id = ?",
        "DELETE FROM guilds WHERE id = ?",
    ):
        removed += raw.execute(statement, (guild_id,)).rowcount
    return removed
