"""What can be asked for, and what comes back."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from recsys.errors import DataError
from recsys.evidence import Evidence
from recsys.types import Ints


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Options:
    """What one request wants.

    Parameters
    ----------
    exclude_items, exclude_artists : ndarray of int64
        Outside ids that must not be shown.
    exclude_known : bool
        Leave out items that the evidence (or the seed ``like``) names. Where every item is its own
        artist, evidence about the artist names the item.
    exclude_known_artists : bool
        Leave out artists whom the evidence names without an item of theirs: the listener knows
        them, and which of their items they know can't be told. Artists of known items stay;
        ``adventure`` lowers them.
    adventure : float
        0 (familiar artists are welcome) .. 1 (far away: rare, unlike the profile, unheard artists).
    artist_cap : int
        Most items of one artist in a list; >= 1.
    origin_cap : int or None
        Most items of artists whom one and the same place outside alone vouches for
        (``Catalogue.origin``); >= 1, None for any number.
    diversity : float
        Weight of the similarity to what is already in the list, in log-odds; 0 switches it off.
    among : ndarray of int64 or None
        Outside ids of the only items to choose from.
    like : Evidence or None
        Seeds of "more like this": they add one more part to the score.
    seed : int
        Of the exploration; the same seed gives the same list.
    explore : float
        Chance that a slot is filled by Thompson sampling, 0..1; 0 gives the exact list.
    """

    exclude_items: Ints = field(default_factory=_none)
    exclude_artists: Ints = field(default_factory=_none)
    exclude_known: bool = True
    exclude_known_artists: bool = False
    adventure: float = 0.3
    artist_cap: int = 1
    origin_cap: int | None = None
    diversity: float = 0.5
    among: Ints | None = None
    like: Evidence | None = None
    seed: int = 0
    explore: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.adventure <= 1:
            raise DataError("adventure must lie in 0..1")
        if not 0 <= self.explore <= 1:
            raise DataError("explore must lie in 0..1")
        if self.diversity < 0:
            raise DataError("diversity must be >= 0")
        if self.artist_cap < 1:
            raise DataError("artist_cap must be at least 1")
        if self.origin_cap is not None and self.origin_cap < 1:
            raise DataError("origin_cap must be at least 1")


@dataclass(frozen=True)
class Pick:
    """One recommended item.

    Parameters
    ----------
    item_id, artist_id : int
        Outside ids.
    score : float
        Total in log-odds before re-ranking.
    parts : dict of str to float
        The additive parts of the score, by name.
    rerank : float
        Signed re-ranking term in log-odds (diversity and adventure).
    explored : float
        Signed term of the exploration in log-odds: what the drawn taste added; 0 where nothing was
        drawn.
    score_rank : int
        1-based rank by score among the eligible items.
    rank : int
        1-based place in the list.
    policy : "exploit" or "explore"
        Whether the slot was filled by the best remaining item or by a drawn taste.
    propensity : float
        Chance that this slot, given the slots before it, shows this item, 0..1.
    probability : float
        Chance of a like, 0..1; rises with the score (``Link``).
    calibration : float
        What is added to the score to get the log-odds of that.
    """

    item_id: int
    artist_id: int
    score: float
    parts: dict[str, float]
    rerank: float
    score_rank: int
    rank: int
    policy: Literal["exploit", "explore"]
    propensity: float
    probability: float
    explored: float = 0.0
    calibration: float = 0.0
