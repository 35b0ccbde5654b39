"""The one gate before every call to Spotify: closed times, the day's budget, and a gap between calls.

The limits are the application's, not a member's, so there is one gate for all. It never waits for
long and never probes while closed: who finds it closed hears when to come back.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from bot.domain.spotify import GateState
from bot.errors import RateLimitedError
from bot.ports import Clock
from bot.ports.spotify import GateStore

SERVICE: Final = "Spotify"
RESERVE: Final = 0.2
"""Share of the day's calls that only somebody who waits may use."""
GAP_S: Final = 1.0
"""Between two calls of the background; Spotify publishes no figure, this is far below any report."""
UNSAID_S: Final = 60.0
"""Assumed when Spotify says "later" without a time; doubled each time in a row."""
UNSAID_QUOTA_S: Final = 3600.0
LONGEST_S: Final = 86_400.0
QUOTA: Final = "QUOTA_EXCEEDED"


class Gate:
    """Lets calls through one by one: one lane for people who wait, one for the background."""

    def __init__(
        self,
        *,
        store: GateStore,
        clock: Clock,
        daily_calls: int,
        gap_s: float = GAP_S,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._clock = clock
        self._daily_calls = daily_calls
        self._gap_s = gap_s
        self._sleep = sleep
        self._state: GateState | None = None
        self._lanes = {True: asyncio.Lock(), False: asyncio.Lock()}
        self._free_at = 0.0

    @asynccontextmanager
    async def passing(self, operation: str, *, urgent: bool) -> AsyncIterator[None]:
        """Hold a lane for the length of one call, which is counted.

        Raises
        ------
        RateLimitedError
            When the gate is closed or the budget spent; nothing was counted.
        """
        async with self._lanes[urgent]:
            await self._require_open()
            if not urgent:
                await self._keep_gap()
                await self._require_open()
            await self._spend(operation, urgent=urgent)
            yield

    async def closed_until(self) -> datetime | None:
        """Return when the gate opens again, None when it is open."""
        state = await self._load()
        if state.closed_until is None or state.closed_until <= self._clock.now():
            return None
        return state.closed_until

    async def calls_left(self) -> int:
        """Return what is left of the day's budget."""
        used = await self._store.calls(self._clock.now().date().isoformat())
        return max(0, self._daily_calls - used)

    async def refused(self, retry_after_s: float | None, *, quota: bool) -> float:
        """Close the gate because Spotify said "later"; return for how many seconds."""
        state = await self._load()
        wait = retry_after_s
        if wait is None:
            first = UNSAID_QUOTA_S if quota else UNSAID_S
            wait = min(LONGEST_S, first * 2.0 ** min(state.strikes, 20))
        until = self._clock.now() + timedelta(seconds=wait)
        if state.closed_until is not None:
            until = max(until, state.closed_until)
        self._state = GateState(until, state.strikes + 1, QUOTA if quota else "RATE_LIMIT")
        await self._store.save(self._state)
        return wait

    async def went_well(self) -> None:
        """Forget earlier refusals after an answer."""
        state = await self._load()
        if state.strikes and (
            state.closed_until is None or state.closed_until <= self._clock.now()
        ):
            self._state = GateState()
            await self._store.save(self._state)

    async def _load(self) -> GateState:
        if self._state is None:
            self._state = await self._store.state()
        return self._state

    async def _require_open(self) -> None:
        until = await self.closed_until()
        if until is not None:
            wait = (until - self._clock.now()).total_seconds()
            raise RateLimitedError(SERVICE, retry_after_s=wait)

    async def _keep_gap(self) -> None:
        wait = self._free_at - time.monotonic()
        if wait > 0:
            await self._sleep(wait)
        self._free_at = time.monotonic() + self._gap_s

    async def _spend(self, operation: str, *, urgent: bool) -> None:
        now = self._clock.now()
        allowed = self._daily_calls if urgent else round(self._daily_calls * (1 - RESERVE))
        day = now.date().isoformat()
        if await self._store.calls(day) >= allowed:
            tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            raise RateLimitedError(SERVICE, retry_after_s=(tomorrow - now).total_seconds())
        await self._store.count(day, operation)
