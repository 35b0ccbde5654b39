"""Clock and compute of this machine, the child process and the files it reads."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from bot.domain.recommending import ModelInfo

P = ParamSpec("P")
T = TypeVar("T")


class Clock(Protocol):
    """Wall time; durations use the monotonic clock where they are measured."""

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        ...


class Compute(Protocol):
    """A named, bounded thread pool for request-time numpy."""

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` off the event loop."""
        ...


@dataclass(frozen=True, slots=True)
class ParsedUpload:
    """What the import child staged."""

    rows: int
    notes: tuple[str, ...]
    peak_memory_bytes: int | None = None
    """The most memory the child ever had, where the system says."""


@dataclass(frozen=True, slots=True)
class RefitResult:
    """What the refit child left behind."""

    folder: Path
    info: ModelInfo
    row_cut: Mapping[str, int]
    publish: bool
    reason: str


class Worker(Protocol):
    """Jobs that run in a spawned child process; all raise `WorkerError` when the child fails."""

    async def parse_upload(
        self, folder: Path, *, on_progress: Callable[[int], Awaitable[None]] | None = None
    ) -> ParsedUpload:
        """Parse the raw files of an upload into `folder`/staged.sqlite3, within hard bounds.

        Raises
        ------
        BadFileError
            When no file of the upload can be read.
        """
        ...

    async def refit(self, *, force_publish: bool) -> RefitResult:
        """Train on the trainable view; compare with the serving model (decision D6)."""
        ...


class Uploads(Protocol):
    """Raw upload files below the data directory."""

    async def store(self, files: Iterable[tuple[str, bytes]]) -> str:
        """Write files named by us; return the folder name."""
        ...

    def path(self, folder: str) -> Path:
        """Return where a folder lies."""
        ...

    async def discard(self, folder: str) -> None:
        """Delete a folder; deleting twice is fine."""
        ...
