"""What doors with names need from the world, as small Protocols."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.doors import DoorSync, ListenPage, Totals
from bot.domain.ids import MemberId
from bot.domain.listening import FetchedListen, Source


class NameDoor(Protocol):
    """A service that tells what somebody listened to when asked by name (decision D3).

    Raises
    ------
    RateLimitedError, AccessRefusedError, GoneError, UpstreamError
    """

    @property
    def source(self) -> Source:
        """Where its listens are filed."""
        ...

    @property
    def most_rows(self) -> int | None:
        """How many rows of it may be stored for everybody together, None for any number."""
        ...

    async def check(self, name: str) -> str:
        """Return the name as the service spells it.

        Raises
        ------
        UserError
            When there is nobody of that name, or their listening is hidden.
        """
        ...

    async def page(self, name: str, *, before: datetime | None) -> ListenPage:
        """Return the newest listens, or the newest that began before an instant."""
        ...

    async def extras(self, name: str) -> Sequence[FetchedListen]:
        """Return what was loved (a few plays' worth each) or hated (a skip each)."""
        ...

    async def totals(self, name: str) -> Totals | None:
        """Return sums over the whole history, None where the service has none to offer."""
        ...


class DoorSyncStore(Protocol):
    """Which names are connected, and how far reading each is."""

    async def connect(
        self, member_id: MemberId, source: Source, account: str, *, at: datetime
    ) -> DoorSync:
        """Connect a name; the same one again changes nothing, another one starts anew.

        Raises
        ------
        UserError
            `error.door_taken` when somebody else has connected this name.
        """
        ...

    async def disconnect(self, member_id: MemberId, source: Source) -> bool:
        """Forget the name and keep its listens; return whether there was one."""
        ...

    async def of_member(self, member_id: MemberId) -> Sequence[DoorSync]:
        """Return what a member has connected."""
        ...

    async def due(self) -> Sequence[DoorSync]:
        """Return everything that is connected, the next one first."""
        ...

    async def save(self, state: DoorSync) -> None:
        """Store how far reading is; nothing happens when the name is no longer connected."""
        ...

    async def rows(self, source: Source) -> int:
        """Return how many rows of a source are stored, be it of members or of artists."""
        ...

    async def dated_plays(
        self, member_id: MemberId, source: Source
    ) -> Mapping[tuple[str, str], int]:
        """Return plays with a date by folded artist and title; an artist's own under an empty title."""
        ...
