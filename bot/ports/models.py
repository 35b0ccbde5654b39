"""Published models, and what has changed since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.recommending import ModelInfo


@dataclass(frozen=True, slots=True)
class PendingChanges:
    """What no training has seen yet."""

    verdicts: int
    listens: int
    erasures: int
    since: datetime | None
    """When the oldest of them came; None when there is nothing."""
    enriched: int = 0
    """Artists and tracks of which open sources told something that a model learns from."""
    answers: int = 0
    """Artists of whom a source outside says something new."""


class ModelStore(Protocol):
    """Versions of the shared model on record."""

    async def latest(self) -> tuple[ModelInfo, str] | None:
        """Return the newest published version and its folder name."""
        ...

    async def publish(self, info: ModelInfo, *, folder: str, row_cut: Mapping[str, int]) -> None:
        """Record a published version; `row_cut` names the newest row of each table it has seen."""
        ...

    async def reject(self, info: ModelInfo, *, reason: str, row_cut: Mapping[str, int]) -> None:
        """Record a version that was trained and not published; what it saw is no longer pending."""
        ...

    async def pending(self) -> PendingChanges:
        """Count what came after the newest training, whether it was published or not."""
        ...

    async def outcomes(self, *, limit: int) -> Sequence[tuple[float, bool]]:
        """Return log-odds of a like and whether it came, of the newest picks shown, newest first."""
        ...
