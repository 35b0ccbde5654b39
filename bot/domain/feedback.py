"""Gestures as they came, and the verdicts that follow from them (decision D9)."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from bot.domain.ids import MemberId, MessageId, RecommendationId, ShownItemId
from bot.domain.music import Subject


class Verdict(IntEnum):
    """Thumbs up or thumbs down."""

    DOWN = -1
    UP = 1


class Via(StrEnum):
    """How a gesture was made; a gesture on a whole card is the weakest of all."""

    BUTTON = "button"
    EMOJI = "emoji"


@dataclass(frozen=True, slots=True)
class Gesture:
    """One press or one emoji by one person.

    `item_id` is None when the emoji was put on a card of several tracks: it then speaks, weakly,
    of each of them. `emoji` is the emoji as it came (with its skin tone), empty for buttons.
    """

    member_id: MemberId
    recommendation_id: RecommendationId
    item_id: ShownItemId | None
    via: Via
    emoji: str
    verdict: Verdict
    made_at: datetime


@dataclass(frozen=True, slots=True)
class StandingVerdict:
    """What holds now for one member and one track or artist."""

    subject: Subject
    verdict: Verdict
    made_at: datetime
    item_id: ShownItemId
    weak: bool
    """True when it rests on a gesture on a whole card alone."""


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """A sent message whose reactions are re-read after a lost session."""

    message_id: MessageId
    channel_id: int
    recommendation_id: RecommendationId
    item_id: ShownItemId | None


class BlockKind(StrEnum):
    """What a member never wants to see again."""

    TRACK = "track"
    ARTIST = "artist"


@dataclass(frozen=True, slots=True)
class Block:
    """`subject.track` is None when the whole artist is blocked."""

    kind: BlockKind
    id: int
    subject: Subject
    made_at: datetime
