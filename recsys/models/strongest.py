"""Of a matrix too large to keep, the strongest cells of each row, found block by block."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import vstack

from recsys.parallel import in_threads
from recsys.sparse import csr, dense, empty
from recsys.types import Csr, Doubles, Floats, Ints

_SPARSE = 0.1  # share of filled cells beyond which a block is cheaper as a plain array
_LEAST = np.finfo(np.float32).tiny
_EVERY, _SPARE = 16, 1.5  # a sample of every 16th cell, and half as many again as would be needed


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
    least = np.full((n, 1), _LEAST, np.float32)
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


def strongest_of_columns(weights: Floats, k: int) -> Csr:
    """``strongest_of_rows(weights.T, k)`` without turning the block, which takes longer than that.

    A sample of each column tells a bound that a little more than k cells reach, and only those are
    turned. Where fewer than k reach it, the bound is found over the whole column.

    Parameters
    ----------
    weights : ndarray of shape (width, n), float32, finite, in C order

    Returns
    -------
    csr_array of shape (n, width)
    """
    width, n = weights.shape
    if width < 4 * k:
        return strongest_of_rows(np.ascontiguousarray(weights.T), k)
    size = np.abs(weights)
    least = _bound(size[::_EVERY], int(_SPARE * k / _EVERY) + 1)
    cells = np.flatnonzero(size >= least)
    short = np.flatnonzero((np.bincount(cells % n, minlength=n) < k) & (least > _LEAST))
    if len(short):
        least[short] = _bound(size[:, short], k)
        cells = np.flatnonzero(size >= least)
    item, column = np.divmod(cells, n)
    order = np.argsort(column.astype(np.min_scalar_type(n)), kind="stable")  # by radix
    item, column = item[order], column[order]
    count = np.bincount(column, minlength=n)
    start = np.cumsum(count) - count
    turned = np.zeros((n, int(count.max(initial=0))), np.float32)
    turned[column, np.arange(len(column)) - np.repeat(start, count)] = weights.ravel()[cells[order]]
    near = strongest_of_rows(turned, k)
    found = item[np.repeat(start, np.diff(near.indptr)) + near.indices]
    return csr((near.data, found, near.indptr), (n, width))


def _bound(size: Floats, k: int) -> Floats:
    """Find the k-th largest of each column, at least the smallest number there is."""
    rows = np.ascontiguousarray(size.T)
    width = rows.shape[1]
    if k >= width:
        return np.full(len(rows), _LEAST, np.float32)
    bound: Floats = np.maximum(np.partition(rows, width - k, axis=1)[:, width - k], _LEAST)
    return bound


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
