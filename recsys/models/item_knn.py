"""Neighbours: artists or items that the same listeners like."""

from typing import Self

import numpy as np
from scipy.sparse import diags_array

from recsys.base import check_confidence
from recsys.models.sparse_weights import SparseWeights, in_blocks, strongest_neighbours
from recsys.sparse import csr
from recsys.types import Csr, Doubles

_BLOCK = 256


class ItemKNN(SparseWeights):
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
        weighted = csr(diags_array(np.sqrt(scale), dtype=np.float32) @ x)
        norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=0)).ravel())
        columns = csr(weighted.T)
        self.weights_: Csr = in_blocks(
            n_items,
            _BLOCK,
            lambda start: self._neighbours(columns[start : start + _BLOCK], weighted, norm, start),
        )
        self.n_items_ = n_items
        return self

    def _neighbours(self, block: Csr, weighted: Csr, norm: Doubles, start: int) -> Csr:
        return strongest_neighbours(
            block,
            weighted,
            lambda row, col, value: value / (norm[row + start] * norm[col] + self.shrinkage),
            start,
            self.n_neighbours,
        )
