"""EASE: item-item weights in closed form, kept sparse; strong where listeners are few."""

from typing import Any, Self

import numpy as np
from scipy.linalg import cholesky
from scipy.linalg.lapack import dpotri
from scipy.sparse import vstack

from recsys.base import check_confidence
from recsys.models.sparse_weights import SparseWeights, in_blocks, strongest_of_rows
from recsys.sparse import csr, empty
from recsys.types import Csr, Doubles, Floats

_BLOCK = 256


class EASE(SparseWeights):
    """Ridge regression of every item on all others, solved on the side of the listeners.

    The published ``B = I - P diag(P)^-1`` with ``P = (X'X + l I)^-1`` needs an items x items
    inverse. By the Woodbury identity its off-diagonal cells are
    ``b_ij = x_i' K x_j / (1 - x_j' K x_j)`` with ``K = (X X' + l I)^-1`` of rows x rows.
    Of each row i of B the ``n_neighbours`` strongest cells are kept.

    In its collective form X is ``[listeners; side_weight * tags]``: every tag is one more row that
    "listens" to the items it describes, log(1 + count) much. Where listeners are few the tags
    speak; with more of them they are outvoted.

    Parameters
    ----------
    side : csr_array of shape (n_items, n_tags) or None
        Counts >= 0 for the collective form.
    side_weight : float
    regularisation : float
        l, in units of confidence squared.
    n_neighbours : int
    most_items : int
        Only the items with the most listeners and tags take part; the cost grows with its square.
    most_side : int
        Only the tags of the most items take part; at least two items must have them.
    norm : float
        See ``SparseWeights``.

    References
    ----------
    Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019 (arXiv 1905.03375), eq. 8;
    Jeunen, Van Balen, Goethals, "Closed-form models for collaborative filtering with
    side-information", RecSys 2020, section 3 (the collective form).
    """

    def __init__(
        self,
        side: Csr | None = None,
        *,
        side_weight: float = 1.5,
        regularisation: float = 150.0,
        n_neighbours: int = 300,
        most_items: int = 20_000,
        most_side: int = 1_500,
        norm: float = 0.0,
    ) -> None:
        self.side = side
        self.side_weight = side_weight
        self.regularisation = regularisation
        self.n_neighbours = n_neighbours
        self.most_items = most_items
        self.most_side = most_side
        self.norm = norm

    def fit(self, user_items: Csr) -> Self:
        """Learn weights from signed confidence of shape (n_users, n_items)."""
        whole = check_confidence(user_items)
        n_items = whole.shape[1]
        whole = csr(vstack([whole[np.diff(whole.indptr) > 0], self._side_rows(n_items)]))
        known = np.bincount(whole.indices, minlength=n_items)
        kept = np.argsort(-known, kind="stable")[: min(self.most_items, int((known > 0).sum()))]
        kept = np.sort(kept)
        x = whole[:, kept]
        columns = csr(x.T)
        half = np.asarray(columns @ _inverse(x, self.regularisation), np.float32)
        own = np.asarray(columns.multiply(half).sum(axis=1), np.float64).ravel()
        scale = (1 / (1 - own)).astype(np.float32)

        def block(start: int) -> Csr:
            weights = np.multiply((columns @ half[start : start + _BLOCK].T).T, scale, order="C")
            n = len(weights)
            weights[np.arange(n), start + np.arange(n)] = 0
            return strongest_of_rows(weights, self.n_neighbours)

        near: Any = in_blocks(len(kept), _BLOCK, block).tocoo()
        row, col = near.coords
        self.weights_: Csr = csr((near.data, (kept[row], kept[col])), (n_items, n_items))
        self.n_items_ = n_items
        return self

    def _side_rows(self, n_items: int) -> Csr:
        if self.side is None or not self.side.nnz:
            return empty((0, n_items))
        holders = np.bincount(self.side.indices, minlength=self.side.shape[1])
        kept = np.argsort(-holders, kind="stable")[: self.most_side]
        rows = csr(self.side[:, np.sort(kept[holders[kept] >= 2])].T)
        rows.data = np.float32(self.side_weight) * np.log1p(rows.data)
        return rows


def _inverse(x: Csr, ridge: float) -> Floats:
    """(X X' + ridge I)^-1 by Cholesky, half the work of a general inverse."""
    gram: Doubles = (x @ x.T).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += ridge
    if not len(gram):
        return gram.astype(np.float32)
    inverse, _ = dpotri(cholesky(gram, lower=True, overwrite_a=True), lower=1, overwrite_c=1)
    whole: Floats = np.tril(inverse).astype(np.float32)
    whole += np.tril(whole, -1).T
    return whole
