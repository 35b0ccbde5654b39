"""Servers: one greeting on joining, a purge 30 days after removal."""

import logging
from collections.abc import Collection
from datetime import timedelta

from bot.domain.ids import GuildId
from bot.ports import Clock, GuildStore

log = logging.getLogger(__name__)

PURGE_AFTER = timedelta(days=30)


class GuildService:
    """Keeps the record of servers."""

    def __init__(self, *, guilds: GuildStore, clock: Clock) -> None:
        self._guilds = guilds
        self._clock = clock

    async def joined(self, guild_id: GuildId) -> bool:
        """Record a server; return whether the greeting is still owed."""
        return not (await self._guilds.joined(guild_id, at=self._clock.now())).greeted

    async def greeted(self, guild_id: GuildId) -> None:
        """Record that the greeting was sent."""
        await self._guilds.mark_greeted(guild_id)

    async def removed(self, guild_id: GuildId) -> None:
        """Record that the bot was removed from a server."""
        await self._guilds.removed(guild_id, at=self._clock.now())

    async def compare(self, present: Collection[GuildId]) -> None:
        """Catch up with removals that happened while the bot was away."""
        for guild_id in await self._guilds.present():
            if guild_id not in present:
                await self.removed(guild_id)

    async def purge_due(self) -> int:
        """Delete the data of servers that were left long enough ago; return how many."""
        due = await self._guilds.due_for_purge(removed_before=self._clock.now() - PURGE_AFTER)
        for guild_id in due:
            rows = await self._guilds.purge(guild_id)
            log.info("purged server %d: %d rows", guild_id, rows)
        return len(due)
