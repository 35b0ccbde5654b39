"""Private words to a member that nobody asked for just now: links ending, accounts linked."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.domain.ids import MemberId
from bot.services.preferences import Preferences

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence of the message catalogue; `relink` puts a button under it that links anew."""

    key: str
    params: Mapping[str, object] = field(default_factory=dict)
    relink: bool = False
    answer: bool = False
    """Whether it answers something that the member just did; such a one goes out in any case."""


Send = Callable[[MemberId, Notice], Awaitable[bool]]


class NoticeBoard:
    """Passes notices to whoever can deliver them; the client attaches itself at start."""

    def __init__(self, *, preferences: Preferences) -> None:
        self._preferences = preferences
        self._send: Send | None = None
        self.application_id: int | None = None
        """The bot's application at Discord, known once it has logged in."""

    def attach(self, send: Send, *, application_id: int | None) -> None:
        """Set who delivers, and as whom."""
        self._send = send
        self.application_id = application_id

    async def tell(self, member_id: MemberId, notice: Notice) -> bool:
        """Send a notice; return whether it arrived. Never raises for a member who takes none.

        Who switched notices off in `/settings` hears answers to what they did, and nothing else.
        """
        if not (notice.answer or self._preferences.of(member_id).notices):
            return False
        if self._send is None:
            log.info("a notice for member %d has nobody to carry it", member_id)
            return False
        return await self._send(member_id, notice)
