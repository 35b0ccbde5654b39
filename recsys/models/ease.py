"""EASE: item-item weights in closed form, kept sparse; strong where listeners are few."""

from typing import Self

import numpy as np
from scipy.sparse import vstack

from recsys.base import check_confidence
from recsys.models.sparse_weights import SparseWeights, strongest
from recsys.sparse import csr, empty
from recsys.types import Csr, Doubles

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
    norm : float
        See ``SparseWeights``.

    References
    ----------
    Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019 (arXiv 1905.03375), eq. 8.
    """

    def __init__(
        self, *, regularisation: float = 200.0, n_neighbours: int = 300, norm: float = 0.0
    ) -> None:
        self.regularisation = regularisation
        self.n_neighbours = n_neighbours
        self.norm = norm

    def fit(self, user_items: Csr) -> Self:
        """Learn weights from signed confidence of shape (n_users, n_items)."""
        x = check_confidence(user_items)
        x = x[np.diff(x.indptr) > 0]
        n_users, n_items = x.shape
        gram = (x @ x.T).toarray().astype(np.float64) + self.regularisation * np.eye(n_users)
        kernel = np.linalg.inv(gram).astype(np.float32)
        columns = csr(x.T)
        own = np.zeros(n_items)
        blocks = []
        for start in range(0, n_items, _BLOCK):
            chunk = columns[start : start + _BLOCK]
            half = chunk @ kernel
            own[start : start + _BLOCK] = np.asarray(chunk.multiply(half).sum(axis=1)).ravel()
        for start in range(0, n_items, _BLOCK):
            chunk = columns[start : start + _BLOCK]
            weights = (columns @ (chunk @ kernel).T).T / (1 - own).astype(np.float32)
            blocks.append(self._kept(weights, start))
        self.weights_ = csr(vstack(blocks)) if blocks else empty((0, 0))
        self.n_items_ = n_items
        return self

    def _kept(self, weights: Doubles, start: int) -> Csr:
        n, n_items = weights.shape
        weights[np.arange(n), start + np.arange(n)] = 0
        k = min(self.n_neighbours, n_items)
        near = np.argpartition(-np.abs(weights), k - 1, axis=1)[:, :k]
        row = np.repeat(np.arange(n), k)
        col = near.ravel()
        value = weights[row, col]
        keep = value != 0
        return strongest(row[keep], col[keep], value[keep], k, (n, n_items))
