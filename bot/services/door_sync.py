"""Reads the names that members connected: the newest first, then back to the beginning, then on.

A pass goes backwards page by page and its place is stored after each, so a restart goes on where it
was. The next pass ends where this one began. What is read twice adds nothing (decision D16).
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.doors import DoorSync, Totals
from bot.domain.ids import MemberId
from bot.domain.listening import FetchedListen, Source
from bot.errors import (
    AccessRefusedError,
    GoneError,
    MusicBotError,
    NotFoundError,
    RateLimitedError,
    UpstreamError,
    UserError,
)
from bot.ports import Clock, DoorStore
from bot.ports.doors import DoorSyncStore, NameDoor
from bot.services.candidates import CandidateService
from bot.services.training import TrainingService
from recsys.names import name_key

log = logging.getLogger(__name__)

SHORTEST_S: Final = 30 * 60
LONGEST_S: Final = 6 * 3600
PAGES_IN_A_TURN: Final = 10
"""So long one member may keep the others waiting."""
EXTRAS_EVERY: Final = timedelta(days=1)
LATECOMERS: Final = timedelta(days=2)
"""Players without a network hand in listens late: a pass goes on so far below the one before it."""
AGAIN_AFTER_TROUBLE_S: Final = 15 * 60
AGAIN_AFTER_REFUSAL_S: Final = 24 * 3600
RESERVE_SHARE: Final = 10
"""Beyond a door's rows a tenth of them is kept for sums, and each time a tenth of the rest is used."""
IDLE_S: Final = 300.0
TELL_S: Final = 20.0
"""Reading goes on without its message after so long."""

Watcher = Callable[[DoorSync, int], Awaitable[None]]
"""Told after every turn: the state, and the listens that were new in it."""


class DoorReader:
    """Owns the reading of every connected name."""

    def __init__(
        self,
        *,
        syncs: DoorSyncStore,
        store: DoorStore,
        candidates: CandidateService,
        training: TrainingService,
        clock: Clock,
    ) -> None:
        self.doors: dict[Source, NameDoor] = {}
        """Doors that are open; the wiring opens those that the operator wants."""
        self._syncs = syncs
        self._store = store
        self._candidates = candidates
        self._training = training
        self._clock = clock
        self._changed = asyncio.Event()
        self._watchers: dict[tuple[MemberId, Source], Watcher] = {}

    def open(self, door: NameDoor) -> None:
        """Open a door."""
        self.doors[door.source] = door

    def wake(self) -> None:
        """Look at once who is due."""
        self._changed.set()

    def watch(self, member_id: MemberId, source: Source, watcher: Watcher) -> None:
        """Let a message follow the reading until its first pass is over."""
        self._watchers[member_id, source] = watcher

    async def run(self) -> None:
        """Read whoever is due, for ever."""
        while True:
            try:
                wait = await self.round()
            except Exception:  # a loop catches once, logs and lives on
                log.exception("reading names failed; next try in %.0f s", IDLE_S)
                wait = IDLE_S
            if wait > 0:
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._changed.wait()

    async def round(self) -> float:
        """Give everybody who is due one turn; return in how many seconds the next one is."""
        now = self._clock.now()
        for state in await self._syncs.due():
            if state.next_at <= now and state.source in self.doors:
                await self.turn(state)
        waiting = [s.next_at for s in await self._syncs.due() if s.source in self.doors]
        if not waiting:
            return IDLE_S
        return min(IDLE_S, max(0.0, (min(waiting) - self._clock.now()).total_seconds()))

    async def turn(self, state: DoorSync) -> int:
        """Read some pages of one name; return how many listens are new."""
        door, added = self.doors[state.source], 0
        try:
            state, added = await self._read(door, state)
        except NotFoundError:  # disconnected meanwhile
            self._watchers.pop((state.member_id, state.source), None)
            return 0
        except (UpstreamError, UserError) as error:
            state = self._after(error, await self._fresh(state))
        await self._syncs.save(state)
        if added:
            self._training.wake()
            if not state.reading:
                self._candidates.wake(state.member_id)
        await self._tell(state, added)
        return added

    async def _read(self, door: NameDoor, state: DoorSync) -> tuple[DoorSync, int]:
        total, resumed, floor = 0, state.reading, state.newest_at
        for _ in range(PAGES_IN_A_TURN):
            state, added, over = await self._page(door, state)
            total += added
            await self._syncs.save(state)
            if over:
                break
        else:
            return replace(state, next_at=self._clock.now(), error_key=None, failed_at=None), total
        now = self._clock.now()
        if self._extras_due(state):
            total += await self._add_most(door, state, await door.extras(state.account))
            state = replace(state, extras_at=now)
        # A pass over several turns that found something says nothing of what came since it began.
        again = resumed and state.newest_at != floor
        pause = 0 if again else next_pause(state.pause_s, total)
        return (
            replace(
                state,
                synced_at=now,
                pause_s=pause or state.pause_s,
                next_at=now + timedelta(seconds=pause),
                error_key=None,
                failed_at=None,
            ),
            total,
        )

    async def _page(self, door: NameDoor, state: DoorSync) -> tuple[DoorSync, int, bool]:
        """Read one page; return the state, the new listens, and whether the pass is over."""
        if await self._is_full(door):
            return await self._without_dates(door, state)
        page = await door.page(state.account, before=state.cursor_at)
        added = await self._add(state, page.listens)
        state = replace(state, top_at=state.top_at or page.newest)
        if page.oldest is None or not page.full or _reached(page.oldest, state.newest_at):
            return _ended(state), added, True
        if await self._is_full(door):
            added += await self._sum_up(door, state, before=page.oldest)
            return _ended(replace(state, cut_at=page.oldest)), added, True
        return replace(state, cursor_at=_following(page.oldest, state.cursor_at)), added, False

    async def _without_dates(self, door: NameDoor, state: DoorSync) -> tuple[DoorSync, int, bool]:
        """Go on where no more rows may be stored: once a day the sums, which take few new ones."""
        if not self._extras_due(state):
            return _ended(state), 0, True
        cut_at = state.cut_at or state.cursor_at or self._clock.now()
        added = await self._sum_up(door, state, before=cut_at)
        return _ended(replace(state, cut_at=cut_at)), added, True

    def _extras_due(self, state: DoorSync) -> bool:
        return state.extras_at is None or self._clock.now() - state.extras_at >= EXTRAS_EVERY

    async def _is_full(self, door: NameDoor) -> bool:
        return door.most_rows is not None and await self._syncs.rows(door.source) >= door.most_rows

    async def _sum_up(self, door: NameDoor, state: DoorSync, *, before: datetime) -> int:
        """Store what lies before an instant as sums per track and artist, without dates."""
        totals = await door.totals(state.account)
        if totals is None:
            return 0
        dated = await self._syncs.dated_plays(state.member_id, state.source)
        added = await self._add_most(door, state, remainders(totals, dated))
        if totals.since is not None and totals.since < before:
            await self._store.note_gap(
                state.member_id,
                state.source,
                start=totals.since,
                end=before,
                at=self._clock.now(),
            )
        return added

    async def _add_most(
        self, door: NameDoor, state: DoorSync, sums: Sequence[FetchedListen]
    ) -> int:
        """Store sums, the largest first; near a door's limit no more than a share of what is left.

        So the limit is never reached, however many members there are, and each gets something.
        """
        if door.most_rows is not None:
            limit = door.most_rows + door.most_rows // RESERVE_SHARE
            room = max(0, limit - await self._syncs.rows(door.source))
            sums = sorted(sums, key=lambda one: -one.plays)[: -(-room // RESERVE_SHARE)]
        return await self._add(state, sums)

    async def _add(self, state: DoorSync, listens: Sequence[FetchedListen]) -> int:
        if not listens:
            return 0
        return await self._store.add(state.member_id, state.source, listens, at=self._clock.now())

    async def _fresh(self, state: DoorSync) -> DoorSync:
        """Return the state as the pages before the trouble left it."""
        mine = await self._syncs.of_member(state.member_id)
        return next((s for s in mine if s.source is state.source), state)

    def _after(self, error: MusicBotError, state: DoorSync) -> DoorSync:
        now = self._clock.now()
        wait, key = _trouble(error)
        log.info("reading %s of member %d failed: %s", state.source, state.member_id, key)
        return replace(state, next_at=now + timedelta(seconds=wait), error_key=key, failed_at=now)

    async def _tell(self, state: DoorSync, added: int) -> None:
        watcher = self._watchers.get((state.member_id, state.source))
        if watcher is None:
            return
        if not state.reading:
            del self._watchers[state.member_id, state.source]
        try:
            async with asyncio.timeout(TELL_S):
                await watcher(state, added)
        except Exception as error:  # noqa: BLE001  # a message that is gone must not stop reading
            log.info("progress could not be shown: %s", type(error).__name__)
            self._watchers.pop((state.member_id, state.source), None)


def next_pause(pause_s: int, added: int) -> int:
    """Return how long to wait after a pass that brought `added` new listens."""
    return SHORTEST_S if added else min(LONGEST_S, max(SHORTEST_S, pause_s * 3 // 2))


def remainders(totals: Totals, dated: Mapping[tuple[str, str], int]) -> list[FetchedListen]:
    """Return sums less what is stored with a date; artists less what their tracks account for."""
    found: list[FetchedListen] = []
    accounted: dict[str, int] = {}
    for (artist, _), plays in dated.items():
        accounted[artist] = accounted.get(artist, 0) + plays
    for one in totals.tracks:
        key = (name_key(one.artist), name_key(one.title or ""))
        left = one.plays - dated.get(key, 0)
        if left > 0:
            found.append(replace(one, plays=left))
            accounted[key[0]] = accounted.get(key[0], 0) + left
    for one in totals.artists:
        left = one.plays - accounted.get(name_key(one.artist), 0)
        if left > 0:
            found.append(replace(one, plays=left))
    return found


def _reached(oldest: datetime, goal: datetime | None) -> bool:
    return goal is not None and oldest < goal - LATECOMERS


def _following(oldest: datetime, cursor: datetime | None) -> datetime:
    """Return before when to read on: the oldest second again, for what shares it with the page."""
    again = oldest + timedelta(seconds=1)
    return oldest if cursor is not None and again >= cursor else again


def _ended(state: DoorSync) -> DoorSync:
    newest = max(filter(None, (state.newest_at, state.top_at)), default=None)
    return replace(state, newest_at=newest, top_at=None, cursor_at=None)


def _trouble(error: MusicBotError) -> tuple[float, str]:
    if isinstance(error, RateLimitedError):
        return error.retry_after_s or AGAIN_AFTER_TROUBLE_S, "doors.trouble.later"
    if isinstance(error, GoneError):
        return AGAIN_AFTER_REFUSAL_S, "doors.trouble.gone"
    if isinstance(error, AccessRefusedError):
        return AGAIN_AFTER_REFUSAL_S, "doors.trouble.refused"
    again = error.retry_after_s if isinstance(error, UpstreamError) else None
    return again or AGAIN_AFTER_TROUBLE_S, "doors.trouble.outage"
