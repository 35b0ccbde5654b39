"""Models that were learned elsewhere, from a background prior: nothing here teaches them anything."""

from typing import Self

import numpy as np

from recsys.base import check_confidence
from recsys.errors import DataError
from recsys.models.als import ALS
from recsys.models.popularity import Popularity
from recsys.models.sparse_weights import SparseWeights
from recsys.types import Csr, Doubles, Floats

_UNKNOWN = 1e-12


class FrozenFactors(ALS):
    """Item factors of another fit; listeners are folded in exactly as that fit would have done it.

    ``x = (a0 G + l (n + a0 I) 1 + sum_j c_j y_j y_j')^-1 sum_j c_j p_j y_j`` with the Gramian G and
    the number I of all items of that fit, of which this catalogue may hold a few only. Items
    without factors take no part: neither in the sums nor in n.

    Parameters
    ----------
    factors : ndarray of shape (n_items, n_factors), float32
        Zeros where unknown.
    gram : ndarray of shape (n_factors, n_factors), float64
    n_known : int
        Items of that fit.
    scored : ndarray of shape (n_items, n_factors), float32, optional
        Factors that listeners are scored with, where these are others (see ``Lifted``).
    unobserved, regularisation, dislike : float
        Of that fit.

    References
    ----------
    Hu, Koren, Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008, eq. 4.
    """

    def __init__(
        self,
        factors: Floats,
        gram: Doubles,
        n_known: int,
        *,
        scored: Floats | None = None,
        unobserved: float,
        regularisation: float,
        dislike: float,
    ) -> None:
        super().__init__(
            n_factors=factors.shape[1],
            unobserved=unobserved,
            regularisation=regularisation,
            dislike=dislike,
        )
        self.factors = factors
        self.gram = gram
        self.n_known = n_known
        self.scored = scored

    def fit(self, user_items: Csr) -> Self:
        """Take the factors; the listeners of (n_users, n_items) only say how many items there are."""
        _check_width(user_items, len(self.factors))
        self.item_factors_: Floats = self.factors
        self.scored_factors_: Floats = self.factors if self.scored is None else self.scored
        self.gram_: Doubles = self.gram
        self.n_items_ = len(self.factors)
        return self

    def partial_fit(self, user_items: Csr, *, n_iterations: int = 0) -> Self:
        """Stay as it is: there are no sweeps to go on with."""
        return self.fit(user_items)

    def _fold_in_many(self, rows: Csr, n_others: int) -> Floats:
        known = np.abs(self.item_factors_).max(axis=1, initial=0) > _UNKNOWN
        counted = rows.copy()
        counted.data = np.where(known[rows.indices], rows.data, 0)
        counted.eliminate_zeros()
        return super()._fold_in_many(counted, self.n_known)

    def _ridge_of_one(self, y: Floats) -> float:
        known = int((np.abs(y).max(axis=1, initial=0) > _UNKNOWN).sum())
        return float(self._ridge(max(known, 1), self.n_known))

    def _scored(self) -> Floats:
        return self.scored_factors_


class FrozenNeighbours(SparseWeights):
    """Item-item weights of another fit.

    Parameters
    ----------
    weights : csr_array of shape (n_items, n_items), float32
        Rows by evidence item; empty where unknown.
    norm : float
        See ``SparseWeights``.
    """

    def __init__(self, weights: Csr, *, norm: float = 0.0) -> None:
        self.weights = weights
        self.norm = norm

    def fit(self, user_items: Csr) -> Self:
        """Take the weights; the listeners of (n_users, n_items) only say how many items there are."""
        _check_width(user_items, self.weights.shape[0])
        self.weights_: Csr = self.weights
        self.n_items_ = self.weights.shape[0]
        return self


class FrozenRenown(Popularity):
    """Log-odds of a listener of each item in another place.

    Parameters
    ----------
    log_odds : ndarray of shape (n_items,), float32
    """

    def __init__(self, log_odds: Floats) -> None:
        super().__init__()
        self.log_odds = log_odds

    def fit(self, user_items: Csr) -> Self:
        """Take them; the listeners of (n_users, n_items) only say how many items there are."""
        _check_width(user_items, len(self.log_odds))
        self.log_odds_: Floats = self.log_odds
        self.n_items_ = len(self.log_odds)
        return self


def _check_width(user_items: Csr, n_items: int) -> None:
    if check_confidence(user_items).shape[1] != n_items:
        raise DataError(f"the background prior is about {n_items} items, not {user_items.shape[1]}")
