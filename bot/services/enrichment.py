"""Fills the catalogue in the background: one lane per question, none of which waits for another."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.enrichment import DAY, TERMS, Facts, TaskState, Wanted, good_for
from bot.errors import (
    AccessRefusedError,
    GoneError,
    RateLimitedError,
    UpstreamError,
)
from bot.ports import Clock
from bot.ports.enrichment import EnrichmentStore, FactSource
from bot.services.training import TrainingService

log = logging.getLogger(__name__)

FIRST_S: Final = 10.0
"""The start of the bot comes first."""
QUEUE: Final = 40
"""Asked about before looking anew what comes first."""
REST_S: Final = 1.0
"""Between two questions, so that what somebody waits for finds the way free."""
IDLE_S: Final = 60.0
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)
AFTER_REFUSAL: Final = DAY
UNUSABLE: Final = timedelta(hours=1)
"""So long nothing is asked about what a service choked on; doubled each time, a day at most."""
TELL_EVERY_S: Final = 6 * 3600.0
"""How often the log says what is known."""


class Lane:
    """Asks one kind of question, in order of who is waiting for it."""

    def __init__(
        self,
        source: FactSource,
        *,
        store: EnrichmentStore,
        training: TrainingService,
        clock: Clock,
        draw: Callable[[], float] = random.random,
        rest_s: float = REST_S,
        first_s: float | None = None,
    ) -> None:
        self.task = source.task
        self._source = source
        self._store = store
        self._training = training
        self._clock = clock
        self._draw = draw
        self._rest_s = rest_s
        self._first_s = FIRST_S if first_s is None else first_s
        self._queue: list[Wanted] = []

    async def run(self) -> None:
        """Ask for ever."""
        await asyncio.sleep(self._first_s)
        while True:
            try:
                wait = await self.step()
            except Exception:  # a loop catches once, logs and lives on
                log.exception("enrichment %s failed; next try in %.0f s", self.task, IDLE_S)
                wait = IDLE_S
            await asyncio.sleep(wait)

    async def step(self) -> float:
        """Ask one question; return in how many seconds the next one may follow."""
        state = await self._store.state(self.task)
        now = self._clock.now()
        if state.paused_until is not None and state.paused_until > now:
            return min(IDLE_S, (state.paused_until - now).total_seconds())
        if not self._queue:
            limit = max(QUEUE, self._source.batch)
            self._queue = list(await self._store.due(self.task, limit=limit, at=now))
        if not self._queue:
            return IDLE_S
        size = self._source.batch
        batch, self._queue = self._queue[:size], self._queue[size:]
        try:
            found = await self._ask(batch)
        except UpstreamError as error:
            self._queue = []
            await self._after(error, batch, state)
        else:
            if state.strikes:
                await self._store.set_state(self.task, TaskState())
            await self._save(batch, found)
        return self._rest_s

    async def _ask(self, batch: Sequence[Wanted]) -> Mapping[int, Facts]:
        try:
            return await self._source.ask(batch)
        except GoneError:
            if len(batch) > 1:  # the address itself is gone
                raise
            return {}

    async def _save(self, batch: Sequence[Wanted], found: Mapping[int, Facts]) -> None:
        terms, now = TERMS[self.task], self._clock.now()
        answers = {
            one.id: (
                found.get(one.id),
                now
                + good_for(terms, found=one.id in found, misses=one.misses, chance=self._draw()),
            )
            for one in batch
        }
        if await self._store.save(self.task, answers):
            self._training.wake()

    async def _after(self, error: UpstreamError, batch: Sequence[Wanted], state: TaskState) -> None:
        """Rest for as long as the service said, or longer each time; what is stored stays.

        What was asked about is put off unless nothing was sent: an answer that can't be used may be
        the fault of what was asked, and must not keep the others waiting.
        """
        now = self._clock.now()
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(state.strikes, 20))
        if error.retry_after_s is not None:
            pause = timedelta(seconds=error.retry_after_s)
        elif isinstance(error, AccessRefusedError):
            pause = AFTER_REFUSAL
        log.info("enrichment %s rests %.0f s: %s", self.task, pause.total_seconds(), error)
        await self._store.set_state(
            self.task, TaskState(now + pause, state.strikes + 1, type(error).__name__)
        )
        if not isinstance(error, RateLimitedError | AccessRefusedError) and (
            error.retry_after_s is None
        ):
            await self._store.postpone(
                self.task,
                {one.id: now + min(DAY, UNUSABLE * 2 ** min(one.misses, 8)) for one in batch},
            )


class EnrichmentService:
    """Owns the lanes, and says now and then how much is known."""

    def __init__(self, lanes: Sequence[Lane], *, store: EnrichmentStore) -> None:
        self.lanes = tuple(lanes)
        self._store = store

    async def run(self) -> None:
        """Keep every lane going; one that fails leaves the others alone."""
        async with asyncio.TaskGroup() as group:
            for lane in self.lanes:
                group.create_task(lane.run(), name=f"enrichment {lane.task}")
            group.create_task(self._tell(), name="enrichment coverage")

    async def _tell(self) -> None:
        await asyncio.sleep(FIRST_S)
        while True:
            try:
                found = await self._store.coverage()
            except Exception:  # a loop catches once, logs and lives on
                log.exception("what is known of the catalogue could not be counted")
            else:
                log.info("catalogue: %s", "; ".join(map(str, found.everything)))
                log.info("of it, what members met: %s", "; ".join(map(str, found.touched)))
            await asyncio.sleep(TELL_EVERY_S)
