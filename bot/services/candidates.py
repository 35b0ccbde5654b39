"""Finds music beyond the pool: asks sources about the artists members love, always in the background.

Every source works through the same list at its own pace, so one that hangs or refuses holds nobody
up. What a source said stays good for weeks, and is kept when it can't be asked again.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.candidates import Brought, Origin, Seed
from bot.domain.ids import ArtistId, MemberId
from bot.errors import AccessRefusedError, RateLimitedError, UpstreamError
from bot.ports import Clock
from bot.ports.candidates import CandidateSource, CandidateStore
from bot.services.training import TrainingService

log = logging.getLogger(__name__)

SEEDS: Final = 12
"""Artists of each member that are asked about."""
FRESH_FOR: Final = timedelta(days=21)
JITTER: Final = 0.2
"""Answers fetched on one day don't run out on one day."""
MISS_FOR: Final = timedelta(days=1)
LONGEST_MISS: Final = timedelta(days=30)
ROUND_EVERY_S: Final = 15 * 60.0
"""Imports, votes and new listens change what members love; what is answered already costs nothing."""
IDLE_S: Final = 60.0
AGAIN_AFTER_TROUBLE_S: Final = 15 * 60.0
AGAIN_AFTER_REFUSAL_S: Final = 6 * 3600.0
STRIKES: Final = 3
"""Troubles in a row after which a source is left alone for a while."""
FEW: Final = 0.5
"""A member of whose artists fewer than this share were known to any source waits for the next model."""


@dataclass
class _State:
    """How one source is doing; a restart starts with a clean slate."""

    strikes: int = 0
    closed_until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Return whether the source may be asked."""
        return self.closed_until is None or self.closed_until <= now


class CandidateService:
    """Owns the sources, and the order in which members' artists are asked about."""

    def __init__(self, *, store: CandidateStore, training: TrainingService, clock: Clock) -> None:
        self.sources: dict[Origin, CandidateSource] = {}
        """Sources that are open; the wiring opens those that the operator wants."""
        self._store = store
        self._training = training
        self._clock = clock
        self._states: dict[Origin, _State] = {}
        self._urgent: dict[MemberId, None] = {}
        self._changed = asyncio.Event()

    def open(self, source: CandidateSource) -> None:
        """Open a source."""
        self.sources[source.origin] = source
        self._states[source.origin] = _State()

    def wake(self, member_id: MemberId) -> None:
        """Put a member first: they just said what they love. Cheap, and nothing waits for it."""
        if self.sources:
            self._urgent[member_id] = None
            self._changed.set()

    async def run(self) -> None:
        """Ask for ever: whoever was woken at once, everybody now and then."""
        while True:
            try:
                await self.round()
                await self._rest()
            except Exception:  # a loop catches once, logs and lives on
                log.exception("asking for candidates failed; next try in %.0f s", IDLE_S)
                await asyncio.sleep(IDLE_S)

    async def _rest(self) -> None:
        """Wait for the next round, serving whoever is woken meanwhile."""
        until = time.monotonic() + ROUND_EVERY_S
        while (left := until - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._changed.wait()
            self._changed.clear()
            await self.serve_woken()

    async def serve_woken(self) -> None:
        """Ask about the artists of everybody who was woken, in that order."""
        while self._urgent:
            member_id = next(iter(self._urgent))
            del self._urgent[member_id]
            await self.turn(member_id)

    async def round(self) -> None:
        """Give everybody a turn, the newest members first; whoever is woken comes in between.

        The newest one's answers make a new model soon, those of all others one together.
        """
        await self.serve_woken()
        waiting = False
        for place, member_id in enumerate(await self._store.members()):
            waiting |= await self.turn(member_id, gives_way=True, hurry=place == 0)
            while self._urgent:
                await self.serve_woken()
                waiting |= await self.turn(member_id, gives_way=True, hurry=place == 0)
        if waiting:
            self._training.hurry()

    async def turn(
        self, member_id: MemberId, *, gives_way: bool = False, hurry: bool = True
    ) -> bool:
        """Ask every source about one member's artists, as far as answers are missing or old.

        Returns whether there is news for somebody of whose artists little was known. With
        `gives_way` it ends early when somebody is woken.
        """
        seeds = await self._store.seeds(member_id, limit=SEEDS)
        if not seeds:
            return False
        few = len(await self._known(seeds)) < FEW * len(seeds)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._ask(source, seeds, gives_way=gives_way, hurry=few and hurry)
                )
                for source in self.sources.values()
            ]
        found = [one for task in tasks for one in task.result() if one.anything]
        if found:
            log.info(
                "candidates: %d artists, %d tracks, %d similarities are new",
                sum(one.artists for one in found),
                sum(one.tracks for one in found),
                sum(one.similar for one in found),
            )
        return few and bool(found)

    async def _known(self, seeds: Sequence[Seed]) -> set[ArtistId]:
        """Return those of whom some source has said something already."""
        ids = [seed.artist_id for seed in seeds]
        known: set[ArtistId] = set()
        for origin in Origin:
            lookups = await self._store.lookups(origin, ids)
            known |= {id_ for id_, one in lookups.items() if not one.misses}
        return known

    async def _ask(
        self, source: CandidateSource, seeds: Sequence[Seed], *, gives_way: bool, hurry: bool
    ) -> list[Brought]:
        """Ask one source about what is due; stop when it is in trouble or its day is full.

        The next model needn't wait for the slower sources.
        """
        state = self._states[source.origin]
        brought: list[Brought] = []
        asked = await self._store.lookups(source.origin, [seed.artist_id for seed in seeds])
        for seed in seeds:
            last = asked.get(seed.artist_id)
            if last is not None and last.due_at > self._clock.now():
                continue
            if gives_way and self._urgent:
                break
            if not state.is_open(self._clock.now()) or not await self._spend(source):
                break
            found = await self._one(source, state, seed, misses=last.misses if last else 0)
            if found is not None:
                brought.append(found)
        if any(one.anything for one in brought):
            (self._training.hurry if hurry else self._training.wake)()
        return brought

    async def _one(
        self, source: CandidateSource, state: _State, seed: Seed, *, misses: int
    ) -> Brought | None:
        """Ask one question; None when there was no answer. What was said before stays then."""
        try:
            async with asyncio.timeout(source.timeout_s):
                answer = await source.similar_to(seed)
        except (UpstreamError, TimeoutError) as error:
            _note_trouble(state, error, self._clock.now())
            log.info("%s gave no answer: %s", source.origin, type(error).__name__)
            return None
        state.strikes, state.closed_until = 0, None
        now = self._clock.now()
        if not answer.neighbours:
            wait = min(LONGEST_MISS, MISS_FOR * 2 ** min(misses, 10))
            await self._store.keep_nothing(
                source.origin, seed, misses=misses + 1, at=now, due_at=now + wait
            )
            return None
        due_at = now + FRESH_FOR * _jitter(source.origin, seed.artist_id)
        return await self._store.keep(source.origin, seed, answer, at=now, due_at=due_at)

    async def _spend(self, source: CandidateSource) -> bool:
        """Take one question of today's; return whether there was one left."""
        day = self._clock.now().date().isoformat()
        if await self._store.questions(source.origin, day=day) >= source.per_day:
            return False
        await self._store.count_question(source.origin, day=day)
        return True


def _note_trouble(state: _State, error: Exception, now: datetime) -> None:
    """Leave a source alone as long as it said, or after several troubles in a row."""
    state.strikes += 1
    wait = 0.0
    if isinstance(error, AccessRefusedError):
        wait = AGAIN_AFTER_REFUSAL_S
    elif isinstance(error, RateLimitedError):
        wait = error.retry_after_s or AGAIN_AFTER_TROUBLE_S
    elif isinstance(error, TimeoutError) or state.strikes >= STRIKES:
        wait = AGAIN_AFTER_TROUBLE_S
    state.closed_until = now + timedelta(seconds=wait)


def _jitter(origin: Origin, artist_id: ArtistId) -> float:
    """Return 0.8 to 1.2, the same for one question every time."""
    spread = (artist_id * 2_654_435_761 + list(Origin).index(origin) * 977) % 1000 / 999
    return 1 + JITTER * (2 * spread - 1)
