"""Small chores at regular intervals: each is owned, logged and never stops the others."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do every `every_s` seconds, for the first time after `first_s`."""

    name: str
    every_s: float
    first_s: float
    do: Callable[[], Awaitable[object]]


async def keep_up(chore: Chore) -> None:
    """Do a chore for ever; a failure is logged and the next turn comes as planned."""
    await asyncio.sleep(chore.first_s)
    while True:
        try:
            await chore.do()
        except Exception:  # a loop catches once, logs and lives on
            log.exception("chore %s failed; next try in %.0f s", chore.name, chore.every_s)
        await asyncio.sleep(chore.every_s)
