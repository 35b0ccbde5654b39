"""Blends: one list for several members, made of those who agreed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.ids import BlendId, ChannelId, GuildId, MemberId, MessageId
from bot.domain.recommending import ShownItem

MIN_MEMBERS = 2
MAX_MEMBERS = 12


class BlendRule(StrEnum):
    """How several tastes become one list."""

    JOY = "joy"
    FAIR = "fair"
    NO_ONE_SUFFERS = "no_one_suffers"


class Agreement(StrEnum):
    """Where one member stands with one blend."""

    INVITED = "invited"
    AGREED = "agreed"
    DECLINED = "declined"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Blend:
    """An invitation and who answered it how."""

    id: BlendId
    guild_id: GuildId
    channel_id: ChannelId
    owner_id: MemberId
    rule: BlendRule
    members: tuple[tuple[MemberId, Agreement], ...]
    created_at: datetime
    expires_at: datetime
    answered_at: datetime
    """When somebody answered last: a list made before may hold the taste of who left."""
    message_id: MessageId | None = None

    @property
    def agreed(self) -> tuple[MemberId, ...]:
        """Those who agreed, in order of invitation."""
        return tuple(m for m, state in self.members if state is Agreement.AGREED)

    def standing_of(self, member_id: MemberId) -> Agreement | None:
        """Return where a member stands, None for somebody who was not invited."""
        return dict(self.members).get(member_id)


@dataclass(frozen=True, slots=True)
class PairMatch:
    """How close two members are: symmetric percentage and how sure we are."""

    first: MemberId
    second: MemberId
    percent: int
    confidence: str
    """`low`, `medium` or `high`."""


@dataclass(frozen=True, slots=True)
class BlendResult:
    """The list with each member's part in it.

    `shares` sum to 1 over the members; `satisfaction` is 0 to 1 per member.
    """

    blend: Blend
    items: tuple[ShownItem, ...]
    shares: tuple[tuple[MemberId, float], ...]
    satisfaction: tuple[tuple[MemberId, float], ...]
    matches: tuple[PairMatch, ...]
