"""Listeners of like taste: the oldest collaborative filter, kept as a yardstick."""

from typing import Self

import numpy as np
from scipy.sparse import diags_array

from recsys.base import ScoringModel, check_confidence
from recsys.sparse import csr, dense, unit
from recsys.types import Csr, Doubles, Floats, Ints


class UserKNN(ScoringModel):
    """Sum over the k most similar listeners v of ``cos(u, v) ** power * x_vi``.

    Rows are weighted by ``idf_i = ln((1 + N) / (1 + n_i)) + 1`` before the cosine. The fitted model
    holds rows of listeners, so it is for measuring only and never goes into a snapshot.

    Parameters
    ----------
    n_neighbours : int
    power : float
        Of the cosine; above 1 trusts near listeners more.

    References
    ----------
    Herlocker, Konstan, Borchers, Riedl, "An algorithmic framework for performing collaborative
    filtering", SIGIR 1999, sections 4-5.
    """

    def __init__(self, *, n_neighbours: int = 100, power: float = 2.0) -> None:
        self.n_neighbours = n_neighbours
        self.power = power

    def fit(self, user_items: Csr) -> Self:
        """Keep the rows of shape (n_users, n_items)."""
        x = check_confidence(user_items)
        listeners = np.bincount(x.indices, minlength=x.shape[1])
        self.idf_: Doubles = np.log((1 + x.shape[0]) / (1 + listeners)) + 1
        self.rows_: Csr = x
        self.units_: Csr = self._units(x)
        self.n_items_ = x.shape[1]
        return self

    def _units(self, rows: Csr) -> Csr:
        return unit(csr(rows @ diags_array(self.idf_, dtype=np.float64)))

    def fold_in(self, user_items: Csr) -> Csr:
        """Weights of the neighbours, shape (n_users, n_fitted_users); a listener is not their own."""
        near = dense(self._units(self._check_rows(user_items)) @ self.units_.T)
        near[near > 1 - 1e-6] = 0
        k = min(self.n_neighbours, near.shape[1])
        if k and near.shape[1] > k:
            bound = np.partition(near, -k, axis=1)[:, -k][:, None]
            near[near < bound] = 0
        return csr(np.sign(near) * np.abs(near) ** np.float32(self.power))

    def score(self, folded: Csr) -> Floats:
        """Weighted rows of the neighbours, shape (n_users, n_items), float32."""
        self._check_fitted()
        scores: Floats = dense(folded @ self.rows_)
        return scores

    def coefficients(self, user_items: Csr, items: Ints) -> Doubles:
        """Share a score out by each evidence item's part in the similarities."""
        folded = self.fold_in(user_items)
        own = self._units(user_items)
        vote = folded.data[:, None] * dense(self.rows_[folded.indices][:, items])
        cosine = dense(own @ self.units_[folded.indices].T).reshape(-1, 1)
        weight = np.divide(vote, cosine, out=np.zeros_like(vote), where=cosine != 0)
        parts = dense(self.units_[folded.indices][:, own.indices]).T @ weight * own.data[:, None]
        per_unit: Doubles = np.asarray(parts, np.float64) / user_items.data[:, None]
        return per_unit

    def similarity(self, items: Ints, others: Ints) -> Floats:
        """Cosine of the items' listeners, shape (len(items), len(others)), -1..1."""
        self._check_fitted()
        columns = unit(csr(self.rows_.T))
        near: Floats = dense(columns[items] @ columns[others].T)
        return near
