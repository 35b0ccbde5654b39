"""EASE: item-item weights in closed form, kept sparse; strong where listeners are few."""

from typing import Any, Self

import numpy as np
from scipy.sparse import vstack

from recsys.base import check_confidence
from recsys.models.sparse_weights import SparseWeights
from recsys.sparse import csr, empty
from recsys.types import Csr, Floats

_BLOCK = 512


class EASE(SparseWeights):
    """Ridge regression of every item on all others, solved on the side of the listeners.

    The published ``B = I - P diag(P)^-1`` with ``P = (X'X + l I)^-1`` needs an items x items
    inverse. By the Woodbury identity its off-diagonal cells are
    ``b_ij = x_i' K x_j / (1 - x_j' K x_j)`` with ``K = (X X' + l I)^-1`` of listeners x listeners.
    Of each row i the ``n_neighbours`` strongest cells are kept.

    Parameters
    ----------
    regularisation : float
        l, in units of confidence squared.
    n_neighbours : int
    most_items : int
        Only the items with the most listeners take part; the cost grows with its square.
    norm : float
        See ``SparseWeights``.

    References
    ----------
    Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019 (arXiv 1905.03375), eq. 8.
    """

    def __init__(
        self,
        *,
        regularisation: float = 200.0,
        n_neighbours: int = 200,
        most_items: int = 6000,
        norm: float = 0.0,
    ) -> None:
        self.regularisation = regularisation
        self.n_neighbours = n_neighbours
        self.most_items = most_items
        self.norm = norm

    def fit(self, user_items: Csr) -> Self:
        """Learn weights from signed confidence of shape (n_users, n_items)."""
        whole = check_confidence(user_items)
        n_items = whole.shape[1]
        listeners = np.bincount(whole.indices, minlength=n_items)
        kept = np.sort(np.argsort(-listeners, kind="stable")[: self.most_items])
        x = whole[np.diff(whole.indptr) > 0][:, kept]
        gram = (x @ x.T).toarray().astype(np.float64) + self.regularisation * np.eye(x.shape[0])
        kernel = np.linalg.inv(gram).astype(np.float32)
        columns = csr(x.T)
        half = np.asarray(columns @ kernel, np.float32)
        own = np.asarray(columns.multiply(half).sum(axis=1), np.float64).ravel()
        scale = (1 / (1 - own)).astype(np.float32)
        blocks = [
            self._strongest((x.T @ half[start : start + _BLOCK].T).T * scale, start)
            for start in range(0, len(kept), _BLOCK)
        ]
        near: Any = csr(vstack(blocks)).tocoo() if blocks else empty((0, 0)).tocoo()
        row, col = near.coords
        self.weights_: Csr = csr((near.data, (kept[row], kept[col])), (n_items, n_items))
        self.n_items_ = n_items
        return self

    def _strongest(self, weights: Floats, start: int) -> Csr:
        n, n_items = weights.shape
        weights[np.arange(n), start + np.arange(n)] = 0
        k = min(self.n_neighbours, n_items)
        near = np.argpartition(-np.abs(weights), k - 1, axis=1)[:, :k]
        row, col = np.repeat(np.arange(n), k), near.ravel()
        value = weights[row, col]
        told = value != 0
        return csr((value[told], (row[told], col[told])), (n, n_items))
