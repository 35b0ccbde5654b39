"""Neighbours: artists or items that the same listeners like."""

from typing import Self

import numpy as np
from scipy.sparse import csr_array, diags_array, vstack

from recsys.base import ScoringModel, check_confidence
from recsys.types import Csr, Doubles, Floats, Ints

_BLOCK = 1024


class ItemKNN(ScoringModel):
    """Sparse item-item similarity, the k strongest per item.

    ``s_ij = sum_u d_u x_ui x_uj / (|x_i| |x_j| + shrinkage)`` with x the signed confidence and d_u a
    discount of listeners with many items. The score is ``sum_j s_ji w_j / (sum_j |w_j|) ** norm``.

    Parameters
    ----------
    n_neighbours : int
        Similarities kept per item.
    shrinkage : float
        In units of confidence squared: how many common listeners a similarity must show.
    user_discount : float
        d_u = (items of u) ** -user_discount.
    norm : float
        0 adds up, 1 averages; between them more evidence counts for more, but less than linearly.

    References
    ----------
    Sarwar et al., "Item-based collaborative filtering recommendation algorithms", WWW 2001, eq. 1;
    the shrinkage is of Bell, Koren, "Scalable collaborative filtering ...", ICDM 2007, eq. 3.
    """

    def __init__(
        self,
        *,
        n_neighbours: int = 200,
        shrinkage: float = 4.0,
        user_discount: float = 0.5,
        norm: float = 0.5,
    ) -> None:
        self.n_neighbours = n_neighbours
        self.shrinkage = shrinkage
        self.user_discount = user_discount
        self.norm = norm

    def fit(self, user_items: Csr) -> Self:
        """Learn similarities from signed confidence of shape (n_users, n_items)."""
        x = check_confidence(user_items)
        n_users, n_items = x.shape
        size = np.maximum(np.diff(x.indptr), 1).astype(np.float64)
        scale = (size / size.mean() if n_users else size) ** -self.user_discount
        weighted = csr_array(diags_array(np.sqrt(scale), dtype=np.float32) @ x).astype(np.float32)
        norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=0)).ravel())
        columns = csr_array(weighted.T)
        blocks = [
            self._neighbours(columns[start : start + _BLOCK], weighted, norm, start)
            for start in range(0, n_items, _BLOCK)
        ]
        empty = csr_array((n_items, n_items), dtype=np.float32)
        self.similarity_: Csr = csr_array(vstack(blocks)) if blocks else empty
        self.n_items_ = n_items
        return self

    def _neighbours(self, block: Csr, weighted: Csr, norm: Doubles, start: int) -> Csr:
        s = csr_array(block @ weighted).tocoo()
        row, col = s.coords
        value = s.data / (norm[row + start] * norm[col] + self.shrinkage)
        keep = (col != row + start) & (value != 0)
        return strongest(row[keep], col[keep], value[keep], self.n_neighbours, s.shape)

    def fold_in(self, user_items: Csr) -> Csr:
        """Confidence divided by its total to the power ``norm``, shape (n_users, n_items)."""
        rows = self._check_rows(user_items)
        total = np.add.reduceat(np.abs(np.append(rows.data, 0)), rows.indptr[:-1])
        total[np.diff(rows.indptr) == 0] = 0
        scale = np.maximum(total.astype(np.float64), 1.0) ** -self.norm
        data = (rows.data * np.repeat(scale, np.diff(rows.indptr))).astype(np.float32)
        return csr_array((data, rows.indices, rows.indptr), shape=rows.shape)

    def score(self, folded: Csr) -> Floats:
        """Weighted similarity to the evidence, shape (n_users, n_items), float32."""
        self._check_fitted()
        if folded.shape[0] == 1:
            return self._score_one(folded)
        dense: Floats = csr_array(folded @ self.similarity_).toarray()
        return dense

    def _score_one(self, folded: Csr) -> Floats:
        starts, ends = (
            self.similarity_.indptr[folded.indices],
            self.similarity_.indptr[folded.indices + 1],
        )
        sizes = (ends - starts).astype(np.int64)
        cells = np.repeat(starts - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(
            int(sizes.sum())
        )
        weights = self.similarity_.data[cells] * np.repeat(folded.data, sizes)
        target = self.similarity_.indices[cells]
        return np.bincount(target, weights, self.n_items_).astype(np.float32)[None, :]

    def coefficients(self, user_items: Csr, item: int) -> Doubles:
        """Similarity of each evidence item to ``item`` over the norm, shape (nnz,)."""
        total = max(float(np.abs(user_items.data).sum(dtype=np.float64)), 1.0)
        rows = self.similarity_[user_items.indices]
        near = np.asarray(rows[:, [item]].toarray()).ravel().astype(np.float64)
        shares: Doubles = near * total**-self.norm
        return shares

    def similarity(self, items: Ints, others: Ints) -> Floats:
        """Kept similarities, shape (len(items), len(others)), -1..1; 0 where not kept."""
        self._check_fitted()
        dense: Floats = self.similarity_[items][:, others].toarray()
        return dense


def strongest(row: Ints, col: Ints, value: Doubles, k: int, shape: tuple[int, int]) -> Csr:
    """Sparse matrix of the k largest entries (by size, whatever the sign) of each row."""
    order = np.lexsort((col, -np.abs(value), row))
    row, col, value = row[order], col[order], value[order]
    count = np.bincount(row, minlength=shape[0])
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    keep = place < k
    whole = csr_array((value[keep].astype(np.float32), (row[keep], col[keep])), shape=shape)
    whole.sort_indices()
    return whole
