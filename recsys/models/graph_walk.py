"""Random walks of three steps from a listener over the graph of listeners and items."""

from typing import Any, Self

import numpy as np
from scipy.sparse import diags_array

from recsys.base import check_confidence
from recsys.models.sparse_weights import SparseWeights
from recsys.models.strongest import in_blocks, strongest_neighbours
from recsys.sparse import csr
from recsys.types import Csr

_BLOCK = 256


class GraphWalk(SparseWeights):
    """RP3beta: chance to come from item i over a listener to item j, popular ends discounted.

    ``s_ij = sum_u p_iu^alpha p_uj^alpha / n_j^beta`` with ``p_iu = x_ui / sum_u x_ui`` and
    ``p_uj = x_uj / sum_j x_uj``; only positive confidence is walked on.

    Parameters
    ----------
    alpha : float
        Sharpens (> 1) or flattens (< 1) the chances.
    beta : float
        0 keeps the chance, 1 divides by the number of listeners.
    n_neighbours : int
        Kept per item.
    norm : float
        See ``SparseWeights``.

    References
    ----------
    Paudel, Christoffel, Newell, Bernstein, "Updatable, accurate, diverse, and scalable
    recommendations for interactive applications", TiiS 2017, section 3.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.6,
        beta: float = 0.4,
        n_neighbours: int = 300,
        norm: float = 0.0,
    ) -> None:
        self.alpha = alpha
        self.beta = beta
        self.n_neighbours = n_neighbours
        self.norm = norm

    def fit(self, user_items: Csr) -> Self:
        """Learn weights from signed confidence of shape (n_users, n_items)."""
        x = check_confidence(user_items)
        x.data = np.maximum(x.data, 0)
        x.eliminate_zeros()
        n_items = x.shape[1]
        listeners = np.bincount(x.indices, minlength=n_items)
        to_item = _chances(x, self.alpha)
        to_user = _chances(csr(x.T), self.alpha)
        discount = np.maximum(listeners, 1).astype(np.float64) ** -self.beta
        self.weights_: Csr = in_blocks(
            n_items,
            _BLOCK,
            lambda start: self._neighbours(
                to_user[start : start + _BLOCK], to_item, discount, start
            ),
        )
        self.n_items_ = n_items
        return self

    def _neighbours(self, block: Csr, to_item: Csr, discount: Any, start: int) -> Csr:
        return strongest_neighbours(
            block,
            to_item,
            lambda _, col, value: value * discount[col],
            start,
            self.n_neighbours,
        )


def _chances(x: Csr, power: float) -> Csr:
    total = np.asarray(x.sum(axis=1), np.float64).ravel()
    scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    rows = csr(diags_array(scale, dtype=np.float64) @ x)
    rows.data = rows.data**power
    return rows
