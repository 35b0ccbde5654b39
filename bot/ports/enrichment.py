"""What enrichment needs from the world, as small Protocols."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.enrichment import Coverage, Facts, Preview, Task, TaskState, Wanted
from bot.domain.music import Subject


class FactSource(Protocol):
    """One kind of question to one service.

    Raises
    ------
    RateLimitedError, AccessRefusedError, GoneError, UpstreamError
    """

    @property
    def task(self) -> Task:
        """What it asks."""
        ...

    @property
    def batch(self) -> int:
        """About how many it asks in one request."""
        ...

    async def ask(self, wanted: Sequence[Wanted]) -> Mapping[int, Facts]:
        """Return what is known by id; what isn't known is left out."""
        ...


class PreviewSource(Protocol):
    """Where half a minute of a track can be heard."""

    async def preview(self, subject: Subject) -> Preview | None:
        """Return it, None where there is none; asks the service."""
        ...


class EnrichmentStore(Protocol):
    """What was asked, what was answered, and what is to be asked next."""

    async def due(self, task: Task, *, limit: int, at: datetime) -> Sequence[Wanted]:
        """Return what may be asked now, first what members were shown, played or picked."""
        ...

    async def save(
        self,
        task: Task,
        answers: Mapping[int, tuple[Facts | None, datetime]],
    ) -> int:
        """Store answers by id, None for "nothing found", and until when each stands.

        Nothing that is stored is deleted because it was not found; what no longer exists is passed
        over. Returns how many differ in what a model learns from.
        """
        ...

    async def postpone(self, task: Task, until: Mapping[int, datetime]) -> None:
        """Ask about these later, because the answer could not be used; what is stored stays."""
        ...

    async def state(self, task: Task) -> TaskState:
        """Return how a question fares."""
        ...

    async def set_state(self, task: Task, state: TaskState) -> None:
        """Store how a question fares."""
        ...

    async def coverage(self) -> Coverage:
        """Count what is known."""
        ...
