"""What a service calls an artist, found out once for all questions about it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from bot.domain.ids import ArtistId

KEPT: Final = 500

T = TypeVar("T")


class Memo(Generic[T]):
    """Remembers the newest few hundred; one is found out at a time, so that nobody asks twice."""

    def __init__(self) -> None:
        self._known: dict[ArtistId, T] = {}
        self._one = asyncio.Lock()

    async def get(self, artist_id: ArtistId, find: Callable[[], Awaitable[T]]) -> T:
        """Return what is known, or else find it out; an error is not remembered."""
        async with self._one:
            if artist_id not in self._known:
                if len(self._known) >= KEPT:
                    del self._known[next(iter(self._known))]
                self._known[artist_id] = await find()
            return self._known[artist_id]
