"""What was asked, what was shown, and the numbers behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.candidates import Provenance
from bot.domain.ids import (
    ArtistId,
    ChannelId,
    GuildId,
    ItemKey,
    MemberId,
    MessageId,
    RecommendationId,
    ShownItemId,
)
from bot.domain.music import Subject


class Occasion(StrEnum):
    """Which command showed a pick."""

    RECOMMEND = "recommend"
    BLEND = "blend"


class Policy(StrEnum):
    """Whether a pick was the best known or a look around."""

    EXPLOIT = "exploit"
    EXPLORE = "explore"


@dataclass(frozen=True, slots=True)
class RecommendRequest:
    """One `/recommend`; `adventure` is 0 to 10, None for the member's own setting."""

    member_id: MemberId
    guild_id: GuildId | None
    channel_id: ChannelId | None
    private: bool
    count: int = 5
    like: ItemKey | None = None
    adventure: int | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A pick with its numbers, before it has an id.

    `parts` are log-odds that sum to `score`; `rerank` is the signed term of the re-ranking, and
    `calibration` what makes the log-odds of a 👍 of the score.
    """

    subject: Subject
    rank: int
    score_rank: int
    score: float
    rerank: float
    parts: Mapping[str, float]
    policy: Policy
    propensity: float
    calibration: float = 0.0


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything about a list that is stored before it is sent (decision D12)."""

    member_id: MemberId
    guild_id: GuildId | None
    channel_id: ChannelId | None
    private: bool
    occasion: Occasion
    model_version: str
    adventure: int
    seed: int
    like: ItemKey | None
    made_at: datetime
    items: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class EvidenceShare:
    """How much one thing that the member did weighs in one pick, in log-odds."""

    subject: Subject
    kind: str
    """An `EvidenceKind` value."""
    value: float
    """Plays, or 1."""
    share: float


@dataclass(frozen=True, slots=True)
class ShownItem:
    """A stored pick."""

    id: ShownItemId
    recommendation_id: RecommendationId
    scored: Scored
    because: tuple[EvidenceShare, ...] = ()
    """Evidence that the card may name under it, strongest first; known while the list is new."""
    style: str | None = None
    """Named instead: a tag that it shares with what the member liked in public."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A stored list."""

    id: RecommendationId
    member_id: MemberId
    guild_id: GuildId | None
    private: bool
    occasion: Occasion
    model_version: str
    adventure: int
    like: ItemKey | None
    made_at: datetime
    items: tuple[ShownItem, ...]
    message_id: MessageId | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """The full reason for one pick: parts sum to the score, shares and `rest` to the parts.

    Score and `calibration` are the log-odds of `probability`.
    """

    subject: Subject
    score: float
    probability: float
    calibration: float
    parts: Mapping[str, float]
    rest: float
    """What no evidence of the member explains: popularity, priors and the bias."""
    shares: tuple[EvidenceShare, ...]
    rank: int | None = None
    score_rank: int | None = None
    rerank: float | None = None
    elsewhere: Provenance | None = None
    """Which services outside vouch for the artist; None where none does."""
    from_stored: bool = False
    """True when rank, re-ranking and policy are those of the list as it was shown."""
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """One artist before and after a vote, by score rank among all artists."""

    artist_id: ArtistId
    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a vote did, from a second fold-in."""

    subject: Subject
    verdict: int
    """1, -1, or 0 when the vote was taken back."""
    changed: bool
    moved: tuple[Moved, ...] = ()
    entered: tuple[Subject, ...] = ()
    left: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What `/about` says of the serving model."""

    version: str
    trained_at: datetime
    listeners: int
    interactions: int
    tracks: int
    artists: int
    details: Mapping[str, object] = field(default_factory=dict)
