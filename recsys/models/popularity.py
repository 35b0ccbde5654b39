"""How well liked an artist or item is, whoever asks."""

from typing import Self

import numpy as np

from recsys.base import ScoringModel, check_confidence
from recsys.types import Csr, Doubles, Floats, Ints


class Popularity(ScoringModel):
    """Log-odds of a listener, smoothed towards what is known from outside.

    The share of listeners of item i is ``(n_i + m q_i) / (N + m)`` with n_i of N listeners
    (dislikes count against it, down to 0) and the prior share q_i, the mean of a Beta distribution
    worth m listeners. q_i is the mean share times ``exp(steepness * (popularity_i - mean))``, so
    with no listener at all the outside popularity alone orders the items.

    Parameters
    ----------
    popularity : ndarray of shape (n_items,), float32, or None
        Outside popularity 0..1, NaN where unknown (counted as the lowest known one).
    prior_listeners : float
        m, in listeners.
    steepness : float
        Log-odds between popularity 0 and 1.

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
    ) -> None:
        self.popularity = popularity
        self.prior_listeners = prior_listeners
        self.steepness = steepness

    def fit(self, user_items: Csr) -> Self:
        """Count listeners in confidence of shape (n_users, n_items)."""
        seen = check_confidence(user_items)
        n_users, n_items = seen.shape
        counts = np.bincount(seen.indices, weights=np.sign(seen.data), minlength=n_items)
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

    def coefficients(self, user_items: Csr, item: int) -> Doubles:
        """Zero: no evidence of the listener has a share in it."""
        del item
        return np.zeros(user_items.nnz)

    def similarity(self, items: Ints, others: Ints) -> Floats:
        """Likeness of log-odds, 0..1: 1 / (1 + distance)."""
        self._check_fitted()
        gap = np.abs(self.log_odds_[items][:, None] - self.log_odds_[others][None, :])
        near: Floats = (1.0 / (1.0 + gap)).astype(np.float32)
        return near
