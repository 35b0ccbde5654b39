"""Which of a member's own evidence speaks for a pick, and which of it a card may name."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.ids import ArtistId, ItemKey, key_of_artist
from bot.domain.listening import EvidenceKind, EvidenceRow, Level
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
LEAST: Final = 0.05
"""Share of all evidence for a pick that a vote needs to be named in public: there the strongest are
mostly private, and a vote that weighs less is no reason."""
OFTEN: Final = 2
"""Picks of one public card under which the same vote is named, where there is more to say."""

RowShare = tuple[int, float]
"""Place of a row in `Listener.rows` and what it adds to the score, in log-odds."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """What of a listener's own speaks for one pick."""

    strongest: tuple[RowShare, ...] = ()
    whole: float = 0.0
    """All of it together, in log-odds."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What a card names under one pick: evidence, or a style that public votes share with it."""

    rows: tuple[RowShare, ...] = ()
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Nameable:
    """What a card may name (decision D14).

    Whoever reads a private card did all of it themselves, so there everything may be named. On a
    public one: only what the member voted on in public, in the same server; that they listen to it,
    too, stays private.
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

    def liked(self, listener: Listener) -> frozenset[ItemKey]:
        """Return what anybody saw the member like."""
        likes = {key_of(row) for row in listener.rows if row.kind is EvidenceKind.LIKE}
        return frozenset(likes.intersection(self.public or ()))

    def among(self, listener: Listener, speaking: Speaking) -> tuple[RowShare, ...]:
        """Return the rows that may be named under a pick, strongest first."""
        if self.public is None:
            return speaking.strongest[:NAMED]
        return tuple(
            (row, share)
            for row, share in speaking.strongest
            if share >= LEAST * speaking.whole
            and listener.rows[row].kind is EvidenceKind.LIKE
            and key_of(listener.rows[row]) in self.public
        )

    def choose(
        self, allowed: Mapping[ItemKey, tuple[RowShare, ...]], styles: Mapping[ItemKey, str]
    ) -> dict[ItemKey, Reason]:
        """Return what to name under each pick of a list, so that a public card is not monotone.

        Parameters
        ----------
        allowed
            By pick, in the list's order, what `among` says.
        styles
            For some picks the style that they share with what `liked` says.
        """
        if self.public is None:
            return {key: Reason(rows) for key, rows in allowed.items()}
        named: Counter[int] = Counter()
        reasons = {}
        for key, rows in allowed.items():
            fresh = tuple(one for one in rows if named[one[0]] < OFTEN)[:NAMED]
            style = None if fresh else styles.get(key)
            reasons[key] = Reason(fresh if fresh or style else rows[:NAMED], style)
            named.update(row for row, _ in reasons[key].rows)
        return reasons


def shared_styles(
    subjects: Mapping[ItemKey, Subject], picks: Collection[ItemKey], liked: Collection[ItemKey]
) -> dict[ItemKey, str]:
    """Return for picks a tag that something liked in public has, too: the one that fewest here have.

    What nearly everything is tagged with, as "rock", tells little about any one pick.
    """
    seen = {tag for key in liked if key in subjects for tag in subjects[key].artist.tags}
    held = Counter(tag for one in subjects.values() for tag in one.artist.tags)
    shared = {
        key: [tag for tag in subjects[key].artist.tags if tag in seen]
        for key in picks
        if key in subjects
    }
    return {key: min(tags, key=lambda tag: held[tag]) for key, tags in shared.items() if tags}


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
