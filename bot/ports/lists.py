"""Lists that were shown, what people said of them, and blends."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.blending import Agreement, Blend, BlendRule
from bot.domain.feedback import (
    Block,
    BlockKind,
    Gesture,
    OpenMessage,
    StandingVerdict,
    Verdict,
    Via,
)
from bot.domain.ids import (
    BlendId,
    ChannelId,
    GuildId,
    ItemKey,
    MemberId,
    MessageId,
    RecommendationId,
    ShownItemId,
)
from bot.domain.recommending import Draft, Recommendation, ShownItem


class RecommendationStore(Protocol):
    """Every list shown, with its numbers."""

    async def save(self, draft: Draft) -> Recommendation:
        """Store a list before it is sent."""
        ...

    async def mark_sent(
        self,
        recommendation_id: RecommendationId,
        *,
        message_id: MessageId,
        channel_id: ChannelId,
        open_to_reactions: bool,
    ) -> None:
        """Record the message that shows a list; reactions on it are looked up by that id."""
        ...

    async def get(self, recommendation_id: RecommendationId) -> Recommendation | None:
        """Return a stored list."""
        ...

    async def of_item(self, item_id: ShownItemId) -> Recommendation | None:
        """Return the list that holds a shown item."""
        ...

    async def of_message(self, message_id: MessageId) -> Recommendation | None:
        """Return the list a message shows."""
        ...

    async def latest(self, member_id: MemberId, *, limit: int) -> Sequence[ShownItem]:
        """Return the items shown last to a member, newest list first, in rank order."""
        ...

    async def shown_keys(
        self, member_id: MemberId, *, guild_id: GuildId | None, since: datetime
    ) -> Collection[ItemKey]:
        """Return what a member was shown in one server (or in private messages) since then."""
        ...

    async def open_messages(self, *, since: datetime, limit: int) -> Sequence[OpenMessage]:
        """Return messages still open to reactions, newest first."""
        ...

    async def close_message(self, message_id: MessageId) -> None:
        """Record that a message takes no reactions any more, because it is gone; its list stays."""
        ...


class GestureStore(Protocol):
    """Gestures as they came; the verdict is a view over them."""

    async def record(self, gesture: Gesture) -> bool:
        """Store a gesture; return whether the member's verdict changed. Idempotent."""
        ...

    async def withdraw(
        self,
        member_id: MemberId,
        *,
        recommendation_id: RecommendationId,
        item_id: ShownItemId | None,
        via: Via,
        emoji: str,
        at: datetime,
    ) -> bool:
        """End one gesture; return whether it stood. Idempotent."""
        ...

    async def clear(self, member_id: MemberId, item_id: ShownItemId, *, at: datetime) -> bool:
        """End every gesture of a member on what a shown item stands for (undo)."""
        ...

    async def reconcile(
        self,
        message_id: MessageId,
        standing: Mapping[tuple[MemberId, str], Verdict],
        *,
        at: datetime,
    ) -> int:
        """Make the reaction gestures on a message equal to what Discord shows; return changes.

        Only members with consent count. Button gestures are left alone.
        """
        ...

    async def verdicts(self, member_id: MemberId, *, limit: int) -> Sequence[StandingVerdict]:
        """Return standing verdicts, newest first."""
        ...

    async def voted_in_public(
        self, member_id: MemberId, *, guild_id: GuildId | None, limit: int
    ) -> Collection[ItemKey]:
        """Return what those of the newest verdicts are about that were made on public cards there."""
        ...


class BlockStore(Protocol):
    """What members never want to see again."""

    async def add(self, member_id: MemberId, kind: BlockKind, target: int, *, at: datetime) -> bool:
        """Block a track or artist; return whether it is new."""
        ...

    async def remove(self, member_id: MemberId, kind: BlockKind, target: int) -> bool:
        """Lift a block."""
        ...

    async def blocks(self, member_id: MemberId) -> Sequence[Block]:
        """Return a member's blocks, newest first."""
        ...


class BlendStore(Protocol):
    """Invitations to blends."""

    async def create(
        self,
        *,
        guild_id: GuildId,
        channel_id: ChannelId,
        owner_id: MemberId,
        rule: BlendRule,
        members: Sequence[MemberId],
        at: datetime,
        expires_at: datetime,
    ) -> Blend:
        """Store an invitation; the owner has agreed, the others are invited."""
        ...

    async def mark_sent(self, blend_id: BlendId, *, message_id: MessageId) -> None:
        """Record the message that shows a blend."""
        ...

    async def get(self, blend_id: BlendId) -> Blend | None:
        """Return a blend."""
        ...

    async def posted_with(self, member_id: MemberId) -> Sequence[Blend]:
        """Return the blends whose message tells of a member."""
        ...

    async def answer(
        self, blend_id: BlendId, member_id: MemberId, agreement: Agreement, *, at: datetime
    ) -> Blend | None:
        """Record an invited member's answer; None when the blend or the invitation is gone."""
        ...

    async def delete_expired(self, *, before: datetime) -> int:
        """Forget blends that ran out before an instant."""
        ...
