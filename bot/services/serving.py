"""The model that answers now; swapped as one reference, never changed while readable."""

import asyncio

from bot.domain.recommending import ModelInfo
from bot.errors import UserError
from recsys import HybridRecommender

FIRST_MODEL_WAIT_S = 20.0
"""How long the first `/recommend` after an installation waits for the first fit."""


class ServingModel:
    """Holds the current model and lets callers wait for the first one."""

    def __init__(self) -> None:
        self._model: HybridRecommender | None = None
        self._info: ModelInfo | None = None
        self._ready = asyncio.Event()

    def swap(self, model: HybridRecommender, info: ModelInfo) -> None:
        """Make a model the current one."""
        self._model, self._info = model, info
        self._ready.set()

    @property
    def info(self) -> ModelInfo | None:
        """What is known of the current model."""
        return self._info

    async def current(self) -> HybridRecommender:
        """Return the current model, waiting for the very first one.

        Raises
        ------
        UserError
            When there still is no model.
        """
        if self._model is None:
            try:
                async with asyncio.timeout(FIRST_MODEL_WAIT_S):
                    await self._ready.wait()
            except TimeoutError:
                raise UserError("error.no_model_yet") from None
        assert self._model is not None  # noqa: S101  # `_ready` is set by `swap` alone
        return self._model
