"""The one place that makes sparse matrices, so that their dtype and shape are always the same."""

from typing import Any

import numpy as np
from scipy.sparse import csr_array, diags_array

from recsys.types import Csr

_MOST = np.iinfo(np.int32).max


def csr(values: Any, shape: tuple[int, int] | None = None) -> Csr:
    """Make a float32 csr_array with sorted indices, of 32 bits wherever these suffice.

    scipy keeps the 64 bits of whatever it was made of, and every product of two kinds turns one into
    the other first: half of what is read to score a listener would be empty bits.

    Parameters
    ----------
    values : array, sparse matrix, ``(data, (row, column))`` or ``(data, indices, indptr)``
    shape : tuple of two int, optional
    """
    made: Any = csr_array(values, shape=shape)
    if made.dtype != np.float32:
        made = made.astype(np.float32)
    if not made.has_sorted_indices:
        made.sort_indices()
    if made.indices.dtype != np.int32 and max(*made.shape, made.nnz) <= _MOST:
        made.indices = made.indices.astype(np.int32)
        made.indptr = made.indptr.astype(np.int32)
    whole: Csr = made
    return whole


def empty(shape: tuple[int, int]) -> Csr:
    """Make a float32 csr_array without entries."""
    return csr((np.zeros(0, np.float32), (np.zeros(0, np.int64), np.zeros(0, np.int64))), shape)


def indicator(group_of: Any) -> Csr:
    """Mark the group of each row, shape (n_rows, n_groups); a group of -1 is none."""
    known = np.flatnonzero(group_of >= 0)
    shape = (len(group_of), int(group_of.max(initial=-1)) + 1)
    return csr((np.ones(len(known)), (known, group_of[known])), shape)


def liked_and_new(wanted: Csr, known: Csr) -> Csr:
    """Keep the cells of ``wanted`` that are above 0 and that ``known``, of the same shape, leaves empty.

    A list never holds what is known, so it can't be asked to: a listener's new track may well be by an
    artist they have.
    """
    new = wanted.copy()
    new.data = np.maximum(new.data, 0)
    seen = known.copy()
    seen.data = np.ones_like(seen.data)
    found = csr(new - new.multiply(seen))
    found.eliminate_zeros()
    return found


def dense(matrix: Any) -> Any:
    """Make a float32 ndarray of a sparse matrix."""
    return matrix.toarray().astype(np.float32, copy=False)


def unit(rows: Csr) -> Csr:
    """Scale rows to length 1; empty rows stay empty."""
    clean = csr(rows)
    length = np.sqrt(np.asarray(clean.multiply(clean).sum(axis=1), np.float64).ravel())
    scale = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    return csr(diags_array(scale, dtype=np.float64) @ clean)
