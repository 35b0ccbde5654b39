"""Refits of the shared model: when enough changed, one at a time, never in this process."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.recommending import ModelInfo
from bot.errors import MusicBotError
from bot.ports import Clock, Compute, ModelStore, PendingChanges, Worker
from bot.services.serving import ServingModel
from recsys import HybridRecommender, RecsysError
from recsys.drift import drift

log = logging.getLogger(__name__)

LISTENS_PER_VERDICT = 40
"""An imported listen says far less than a vote; this many count as one."""
ANSWERS_PER_VERDICT = 40
"""The same for what a source outside says of an artist."""
HURRY_PAUSE = 3.0
"""Who is in a hurry waits at least this many times as long as the last refit took."""
MIN_PAUSE_S = 20.0
"""Refits never follow each other faster than this: a storm of votes is folded in anyway."""
RETRY_PAUSE_S = 300.0
"""Pause after a failed refit."""
FIRST_RETRY_PAUSE_S = 5.0
"""The same while there is no model at all and people are waiting."""
ENRICHED_ENOUGH = 200
"""So many artists and tracks of which more is known are worth a refit when nothing else is due."""
ENRICHED_PAUSE = timedelta(hours=1)
"""But no sooner than this after the last training: what is known comes in for hours."""
RECENT_SLOTS, EARLIER_SLOTS = 200, 2_000
"""The newest picks shown, and those before them, by which drift is told."""
DRIFT_PAUSE = timedelta(hours=24)
"""Drift asks for a refit no sooner than this after the last training, which may not have cured it."""
LOOK_ANYWAY_S = 600.0
"""Time alone can make a refit due; look this often without being woken."""


class TrainingService:
    """Watches what changed, refits in the child, swaps the serving model.

    `load` reads a snapshot folder into a model; it is handed in because reading files is an edge.
    """

    def __init__(
        self,
        *,
        models: ModelStore,
        worker: Worker,
        serving: ServingModel,
        compute: Compute,
        clock: Clock,
        load: Callable[[Path], HybridRecommender],
        models_folder: Path,
        refit_changes: int,
        refit_hours: float,
        min_pause_s: float = MIN_PAUSE_S,
    ) -> None:
        self._models = models
        self._worker = worker
        self._serving = serving
        self._compute = compute
        self._clock = clock
        self._load = load
        self._models_folder = models_folder
        self._refit_changes = refit_changes
        self._refit_after = timedelta(hours=refit_hours)
        self._min_pause_s = min_pause_s
        self._changed = asyncio.Event()
        self._tried_at: datetime | None = None
        self._hurried = False
        self._rested_at = 0.0
        """Monotonic time from which on hurrying is allowed again."""
        self.running = False

    def wake(self) -> None:
        """Say that something changed; cheap, called after every vote and import."""
        self._changed.set()

    def hurry(self) -> None:
        """Ask for a refit soon: something new is known that would change somebody's list a lot."""
        self._hurried = True
        self._changed.set()

    async def start(self) -> None:
        """Serve the newest published model, if its snapshot can still be read."""
        latest = await self._models.latest()
        if latest is None:
            return
        info, folder = latest
        try:
            model = await self._compute.run(self._load, self._models_folder / folder)
        except (MusicBotError, RecsysError, OSError) as error:
            log.warning("model %s cannot be read (%s); a new one is trained", info.version, error)
            return
        self._serving.swap(model, info)

    async def run(self) -> None:
        """Refit for ever; errors are logged and the old model goes on serving."""
        while True:
            pause = self._min_pause_s
            try:
                if await self.due():
                    await self.refit()
                else:
                    await self._wait_for_change()
            except (MusicBotError, RecsysError) as error:
                log.warning("refit failed, the old model goes on serving: %s", error)
                pause = RETRY_PAUSE_S if self._serving.info else FIRST_RETRY_PAUSE_S
            except Exception:  # a loop catches once, logs and lives on
                log.exception("refit failed, the old model goes on serving")
                pause = RETRY_PAUSE_S
            await asyncio.sleep(pause)

    async def _wait_for_change(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._until_rested() if self._hurried else LOOK_ANYWAY_S):
                await self._changed.wait()
        self._changed.clear()

    async def due(self) -> bool:
        """Return whether enough changed, or anything changed long enough ago."""
        if self._serving.info is None or (self._hurried and not self._until_rested()):
            return True
        return self._is_due(await self._models.pending()) or await self._drifted()

    async def _drifted(self) -> bool:
        """Return whether the newest lists please significantly less than was expected of them."""
        if not self._rested(self._clock.now(), DRIFT_PAUSE):
            return False
        slots = await self._models.outcomes(limit=RECENT_SLOTS + EARLIER_SLOTS)
        if len(slots) < 2 * RECENT_SLOTS:
            return False
        odds, liked = zip(*slots, strict=True)
        found = drift(
            odds[RECENT_SLOTS:], liked[RECENT_SLOTS:], odds[:RECENT_SLOTS], liked[:RECENT_SLOTS]
        )
        if found.drifted:
            log.info(
                "lists please less: %.3f likes per pick, %.3f expected (%.1f deviations)",
                found.observed,
                found.expected,
                found.z,
            )
        return found.drifted

    def _until_rested(self) -> float:
        return max(0.0, self._rested_at - time.monotonic())

    def _is_due(self, pending: PendingChanges) -> bool:
        if pending.erasures:
            return True
        weight = pending.verdicts + pending.listens / LISTENS_PER_VERDICT
        weight += pending.answers / ANSWERS_PER_VERDICT
        if weight >= self._refit_changes:
            return True
        now = self._clock.now()
        if pending.since is not None and now - pending.since >= self._refit_after:
            return True
        return pending.enriched >= ENRICHED_ENOUGH and self._rested(now, ENRICHED_PAUSE)

    def _rested(self, now: datetime, pause: timedelta) -> bool:
        info = self._serving.info
        last = self._tried_at or (info.trained_at if info else None)
        return last is None or now - last >= pause

    async def refit(self) -> ModelInfo | None:
        """Train now; return the model that was published, None when the old one stays.

        After an erasure, and when there is no model yet, the new one is always published.
        """
        self.running = True
        self._tried_at = self._clock.now()
        hurried, trained, began = self._hurried, False, time.monotonic()
        self._hurried = False
        try:
            pending = await self._models.pending()
            forced = pending.erasures > 0 or self._serving.info is None
            result = await self._worker.refit(force_publish=forced)
            trained = True
            if not (result.publish or forced):
                await self._models.reject(result.info, reason=result.reason, row_cut=result.row_cut)
                log.info("model %s not published: %s", result.info.version, result.reason)
                return None
            model = await self._compute.run(self._load, result.folder)
            await self._models.publish(
                result.info, folder=result.folder.name, row_cut=result.row_cut
            )
            self._serving.swap(model, result.info)
            log.info(
                "model %s serves: %d listeners, %d interactions",
                result.info.version,
                result.info.listeners,
                result.info.interactions,
            )
            return result.info
        finally:
            self.running = False
            self._hurried |= hurried and not trained
            ended = time.monotonic()
            self._rested_at = ended + HURRY_PAUSE * (ended - began)
