"""What finding candidates beyond the pool needs from the world, as small Protocols."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.candidates import Answer, Brought, Lookup, Origin, Seed, Vouched
from bot.domain.ids import ArtistId, MemberId


class CandidateSource(Protocol):
    """One question to a service outside, about the artists that are similar to a seed."""

    @property
    def origin(self) -> Origin:
        """Where its answers are filed."""
        ...

    @property
    def per_day(self) -> int:
        """Most questions a day; each may take a few calls."""
        ...

    @property
    def timeout_s(self) -> float:
        """How long a question may take altogether."""
        ...

    async def similar_to(self, seed: Seed) -> Answer:
        """Ask; nothing known is an empty answer.

        Raises
        ------
        RateLimitedError, AccessRefusedError, UpstreamError
        """
        ...


class CandidateStore(Protocol):
    """What sources said, by the artist they were asked about; no member is in it."""

    async def members(self) -> Sequence[MemberId]:
        """Return everybody who agreed, the newest first."""
        ...

    async def seeds(self, member_id: MemberId, *, limit: int) -> Sequence[Seed]:
        """Return the artists a member loves most: picks and likes, then the most played.

        Only from sources that may train (decision D4), and nobody whom they block or dislike.
        """
        ...

    async def lookups(
        self, origin: Origin, artist_ids: Collection[ArtistId]
    ) -> Mapping[ArtistId, Lookup]:
        """Return which of some artists a source was asked about."""
        ...

    async def questions(self, origin: Origin, *, day: str) -> int:
        """Return how many questions a source was asked on a day."""
        ...

    async def count_question(self, origin: Origin, *, day: str) -> None:
        """Count one, before it is asked: the quota holds over restarts."""
        ...

    async def keep(
        self, origin: Origin, seed: Seed, answer: Answer, *, at: datetime, due_at: datetime
    ) -> Brought:
        """Replace what a source said of an artist; new artists and tracks enter the catalogue.

        Nothing is kept of an artist whom nobody's taste names any more.
        """
        ...

    async def keep_nothing(
        self, origin: Origin, seed: Seed, *, misses: int, at: datetime, due_at: datetime
    ) -> None:
        """Record that a source knows nothing of an artist; what it said before stays."""
        ...

    async def vouched(self, artist_id: ArtistId) -> Sequence[Vouched]:
        """Return who named an artist as similar to whom, the nearest first."""
        ...
