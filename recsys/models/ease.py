"""EASE: item-item weights in closed form, kept sparse; strong where listeners are few."""

from typing import Any, Self

import numpy as np
from scipy.linalg import cholesky
from scipy.linalg.lapack import dpotri, spotri
from scipy.sparse import diags_array, vstack

from recsys.base import check_confidence
from recsys.errors import DataError
from recsys.models.sparse_weights import SparseWeights
from recsys.models.strongest import in_blocks, strongest_of_columns, strongest_of_rows
from recsys.parallel import in_threads
from recsys.sparse import csr, empty
from recsys.types import Csr, Floats, Ints

_BLOCK = 256
_NARROW = 64  # columns worked off at a time: more would fall out of the cache
_CELLS = 100_000_000  # numbers of X' K that are kept: 400 MB


class EASE(SparseWeights):
    """Ridge regression of every item on all others, solved on the smaller side.

    Where items are no more than rows it is the published ``B = I - P diag(P)^-1`` with
    ``P = (X'X + l I)^-1`` of items x items. Where they are more, the same cells off the diagonal are,
    by the Woodbury identity, ``b_ij = x_i' K x_j / (1 - x_j' K x_j)`` with ``K = (X X' + l I)^-1`` of
    rows x rows. Of each row i of B the ``n_neighbours`` strongest cells are kept.

    In its collective form X is ``[listeners; side_weight * tags]``: every tag is one more row that
    "listens" to the items it describes, log(1 + count) much. Where listeners are few the tags
    speak; with more of them they are outvoted.

    Parameters
    ----------
    side : csr_array of shape (n_items, n_tags) or None
        Counts >= 0 for the collective form.
    side_weight : float
    regularisation : float
        l, in units of confidence squared, above 0.
    n_neighbours : int
    most_items : int
        Only the items with the most listeners and tags take part; the cost grows with its square.
    most_side : int
        Only the tags of the most items take part; at least two items must have them.
    most_inverted : int
        Most items that P may have, 200 MB; of more it is solved on the side of the rows.
    most_listeners : int
        On the side of the rows a random sample of more than that takes part: K is rows x rows in
        memory, and what items have to do with each other shows in a few thousand listeners.
    norm : float
        See ``SparseWeights``.
    random_state : int or None
        Of that sample.

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
        most_inverted: int = 5_000,
        most_listeners: int = 5_000,
        norm: float = 0.0,
        random_state: int | None = 0,
    ) -> None:
        self.side = side
        self.side_weight = side_weight
        self.regularisation = regularisation
        self.n_neighbours = n_neighbours
        self.most_items = most_items
        self.most_side = most_side
        self.most_inverted = most_inverted
        self.most_listeners = most_listeners
        self.norm = norm
        self.random_state = random_state

    def fit(self, user_items: Csr) -> Self:
        """Learn weights from signed confidence of shape (n_users, n_items)."""
        if not self.regularisation > 0:
            raise DataError(
                "regularisation must be above 0: without it weights may have no solution"
            )
        listened = check_confidence(user_items)
        n_items = listened.shape[1]
        listened = listened[np.flatnonzero(np.diff(listened.indptr) > 0)]
        side = self._side_rows(n_items)
        rows = csr(vstack([listened, side]))
        kept = self._most_known(rows)
        if len(kept) <= min(rows.shape[0], self.most_inverted):
            near = _by_items(rows[:, kept], self.regularisation, self.n_neighbours)
        else:
            if listened.shape[0] > self.most_listeners:
                rng = np.random.default_rng(self.random_state)
                drawn = rng.choice(listened.shape[0], self.most_listeners, replace=False)
                rows = csr(vstack([listened[np.sort(drawn)], side]))
                kept = self._most_known(rows)
            near = _by_rows(rows[:, kept], self.regularisation, self.n_neighbours)
        ends = np.zeros(n_items + 1, np.int64)
        ends[kept + 1] = np.diff(near.indptr)
        self.weights_: Csr = csr(
            (near.data, kept[near.indices], np.cumsum(ends)), (n_items, n_items)
        )
        self.n_items_ = n_items
        return self

    def _most_known(self, rows: Csr) -> Ints:
        """Items that take part, ascending."""
        known = np.bincount(rows.indices, minlength=rows.shape[1])
        kept = np.argsort(-known, kind="stable")[: min(self.most_items, int((known > 0).sum()))]
        return np.sort(kept)

    def _side_rows(self, n_items: int) -> Csr:
        if self.side is None or not self.side.nnz:
            return empty((0, n_items))
        holders = np.bincount(self.side.indices, minlength=self.side.shape[1])
        kept = np.argsort(-holders, kind="stable")[: self.most_side]
        rows = csr(self.side[:, np.sort(kept[holders[kept] >= 2])].T)
        rows.data = np.float32(self.side_weight) * np.log1p(rows.data)
        return rows


def _by_items(x: Csr, ridge: float, k: int) -> Csr:
    """Strongest cells of B from ``P = (X'X + ridge I)^-1``, in double precision: sums are long."""
    inverse = _inverse(csr(x.T), ridge, np.float64)
    scale = -1 / np.diag(inverse)

    def block(start: int) -> Csr:
        weights = (inverse[start : start + _BLOCK] * scale).astype(np.float32)
        n = len(weights)
        weights[np.arange(n), start + np.arange(n)] = 0
        return strongest_of_rows(weights, k)

    return in_blocks(x.shape[1], _BLOCK, block)


def _by_rows(x: Csr, ridge: float, k: int) -> Csr:
    """Strongest cells of B from ``K = (X X' + ridge I)^-1``."""
    columns = csr(x.T)
    half = _Half(columns, _inverse(x, ridge, np.float32))
    n_items = x.shape[1]
    own = np.zeros(n_items)

    def norms(start: int) -> None:
        some = slice(start, start + _BLOCK)
        own[some] = columns[some].multiply(half.rows(some)).sum(axis=1)

    in_threads(norms, range(0, n_items, _BLOCK))
    scaled = csr(diags_array(1 / (1 - own), dtype=np.float32) @ columns)

    def block(start: int) -> Csr:
        weights = scaled @ half.rows(slice(start, start + _NARROW)).T
        n = weights.shape[1]
        weights[start + np.arange(n), np.arange(n)] = 0
        return strongest_of_columns(weights, k)

    return in_blocks(n_items, _NARROW, block)


class _Half:
    """Blocks of rows of X' K: kept while they fit, else made anew each time they are asked for."""

    def __init__(self, columns: Csr, inverse: Floats) -> None:
        self._columns = columns
        self._inverse = inverse
        self._whole: Floats | None = None
        if columns.shape[0] * len(inverse) <= _CELLS:
            whole = np.empty((columns.shape[0], len(inverse)), np.float32)

            def make(start: int) -> None:
                some = slice(start, start + _BLOCK)
                whole[some] = self._made(some)

            in_threads(make, range(0, len(whole), _BLOCK))
            self._whole = whole

    def _made(self, some: slice) -> Floats:
        made: Floats = np.asarray(self._columns[some] @ self._inverse, np.float32)
        return made

    def rows(self, some: slice) -> Floats:
        return self._made(some) if self._whole is None else self._whole[some]


def _inverse(x: Csr, ridge: float, dtype: type[np.floating[Any]]) -> Any:
    """(X X' + ridge I)^-1 by Cholesky, half the work of a general inverse."""
    n = x.shape[0]
    gram = np.empty((n, n), dtype)
    if not n:
        return gram
    x = x.astype(dtype, copy=False)
    other = x.T.tocsr()

    def products(start: int) -> None:
        gram[start : start + _BLOCK] = (x[start : start + _BLOCK] @ other).toarray()

    in_threads(products, range(0, n, _BLOCK))
    gram[np.diag_indices_from(gram)] += ridge
    # LAPACK wants columns first, products want rows first: of a symmetric matrix both are views
    factor = cholesky(gram.T, lower=False, overwrite_a=True)
    inverse, _ = (spotri if dtype is np.float32 else dpotri)(factor, lower=0, overwrite_c=1)
    whole = inverse.T
    for start in range(0, n, _BLOCK):  # what lies above the diagonal, from below it
        stop = min(start + _BLOCK, n)
        whole[start:stop, stop:] = whole[stop:, start:stop].T
        corner = np.tril(whole[start:stop, start:stop])
        whole[start:stop, start:stop] = corner + np.tril(corner, -1).T
    return whole
