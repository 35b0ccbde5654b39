"""What the bot does at Discord while nobody waits for it: it stops where, and for as long as, it is told.

Ten thousand refused requests within ten minutes ban an address, so a refusal is never tried again
by itself.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import aiohttp
import discord

from bot.domain.ids import MemberId
from bot.ports import MetaStore
from bot.services.notices import Notice, NoticeBoard

T = TypeVar("T")

log = logging.getLogger(__name__)

TROUBLE: Final = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)
"""What a request to Discord may raise; `RateLimited` is no `HTTPException`."""
UNSAID_S: Final = 3600.0
"""How long nothing is sent after a 429 of the edge, which names no time."""
SHUT_S: Final = 3600.0
"""How long a channel is left alone that is closed to the bot: somebody may open it again."""
LOCKED_OUT: Final = frozenset({50001, 50013})
"""Missing access, missing permissions."""
UNKNOWN_MESSAGE: Final = 10008
TOLD_KEY: Final = "discord.locked_out."


class Unasked:
    """Greetings, notices, seeded reactions and second looks pass through here."""

    def __init__(self, *, meta: MetaStore, notices: NoticeBoard) -> None:
        self._meta = meta
        self._notices = notices
        self._quiet_until = 0.0
        self._shut_until: dict[int, float] = {}

    async def attempt(
        self,
        what: str,
        act: Callable[[], Awaitable[T]],
        *,
        channel_id: int | None = None,
        guild: discord.Guild | None = None,
    ) -> T | None:
        """Do something once; return None when Discord refused, does so still, or is away.

        Raises
        ------
        discord.NotFound
            When what it is about is gone, for that is news.
        """
        if time.monotonic() < max(self._quiet_until, self._shut_until.get(channel_id or 0, 0.0)):
            return None
        try:
            return await act()
        except discord.NotFound:
            raise
        except TROUBLE as error:
            log.info("%s failed: %s", what, error)
            await self._heed(error, channel_id, guild)
            return None

    async def _heed(
        self, error: Exception, channel_id: int | None, guild: discord.Guild | None
    ) -> None:
        wait = _wait_of(error)
        if wait is not None:
            self._quiet_until = max(self._quiet_until, time.monotonic() + wait)
            log.error(
                "Discord refuses requests; for %.0f s nothing is sent that nobody asked for", wait
            )
        if (
            isinstance(error, discord.Forbidden)
            and error.code in LOCKED_OUT
            and channel_id is not None
        ):
            self._shut_until[channel_id] = time.monotonic() + SHUT_S
            await self._tell_owner(channel_id, guild)

    async def _tell_owner(self, channel_id: int, guild: discord.Guild | None) -> None:
        """Tell whoever owns the server, once for each channel, what is missing there."""
        key = f"{TOLD_KEY}{channel_id}"
        if guild is None or guild.owner_id is None or await self._meta.get(key) is not None:
            return
        await self._meta.set(key, "told")
        params = {"channel": channel_id, "guild": guild.name}
        await self._notices.tell(MemberId(guild.owner_id), Notice("notice.locked_out", params))


def _wait_of(error: Exception) -> float | None:
    if isinstance(error, discord.RateLimited):
        return error.retry_after
    if isinstance(error, discord.HTTPException) and error.status == 429:
        return UNSAID_S
    return None
