"""Scores that are a sparse weighted sum over the evidence: item-item models in general."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import vstack

from recsys.base import ScoringModel
from recsys.parallel import in_threads
from recsys.sparse import csr, dense, empty
from recsys.types import Csr, Doubles, Floats, Ints

_SPARSE = 0.1  # share of filled cells beyond which a block is cheaper as a plain array


class SparseWeights(ScoringModel):
    """Serving half of item-item models: score_i = sum_j w_j b_ji / (sum_j |w_j|) ** norm.

    A child sets ``weights_`` (n_items, n_items), float32, rows by evidence item, in ``fit``.
    """

    weights_: Csr
    norm: float

    def fold_in(self, user_items: Csr) -> Csr:
        """Confidence divided by its total to the power ``norm``, shape (n_users, n_items)."""
        rows = self._check_rows(user_items)
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
        starts, ends = (
            self.weights_.indptr[folded.indices],
            self.weights_.indptr[folded.indices + 1],
        )
        sizes = (ends - starts).astype(np.int64)
        cells = np.repeat(starts - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(
            int(sizes.sum())
        )
        weights = self.weights_.data[cells] * np.repeat(folded.data, sizes)
        target = self.weights_.indices[cells]
        return np.bincount(target, weights, self.n_items_).astype(np.float32)[None, :]

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


def strongest(row: Ints, col: Ints, value: Doubles, k: int, shape: tuple[int, int]) -> Csr:
    """Sparse matrix of the k largest entries (by size, whatever the sign) of each row."""
    crowded = np.flatnonzero(np.bincount(row, minlength=shape[0])[row] > k)  # the others stay whole
    order = crowded[np.lexsort((col[crowded], -np.abs(value[crowded]), row[crowded]))]
    count = np.bincount(row[order], minlength=shape[0])
    place = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    keep = np.ones(len(row), np.bool_)
    keep[order[place >= k]] = False
    return csr((value[keep], (row[keep], col[keep])), shape)


def strongest_neighbours(
    block: Csr, other: Csr, weigh: Callable[[Ints, Ints, Floats], Any], start: int, k: int
) -> Csr:
    """Keep the k strongest of each row of ``block @ other``, weighed, without the item itself.

    Parameters
    ----------
    weigh : callable
        Gets rows (of the block), columns and products, and returns the weights.
    start : int
        The item of the first row.
    """
    found: Any = block @ other
    n, width = found.shape
    if found.nnz <= _SPARSE * n * width:
        found = found.tocoo()
        row, col = found.coords
        value = weigh(row, col, found.data)
        keep = (col != row + start) & (value != 0)
        return strongest(row[keep], col[keep], value[keep], k, found.shape)
    row = np.arange(n)[:, None]
    weights: Floats = weigh(row, np.arange(width)[None, :], dense(found)).astype(
        np.float32, copy=False
    )
    weights[np.arange(n), start + np.arange(n)] = 0
    return strongest_of_rows(weights, k)


def strongest_of_rows(weights: Floats, k: int) -> Csr:
    """Keep the k largest entries (by size, whatever the sign) of each row of a dense block.

    Of equal entries at the bound those of the lower columns stay. Finding the bound is far cheaper
    than finding the places: numpy selects plain numbers with vector instructions.
    """
    n, width = weights.shape
    size = np.abs(weights)
    least = np.full((n, 1), np.finfo(np.float32).tiny, np.float32)
    if k < width:
        least = np.maximum(least, np.partition(size, width - k, axis=1)[:, width - k, None])
    cells = np.flatnonzero(size >= least)
    row = cells // width
    crowded = np.flatnonzero(np.bincount(row, minlength=n) > k)
    if len(crowded):
        surplus = [np.flatnonzero(size[one] >= least[one]) for one in crowded]
        left_out = [
            one * width + _surplus(places, size[one, places], float(least[one, 0]), k)
            for one, places in zip(crowded, surplus, strict=True)
        ]
        cells = np.setdiff1d(cells, np.concatenate(left_out), assume_unique=True)
        row = cells // width
    return csr((weights.ravel()[cells], (row, cells - row * width)), (n, width))


def _surplus(places: Ints, size: Floats, level: float, k: int) -> Ints:
    """Of the places at the bound those that are too many."""
    at_bound = places[size == level]
    n_above = len(places) - len(at_bound)
    surplus: Ints = at_bound[k - n_above :]
    return surplus


def in_blocks(n: int, size: int, make: Callable[[int], Csr]) -> Csr:
    """Stack ``make(start)`` for the starts of all blocks of rows, worked off by several threads."""
    starts = range(0, n, size)
    found: list[Csr] = [empty((0, 0))] * len(starts)

    def work(place: int) -> None:
        found[place] = make(starts[place])

    in_threads(work, range(len(starts)))
    return csr(vstack(found)) if found else empty((0, 0))
