"""Several threads over independent batches: numpy lets go of the interpreter while it computes."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
MOST_THREADS = 4
_AHEAD = 4


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_threads(
    work: Callable[[T], None],
    batches: Iterable[T],
    *,
    n: int | None = None,
    at_once: int = _AHEAD,
) -> None:
    """Call ``work`` once per batch; batches must not touch each other's results.

    BLAS itself should be held to one thread meanwhile (``recsys.blas``). The first error is raised.

    Parameters
    ----------
    work, batches
    n : int, optional
        Threads; the cores at hand, at most four, where not given. One works in the calling thread.
    at_once : int
        Batches that a thread takes at a time; 1 where there are few and each is long.
    """
    threads = min(cores(), MOST_THREADS) if n is None else n
    if threads <= 1:
        for batch in batches:
            work(batch)
        return
    waiting = iter(batches)

    def some(group: list[T]) -> None:
        for batch in group:
            work(batch)

    with ThreadPoolExecutor(threads, thread_name_prefix="fit") as pool:
        groups = iter(lambda: list(islice(waiting, at_once)), [])
        for done in [pool.submit(some, group) for group in groups]:
            done.result()
