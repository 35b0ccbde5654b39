"""One list for several listeners, and how close two of them are."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.caps import within_cap
from recsys.hybrid import HybridRecommender
from recsys.profile import Profile
from recsys.types import Bools, Doubles, Floats, Ints

COMPARED = 200
"""So many of each listener's best artists are compared in a match."""
SURE_AT = 10.0
"""Artists in the smaller profile at which a match counts as half sure."""
_TINY = 1e-3
_UNBEARABLE = 0.25
"""Share of all items, those that a member likes least, that no one shall suffer from."""
_ALPHA = 4
"""How much the least served member counts there; 0 would be joy, 1 the Nash product."""


class Rule(Enum):
    """How several tastes become one list."""

    JOY = "joy"
    FAIR = "fair"
    NO_ONE_SUFFERS = "no_one_suffers"


@dataclass(frozen=True, eq=False)
class GroupList:
    """A group's list.

    Parameters
    ----------
    items : ndarray of shape (n_picks,), int64
        Columns of the scores, best first.
    satisfaction : ndarray of shape (n_members,), float64
        Utility of the list over that of the member's own best list of the same length and with the
        same artist cap, 0..1.
    shares : ndarray of shape (n_picks, n_members), float64
        Whose pick it is; each row sums to 1.
    totals : ndarray of shape (n_members,), float64
        Mean of the shares; sums to 1 unless the list is empty.
    """

    items: Ints
    satisfaction: Doubles
    shares: Doubles
    totals: Doubles


@dataclass(frozen=True)
class Match:
    """How close two listeners are: 0..100, symmetric, and how sure that is."""

    percent: int
    certainty: float
    confidence: str


def group_list(
    scores: Floats | Doubles,
    *,
    rule: Rule,
    n: int,
    artist_of: NDArray[Any],
    artist_cap: int = 1,
) -> GroupList:
    """Choose up to n items for a group.

    Each member's probabilities are divided by the mean of that member's own best list, so that nobody
    counts more for being easy to please. Joy takes the best mean. Fair adds, step by step, the item
    that raises the sum of log utilities most (the Nash product of what everybody has got so far).
    No-one-suffers leaves out what is in any member's lowest quarter, as long as something is left, and
    adds the item that raises ``-sum_m s_m^-3`` most, where whoever has got least counts most.

    Parameters
    ----------
    scores : ndarray of shape (n_members, n_items)
        Probability that a member likes an item, 0..1.
    artist_of : ndarray of shape (n_items,)
    artist_cap : int
        Most items of one artist.

    References
    ----------
    Masthoff, "Group recommender systems", Recommender Systems Handbook 2011, table 21.2 (average,
    average without misery); Nash, "The bargaining problem", Econometrica 1950; Mo, Walrand, "Fair
    end-to-end window-based congestion control", IEEE/ACM Transactions on Networking 2000,
    definition 2 (alpha-fairness).
    """
    n_members, n_items = scores.shape
    k = min(n, n_items)
    if not k or not n_members:
        nothing = np.zeros((0, n_members))
        return GroupList(np.zeros(0, np.int64), np.zeros(n_members), nothing, np.zeros(n_members))
    wide = scores.astype(np.float64)
    best = np.array([_own_best(each, k, artist_of, artist_cap) for each in wide])
    utility = wide / np.maximum(best, 1e-12)[:, None]
    chosen = _chosen(utility, rule, k, artist_of, artist_cap)
    got = utility[:, chosen]
    shares = (got.T + 1e-9) / (got.sum(axis=0)[:, None] + 1e-9 * n_members)
    satisfaction = np.clip(got.mean(axis=1), 0, 1)
    return GroupList(chosen, satisfaction, shares, shares.mean(axis=0))


def _own_best(scores: Doubles, k: int, artist_of: NDArray[Any], artist_cap: int) -> float:
    """Mean of the best list that one member alone could get."""
    size = 16 * k
    while True:
        near = (
            np.argpartition(-scores, size)[:size] if size < len(scores) else np.arange(len(scores))
        )
        order = near[np.argsort(-scores[near], kind="stable")]
        kept = order[within_cap(artist_of[order], artist_cap)][:k]
        if len(kept) == k or size >= len(scores):
            return float(scores[kept].mean())
        size *= 8  # a few artists fill the top


def _chosen(utility: Doubles, rule: Rule, k: int, artist_of: NDArray[Any], artist_cap: int) -> Ints:
    sums = np.full(utility.shape[0], _TINY)
    taken: dict[Any, int] = {}
    free = np.ones(utility.shape[1], np.bool_)
    bearable = _bearable(utility) if rule is Rule.NO_ONE_SUFFERS else free.copy()
    mean = utility.mean(axis=0)
    chosen: list[int] = []
    while len(chosen) < k and free.any():
        left = free & bearable
        gain = mean if rule is Rule.JOY else _welfare(sums[:, None] + utility, rule)
        item = int(np.argmax(np.where(left if left.any() else free, gain, -np.inf)))
        chosen.append(item)
        free[item] = False
        sums += utility[:, item]
        artist = artist_of[item]
        taken[artist] = taken.get(artist, 0) + 1
        if taken[artist] >= artist_cap:
            free &= artist_of != artist
    return np.array(chosen, np.int64)


def _bearable(utility: Doubles) -> Bools:
    lowest = np.quantile(utility, _UNBEARABLE, axis=1, keepdims=True)
    indifferent = lowest == utility.max(axis=1, keepdims=True)
    bearable: Bools = np.asarray(((utility > lowest) | indifferent).all(axis=0))
    return bearable


def _welfare(sums: Doubles, rule: Rule) -> Doubles:
    """How good it is for a group that its members got so much, shape (n_items,)."""
    each = np.log(sums) if rule is Rule.FAIR else -(sums ** (1 - _ALPHA))
    total: Doubles = each.sum(axis=0)
    return total


def match(model: HybridRecommender, first: Profile, second: Profile) -> Match:
    """Correlate what the personal parts say of artists for each of two listeners.

    Pearson's correlation of their sum over the union of the
    ``COMPARED`` best artists of each, mapped from -1..1 to 0..100. Certainty is
    k / (k + ``SURE_AT``) with k artists in the smaller profile.
    """
    a, b = (model.score_artists(one, personal=True) for one in (first, second))
    near = np.union1d(_best(a), _best(b))
    known = min(first.artists.nnz, second.artists.nnz)
    certainty = known / (known + SURE_AT)
    left, right = a[near].astype(np.float64), b[near].astype(np.float64)
    spread = left.std() * right.std()
    correlation = (
        float(((left - left.mean()) * (right - right.mean())).mean() / spread) if spread else 0.0
    )
    confidence = "low" if certainty < 0.4 else "medium" if certainty < 0.7 else "high"
    return Match(round(50 * (1 + np.clip(correlation, -1, 1))), certainty, confidence)


def _best(values: Floats) -> Ints:
    k = min(COMPARED, len(values))
    return np.argpartition(-values, k - 1)[:k].astype(np.int64) if k else np.zeros(0, np.int64)
