"""From stored evidence to what the recommender folds in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from bot.domain.feedback import Block, BlockKind
from bot.domain.ids import ItemKey, MemberId
from bot.domain.listening import EvidenceKind, EvidenceRow, Level
from bot.ports import BlockStore, Clock, Compute, ListenStore
from recsys import Evidence, Kind
from recsys import Level as ModelLevel

_LEVELS = {Level.TRACK: ModelLevel.ITEM, Level.ARTIST: ModelLevel.ARTIST}
_KINDS = {
    EvidenceKind.PLAY: Kind.PLAY,
    EvidenceKind.PICK: Kind.PICK,
    EvidenceKind.LIKE: Kind.LIKE,
    EvidenceKind.DISLIKE: Kind.DISLIKE,
    EvidenceKind.SKIP: Kind.SKIP,
}
_DAY_S = 86_400.0


def to_evidence(rows: Iterable[EvidenceRow], *, now: datetime) -> Evidence:
    """Return stored rows as the recommender's columns, in the same order."""
    return Evidence.from_rows(
        (
            _LEVELS[row.level],
            row.id,
            _KINDS[row.kind],
            row.value,
            max(0.0, (now - row.last_at).total_seconds() / _DAY_S) if row.last_at else 0.0,
        )
        for row in rows
    )


def ids(keys: Iterable[int]) -> npt.NDArray[np.int64]:
    """Return ids as an array."""
    return np.fromiter(keys, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Listener:
    """All that is known of one member at request time."""

    member_id: MemberId
    rows: tuple[EvidenceRow, ...]
    evidence: Evidence
    blocks: tuple[Block, ...]

    @property
    def blocked_artists(self) -> npt.NDArray[np.int64]:
        """Ids of artists the member never wants to see."""
        return ids(b.id for b in self.blocks if b.kind is BlockKind.ARTIST)

    @property
    def blocked_items(self) -> npt.NDArray[np.int64]:
        """Keys of tracks the member never wants to see."""
        return ids(b.id for b in self.blocks if b.kind is BlockKind.TRACK)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all to go on."""
        return not self.rows


class Profiles:
    """Loads listeners."""

    def __init__(
        self, *, listens: ListenStore, blocks: BlockStore, compute: Compute, clock: Clock
    ) -> None:
        self._listens = listens
        self._blocks = blocks
        self._compute = compute
        self._clock = clock

    async def load(self, member_id: MemberId) -> Listener:
        """Return everything a member's list is made of."""
        rows: Sequence[EvidenceRow] = await self._listens.evidence(member_id)
        blocks = await self._blocks.blocks(member_id)
        return Listener(
            member_id=member_id,
            rows=tuple(rows),
            evidence=await self._compute.run(to_evidence, rows, now=self._clock.now()),
            blocks=tuple(blocks),
        )


def seed_evidence(like: ItemKey, artist_id: int) -> Evidence:
    """Return the evidence that `like:` stands for: the artist, and the track when one is meant."""
    rows = [(ModelLevel.ARTIST, artist_id, Kind.LIKE, 1.0, 0.0)]
    if like > 0:
        rows.append((ModelLevel.ITEM, int(like), Kind.LIKE, 1.0, 0.0))
    return Evidence.from_rows(rows)
