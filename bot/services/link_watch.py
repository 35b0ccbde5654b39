"""What a member hears while and after linking: their own message changes, or a notice comes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.domain.ids import MemberId
from bot.domain.spotify import REMINDER_DAYS, LoginState, SpotifyLogin
from bot.ports import Clock, DoorStore
from bot.ports.linking import SpotifyStore
from bot.services.notices import Notice, NoticeBoard
from bot.services.spotify_sync import API, SpotifySync

log = logging.getLogger(__name__)

KEPT_AFTER_END: Final = timedelta(days=5)
"""Spotify wants the data of a grant that is over gone by then, unless it was renewed."""


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """Something that happened to an attempt."""

    key: str
    params: dict[str, object] = field(default_factory=dict)
    linked: bool = False
    listens: int = 0
    steps: int = 0
    of: int = 0


Watcher = Callable[[LinkEvent], Awaitable[None]]


class LinkWatch:
    """Tells members about their links, and owns the reading that follows a new one."""

    def __init__(
        self,
        *,
        accounts: SpotifyStore,
        sync: SpotifySync,
        doors: DoorStore,
        notices: NoticeBoard,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._sync = sync
        self._doors = doors
        self._notices = notices
        self._clock = clock
        self._watchers: dict[MemberId, Watcher] = {}
        self._reading: set[asyncio.Task[None]] = set()

    def watch(self, member_id: MemberId, watcher: Watcher) -> None:
        """Let a message follow the member's attempt; a newer one takes its place."""
        self._watchers[member_id] = watcher

    async def refused(self, member_id: MemberId, key: str, **params: object) -> None:
        """Tell that an attempt ended without a link."""
        await self._tell(member_id, LinkEvent(key, params))

    async def linked(self, login: SpotifyLogin) -> None:
        """Tell that an account is linked, and begin to read it."""
        told = await self._tell(
            login.member_id, LinkEvent("link.linked", {"name": login.name}, linked=True)
        )
        if not told:
            log.info("member %d could not be told about the new link", login.member_id)
        task = asyncio.create_task(self._read(login), name=f"spotify-first-{login.member_id}")
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def settle(self) -> None:
        """Wait until every first reading has ended."""
        while self._reading:
            await asyncio.wait(list(self._reading))

    async def close(self) -> None:
        """End the readings under way; the next round goes on with them."""
        for task in list(self._reading):
            task.cancel()
        await self.settle()

    async def ended(self, member_id: MemberId) -> None:
        """Tell once that a grant is over, with a way to renew it."""
        await self._notices.tell(member_id, Notice("link.notice.ended", relink=True))

    async def remind(self) -> int:
        """Announce grants that end soon; return how many members were told."""
        told = 0
        now = self._clock.now()
        for login in await self._accounts.logins():
            age = (now - login.consented_at).days
            day = max((day for day in REMINDER_DAYS if day <= age), default=0)
            if login.state is not LoginState.LINKED or day <= login.reminded_day:
                continue
            if await self._accounts.remind(login.member_id, day=day):
                when = int(login.ends_at().timestamp())
                told += await self._notices.tell(
                    login.member_id, Notice("link.notice.soon", {"when": when}, relink=True)
                )
        return told

    async def forget_ended(self) -> int:
        """Delete what came through grants that were over for days; return how many."""
        gone = 0
        now = self._clock.now()
        for login in await self._accounts.logins():
            if login.state is not LoginState.RELINK:
                continue
            if login.ended_at is None or now - login.ended_at < KEPT_AFTER_END:
                continue
            await self._doors.withdraw(login.member_id, API, at=now)
            await self._notices.tell(login.member_id, Notice("link.notice.deleted", relink=True))
            gone += 1
        return gone

    async def _read(self, login: SpotifyLogin) -> None:
        async def on_progress(listens: int, steps: int, of: int) -> None:
            await self._tell_watcher(
                login.member_id,
                LinkEvent(
                    "link.reading", {"name": login.name}, True, listens=listens, steps=steps, of=of
                ),
            )

        try:
            listens = await self._sync.first(login.member_id, on_progress)
        except Exception:  # the task's owner: logs, and the next round goes on
            log.exception("the first reading of member %d failed", login.member_id)
            return
        await self._tell_watcher(
            login.member_id, LinkEvent("link.ready", {"name": login.name}, True, listens=listens)
        )
        self._watchers.pop(login.member_id, None)

    async def _tell(self, member_id: MemberId, event: LinkEvent) -> bool:
        if await self._tell_watcher(member_id, event):
            return True
        return await self._notices.tell(member_id, Notice(event.key, event.params, answer=True))

    async def _tell_watcher(self, member_id: MemberId, event: LinkEvent) -> bool:
        watcher = self._watchers.get(member_id)
        if watcher is None:
            return False
        try:
            await watcher(event)
        except Exception as error:  # noqa: BLE001  # a message that is gone stops nothing
            log.info("the message of a link could not be changed: %s", type(error).__name__)
            self._watchers.pop(member_id, None)
            return False
        return True
