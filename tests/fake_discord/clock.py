"""Time, identifiers and waiting."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import itertools
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tests.fake_discord.errors import NotSeenError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

DISCORD_EPOCH_MS = 1_420_070_400_000


STARVED = Path("/proc/self/schedstat")
"""Linux: how long the thread of the event loop ran, and how long it waited for a core, in ns."""


def starved_s() -> float:
    """Return for how long other programs kept this one from running; 0 where nobody knows."""
    try:
        return int(STARVED.read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


class Clock:
    """The server's time. `advance` lets fifteen minutes pass without waiting for them.

    It stands still while the machine gives its cores to others: whether the bot answers within
    three seconds must not depend on what else runs there.
    """

    def __init__(self) -> None:
        self._offset_s = 0.0
        self._latest_s = 0.0

    def now(self) -> float:
        """Seconds on a scale that never goes back; only differences mean something."""
        lived = time.monotonic() - starved_s()  # two readings: between them the core may be lost
        self._latest_s = max(self._latest_s, lived)
        return self._latest_s + self._offset_s

    def utcnow(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self._offset_s)

    def advance(self, seconds: float) -> None:
        self._offset_s += seconds


class Snowflakes:
    """Ids as Discord makes them: milliseconds since 2015 in the upper bits, a counter below."""

    def __init__(self) -> None:
        self._start_ms = int(time.time() * 1000) - DISCORD_EPOCH_MS
        self._low = itertools.count(1)
        self._guild = itertools.count()

    def next(self) -> int:
        low = next(self._low)
        now_ms = int(time.time() * 1000) - DISCORD_EPOCH_MS
        return (now_ms << 22) + low

    def next_guild(self) -> int:
        """Neighbouring guilds land on neighbouring shards, since `id >> 22` decides."""
        return (self._start_ms + next(self._guild)) << 22


class Pulse:
    """Wakes those who wait whenever the server's state may have changed."""

    # A condition may also read the bot's own objects, which send no pulse.
    _LOOK_AGAIN_S = 0.05

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def touch(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait_for(
        self, condition: Callable[[], T], *, what: str, within: float, hint: Callable[[], str]
    ) -> T:
        """Wait until `condition()` is truthy and return its value."""
        deadline = time.monotonic() + within
        while not (found := condition()):
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotSeenError(f"waited {within:g} s for {what}, in vain.\n{hint()}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._event.wait(), min(left, self._LOOK_AGAIN_S))
        return found
