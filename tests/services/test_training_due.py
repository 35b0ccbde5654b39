"""When what became known about the catalogue is worth a training."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.domain.recommending import ModelInfo
from bot.errors import WorkerError
from bot.ports import PendingChanges
from bot.services.serving import ServingModel
from bot.services.training import (
    DRIFT_PAUSE,
    EARLIER_SLOTS,
    ENRICHED_ENOUGH,
    ENRICHED_PAUSE,
    RECENT_SLOTS,
    TrainingService,
)
from tests.fakes_doors import FakeClock


class Models:
    def __init__(self) -> None:
        self.changes = PendingChanges(verdicts=0, listens=0, erasures=0, since=None)

        self.slots: list[tuple[float, bool]] = []

    async def pending(self) -> PendingChanges:
        return self.changes

    async def outcomes(self, *, limit: int) -> list[tuple[float, bool]]:
        return self.slots[:limit]


class BrokenWorker:
    async def refit(self, *, force_publish: bool) -> Any:
        raise WorkerError(str(force_publish))


def enriched(n: int) -> PendingChanges:
    return PendingChanges(verdicts=0, listens=0, erasures=0, since=None, enriched=n)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
def training(models: Models, clock: FakeClock) -> TrainingService:
    serving = ServingModel()
    info = ModelInfo("1", clock.now(), 2, 300, 20, 10, {})
    serving.swap(cast("Any", object()), info)
    return TrainingService(
        models=cast("Any", models),
        worker=cast("Any", BrokenWorker()),
        serving=serving,
        compute=cast("Any", None),
        clock=clock,
        load=cast("Any", None),
        models_folder=Path(),
        refit_changes=25,
        refit_hours=12,
    )


async def test_much_that_became_known_is_learned_but_not_at_once(
    training: TrainingService, models: Models, clock: FakeClock
):
    models.changes = enriched(ENRICHED_ENOUGH)
    assert not await training.due()
    clock.forward(ENRICHED_PAUSE)
    assert await training.due()
    models.changes = enriched(ENRICHED_ENOUGH - 1)
    assert not await training.due()


async def test_a_training_that_failed_is_not_repeated_for_it_within_the_hour(
    training: TrainingService, models: Models, clock: FakeClock
):
    clock.forward(ENRICHED_PAUSE)
    models.changes = enriched(10_000)
    with pytest.raises(WorkerError):
        await training.refit()
    clock.forward(timedelta(minutes=59))
    assert not await training.due()
    clock.forward(timedelta(minutes=1))
    assert await training.due()


async def test_lists_that_please_less_ask_for_a_training_but_once_a_day(
    training: TrainingService, models: Models, clock: FakeClock
):
    earlier = [(0.0, n % 2 == 0) for n in range(EARLIER_SLOTS)]
    models.slots = [(0.0, n % 2 == 0) for n in range(RECENT_SLOTS)] + earlier
    clock.forward(DRIFT_PAUSE)
    assert not await training.due()
    models.slots = [(0.0, n % 5 == 0) for n in range(RECENT_SLOTS)] + earlier
    assert await training.due()
    with pytest.raises(WorkerError):
        await training.refit()
    assert not await training.due(), "a training that did not cure it is not repeated at once"
    clock.forward(DRIFT_PAUSE)
    assert await training.due()
    models.slots = models.slots[: 2 * RECENT_SLOTS - 1]
    assert not await training.due(), "too few to tell"
