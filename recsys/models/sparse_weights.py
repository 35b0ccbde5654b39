"""Scores that are a sparse weighted sum over the evidence: item-item models in general."""

import numpy as np

from recsys.base import ScoringModel
from recsys.sparse import csr, dense
from recsys.types import Csr, Doubles, Floats, Ints

_SUMMED = 512  # rows of a piece: so many stay in the cache


class SparseWeights(ScoringModel):
    """Serving half of item-item models: score_i = sum_j w_j b_ji / (sum_j |w_j|) ** norm.

    A child sets ``weights_`` (n_items, n_items), float32, rows by evidence item, in ``fit``.
    """

    weights_: Csr
    norm: float

    def fold_in(self, user_items: Csr) -> Csr:
        """Confidence divided by its total to the power ``norm``, shape (n_users, n_items).

        At a norm of 0 that is ``user_items`` itself, no copy.
        """
        rows = self._check_rows(user_items)
        if not self.norm:
            return rows
        total = np.add.reduceat(np.abs(np.append(rows.data, 0)), rows.indptr[:-1])
        total[np.diff(rows.indptr) == 0] = 0
        scale = np.maximum(total.astype(np.float64), 1.0) ** -self.norm
        data = (rows.data * np.repeat(scale, np.diff(rows.indptr))).astype(np.float32)
        return csr((data, rows.indices, rows.indptr), rows.shape)

    def score(self, folded: Csr) -> Floats:
        """Weighted similarity to the evidence, shape (n_users, n_items), float32."""
        self._check_fitted()
        if folded.shape[0] == 1:
            return self._score_one(folded)
        scores: Floats = dense(folded @ self.weights_)
        return scores

    def _score_one(self, folded: Csr) -> Floats:
        """Add up the rows of one listener's items: pieces in single precision, their sum in double."""
        total = np.zeros(self.n_items_)
        for start in range(0, folded.nnz, _SUMMED):
            some = slice(start, start + _SUMMED)
            total += self.weights_[folded.indices[some]].T @ folded.data[some]
        return total.astype(np.float32)[None, :]

    def coefficients(self, user_items: Csr, items: Ints) -> Doubles:
        """Similarity of each evidence item to each of ``items`` over the norm."""
        total = max(float(np.abs(user_items.data).sum(dtype=np.float64)), 1.0)
        rows = self.weights_[user_items.indices]
        near = np.asarray(rows[:, items].toarray(), np.float64)
        shares: Doubles = near * total**-self.norm
        return shares

    def similarity(self, items: Ints, others: Ints) -> Floats:
        """Kept similarities, shape (len(items), len(others)), -1..1; 0 where not kept."""
        self._check_fitted()
        kept: Floats = dense(self.weights_[items][:, others])
        return kept
