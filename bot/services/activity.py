"""Follows "Listening to Spotify" on Discord, of members who switched that on and of nobody else.

What Discord shows is taken in at once and in memory; the play under way is stored soon after, and
plays that ended are filed as listens in batches, because that renews a member's sums.
"""

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import Final

from bot.domain.activity import Shown, expire, follow, out_of_sight
from bot.domain.ids import MemberId
from bot.domain.listening import FetchedListen, Source
from bot.errors import NotFoundError
from bot.ports import Clock, DoorStore
from bot.ports.activity import ActivityStore, Followed
from bot.services.training import TrainingService

log = logging.getLogger(__name__)

FILE_EVERY_S: Final = 600.0
AGAIN_AFTER_TROUBLE_S: Final = 60.0
SOURCE: Final = Source.DISCORD_ACTIVITY


class ActivityService:
    """Owns what is known of each follower's listening right now."""

    def __init__(
        self, *, plays: ActivityStore, doors: DoorStore, training: TrainingService, clock: Clock
    ) -> None:
        self._plays = plays
        self._doors = doors
        self._training = training
        self._clock = clock
        self._followed: dict[MemberId, Followed] = {}
        self._changed: set[MemberId] = set()
        self._wake = asyncio.Event()

    async def start(self) -> None:
        """Remember who switched it on; what ran while nobody looked is no longer sure."""
        self._followed = {one.member_id: one for one in await self._plays.followed()}
        self.lose_sight()

    def follows(self, member_id: MemberId) -> bool:
        """Return whether a member switched it on."""
        return member_id in self._followed

    def admit(self, member_id: MemberId) -> None:
        """Follow a member from now on."""
        self._followed.setdefault(member_id, Followed(member_id))

    def dismiss(self, member_id: MemberId) -> None:
        """Follow a member no longer and forget what was not filed yet."""
        self._followed.pop(member_id, None)
        self._changed.discard(member_id)

    def saw(self, member_id: MemberId, shown: Shown | None) -> None:
        """Take in what Discord shows of somebody; nothing is kept of who didn't switch it on."""
        state = self._followed.get(member_id)
        if state is None:
            return
        play, ended = follow(state.under_way, shown, at=self._clock.now())
        self._keep(replace(state, under_way=play), ended)

    def lose_sight(self) -> None:
        """Note that Discord may have shown something meanwhile: a new session began."""
        for state in list(self._followed.values()):
            if state.under_way is not None:
                self._keep(replace(state, under_way=out_of_sight(state.under_way)), None)

    async def run(self) -> None:
        """Store what changes and file what ended, for ever."""
        while True:
            try:
                await self.round()
                await self._store_until_next_round()
            except Exception:  # a loop catches once, logs and lives on
                log.exception("listening on Discord could not be stored")
                await asyncio.sleep(AGAIN_AFTER_TROUBLE_S)

    async def _store_until_next_round(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FILE_EVERY_S):
                while True:
                    await self._wake.wait()
                    await self.store()

    async def close(self) -> None:
        """Store the last changes."""
        await self.store()

    async def store(self) -> None:
        """Store every state that changed."""
        self._wake.clear()
        for member_id in list(self._changed):
            state = self._followed.get(member_id)
            if state is not None:
                await self._plays.save(state)
            if state is self._followed.get(member_id):
                self._changed.discard(member_id)

    async def round(self) -> int:
        """End what was left, file what ended; return how many listens are new."""
        now, added = self._clock.now(), 0
        for state in list(self._followed.values()):
            play, ended = expire(state.under_way, at=now)
            if play is not state.under_way:
                self._keep(replace(state, under_way=play), ended)
        await self.store()
        for member_id in list(self._followed):
            added += await self.file(member_id)
        return added

    async def file(self, member_id: MemberId) -> int:
        """Make listens of a member's plays that ended; twice, or two at once, is once (decision D16)."""
        state = self._followed.get(member_id)
        if state is None or not state.waiting:
            return 0
        try:
            added = await self._doors.add(member_id, SOURCE, state.waiting, at=self._clock.now())
        except NotFoundError:  # switched off or erased meanwhile
            self.dismiss(member_id)
            return 0
        current = self._followed.get(member_id)
        if current is not None:
            left = tuple(one for one in current.waiting if one not in state.waiting)
            self._keep(replace(current, waiting=left), None)
            await self.store()
        if added:
            self._training.wake()
        return added

    def _keep(self, state: Followed, ended: FetchedListen | None) -> None:
        if ended is not None:
            state = replace(state, waiting=(*state.waiting, ended))
        if state != self._followed.get(state.member_id):
            self._followed[state.member_id] = state
            self._changed.add(state.member_id)
            self._wake.set()
