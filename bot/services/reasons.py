"""Which of a member's own evidence speaks for a pick, and which of it a card may name."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.ids import ArtistId, ItemKey, key_of_artist
from bot.domain.listening import EvidenceRow, Level
from bot.domain.music import Subject
from bot.domain.recommending import EvidenceShare, RecommendRequest
from bot.ports import GestureStore
from bot.services.profiles import Listener

NAMED = 2
"""Pieces of evidence named under a pick."""
SEEN = 12
"""Pieces looked at for that: in public most of them may not be named."""
REMEMBERED = 15
"""Newest votes that a public card may name."""

RowShare = tuple[int, float]
"""Place of a row in `Listener.rows` and what it adds to the score, in log-odds."""


@dataclass(frozen=True, slots=True)
class Nameable:
    """What a card may name (decision D14).

    Whoever reads a private card did all of it themselves, so there everything may be named. On a
    public one: only what the member voted on in public, in the same server.
    """

    public: Collection[ItemKey] | None
    """None on a private card."""

    @classmethod
    async def on(cls, request: RecommendRequest, gestures: GestureStore) -> "Nameable":
        """Find out what the card that answers a request may name."""
        if request.private:
            return cls(None)
        return cls(
            await gestures.voted_in_public(
                request.member_id, guild_id=request.guild_id, limit=REMEMBERED
            )
        )

    @property
    def anything(self) -> bool:
        """Whether the card may name anything at all."""
        return self.public is None or len(self.public) > 0

    def choose(self, listener: Listener, strongest: Sequence[RowShare]) -> list[RowShare]:
        """Return the strongest rows that may be named."""
        allowed = [
            (row, share)
            for row, share in strongest
            if self.public is None or key_of(listener.rows[row]) in self.public
        ]
        return allowed[:NAMED]


def key_of(row: EvidenceRow) -> ItemKey:
    """Return what a row of evidence is about."""
    return ItemKey(row.id) if row.level is Level.TRACK else key_of_artist(ArtistId(row.id))


def name_shares(
    listener: Listener, shares: Sequence[RowShare], subjects: Mapping[ItemKey, Subject]
) -> tuple[EvidenceShare, ...]:
    """Return shares with the titles of what they are about; what has none is left out."""
    rows = [(listener.rows[row], share) for row, share in shares]
    return tuple(
        EvidenceShare(subject=subjects[key_of(row)], kind=row.kind, value=row.value, share=share)
        for row, share in rows
        if key_of(row) in subjects
    )
