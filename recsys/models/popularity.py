"""How well liked an artist or item is, whoever asks."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from recsys.base import ScoringModel, check_confidence
from recsys.sparse import indicator
from recsys.types import Csr, Doubles, Floats, Ints


class Popularity(ScoringModel):
    """Log-odds of a listener, smoothed towards what is known from outside.

    The score is ``ln(s_i / (1 - s_i))`` of the share of listeners ``s_i = (n_i + m q_i) / (N + m)``,
    at most 0.999, with n_i of N listeners who said anything at all (dislikes count against it, down
    to 0) and the prior share q_i, the mean of a Beta distribution worth m listeners. With popularity
    p_i from outside

    ``q_i = b r_i / mean r``, ``r_i = exp(steepness * (p_i - mean p))``, ``b = sum_i n_i / (N n_items)``

    (sum_i n_i and N count as 1 at least): the prior shares have the same mean b as the shares
    here, and with no listener at all the outside popularity alone orders the items. Without it q_i is
    b. No q_i is above 0.5, nor q_i or s_i below 1e-9; what is cut off is not handed to the others.

    Parameters
    ----------
    popularity : ndarray of shape (n_items,), float32, or None
        Outside popularity 0..1, NaN where unknown (counted as the lowest known one).
    prior_listeners : float
        m, in listeners.
    steepness : float
        Logarithm of the ratio of two prior shares, of popularity 1 and 0.
    group_of : ndarray of shape (n_items,), int32, or None
        Count the listeners of each item's group (an album, say) instead; -1 where it has none.

    References
    ----------
    Gelman et al., "Bayesian Data Analysis", 3rd ed., section 2.4 (the beta-binomial mean).
    """

    def __init__(
        self,
        popularity: Floats | None = None,
        *,
        prior_listeners: float = 5.0,
        steepness: float = 5.0,
        group_of: NDArray[np.int32] | None = None,
    ) -> None:
        self.popularity = popularity
        self.prior_listeners = prior_listeners
        self.steepness = steepness
        self.group_of = group_of

    def fit(self, user_items: Csr) -> Self:
        """Count listeners in confidence of shape (n_users, n_items)."""
        seen = check_confidence(user_items)
        n_users, n_items = int((np.diff(seen.indptr) > 0).sum()), seen.shape[1]
        counts: Doubles = np.bincount(
            seen.indices, weights=np.sign(seen.data).astype(np.float64), minlength=n_items
        ).astype(np.float64)
        if self.group_of is not None:
            counts = _by_group(seen, self.group_of)
        counts = np.maximum(counts, 0.0)
        base = max(float(counts.sum()), 1.0) / max(max(n_users, 1) * n_items, 1)
        prior = np.full(n_items, base)
        if self.popularity is not None and not np.isnan(self.popularity).all():
            known = self.popularity.astype(np.float64)
            known = np.where(np.isnan(known), np.nanmin(known), known)
            prior = np.exp(self.steepness * (known - known.mean()))
            prior *= base / prior.mean()
        prior = np.clip(prior, 1e-9, 0.5)
        share = (counts + self.prior_listeners * prior) / (n_users + self.prior_listeners)
        share = np.clip(share, 1e-9, 0.999)
        self.log_odds_: Floats = np.log(share / (1 - share)).astype(np.float32)
        self.n_items_ = n_items
        return self

    def fold_in(self, user_items: Csr) -> Floats:
        """Nothing is kept of a listener: shape (n_users, 0)."""
        return np.zeros((self._check_rows(user_items).shape[0], 0), np.float32)

    def score(self, folded: Floats) -> Floats:
        """Return the same log-odds for everybody, shape (n_users, n_items), float32."""
        self._check_fitted()
        return np.broadcast_to(self.log_odds_, (len(folded), self.n_items_))

    def coefficients(self, user_items: Csr, items: Ints) -> Doubles:
        """Zero: no evidence of the listener has a share in it."""
        return np.zeros((user_items.nnz, len(items)))

    def similarity(self, items: Ints, others: Ints) -> Floats:
        """Likeness of log-odds, 0..1: 1 / (1 + distance)."""
        self._check_fitted()
        gap = np.abs(self.log_odds_[items][:, None] - self.log_odds_[others][None, :])
        near: Floats = (1.0 / (1.0 + gap)).astype(np.float32)
        return near


def _by_group(seen: Csr, group_of: NDArray[np.int32]) -> Doubles:
    """Count the listeners who like something of each item's group, shape (n_items,)."""
    in_one = np.flatnonzero(group_of >= 0)
    liked = np.asarray(((seen @ indicator(group_of)) > 0).sum(axis=0), np.float64).ravel()
    counts = np.zeros(len(group_of))
    counts[in_one] = liked[group_of[in_one]]
    return counts
