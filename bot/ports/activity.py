"""What following listening on Discord needs from the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.activity import PlayUnderWay
from bot.domain.ids import MemberId
from bot.domain.listening import FetchedListen


@dataclass(frozen=True, slots=True)
class Followed:
    """A member who switched it on: the play under way, and plays that wait to be filed."""

    member_id: MemberId
    under_way: PlayUnderWay | None = None
    waiting: tuple[FetchedListen, ...] = ()


class ActivityStore(Protocol):
    """Keeps what is known of members' listening on Discord over a restart."""

    async def followed(self) -> Sequence[Followed]:
        """Return everybody who switched it on, with what was known of them last."""
        ...

    async def save(self, state: Followed) -> None:
        """Store what is known of a member; nothing happens when they switched it off."""
        ...
