"""How much an upload may ask of the host."""

import contextlib
import importlib
import os
import re
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType

resource: ModuleType | None
try:
    resource = importlib.import_module("resource")
except ImportError:  # not a Unix: the bounds of the parser itself still hold
    resource = None

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one upload; bytes are counted after inflating, never taken from headers."""

    entries: int = 200
    """Entries of one ZIP file."""
    file_bytes: int = 512 * MIB
    """As much as all of them: a ListenBrainz export or a table is one file, and reading streams."""
    total_bytes: int = 512 * MIB
    ratio: int = 100
    """Inflated bytes per stored byte; real exports have about 15."""
    ratio_from_bytes: int = MIB
    """Small files may compress as well as they like."""
    row_bytes: int = MIB
    """One row of JSON, one line of text."""
    directory_bytes: int = MIB
    """The table of contents of a ZIP file."""


class OutOfTimeError(Exception):
    """The CPU time of the job is used up."""


def limit_memory(n_bytes: int) -> None:
    """Bound this process's address space, where the system can."""
    if resource is not None:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))


def limit_cpu(seconds: int) -> None:
    """Raise `OutOfTimeError` after this much CPU time; the system kills a little later."""
    if resource is not None:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(signal.SIGXCPU, _out_of_time)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


def step_back() -> None:
    """Let the bot's own process go first."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(10)


def end_with_parent() -> None:
    """End this process when standard input closes, that is when the bot is gone."""
    threading.Thread(target=_wait_for_parent, name="parent-watch", daemon=True).start()


def peak_memory_bytes() -> int | None:
    """Return the most memory this process ever had, None where the system doesn't say.

    `ru_maxrss` also counts what the parent had before the exec, so Linux is asked otherwise.
    """
    with contextlib.suppress(OSError):
        found = re.search(
            r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE
        )
        if found:
            return int(found[1]) * 1024
    if resource is None:
        return None
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024


def _wait_for_parent() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(70)


def _out_of_time(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTimeError
