"""Outside ids to contiguous indices and back."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from recsys.errors import DataError
from recsys.types import Ints


class IdMap:
    """A frozen two-way map between outside ids, which are integers, and the indices 0..n-1."""

    __slots__ = ("_ids", "_order", "_sorted")

    def __init__(self, ids: ArrayLike | Iterable[Any] = ()) -> None:
        values = _as_ids(ids)
        order = np.argsort(values, kind="stable")
        ranked = values[order]
        if len(ranked) > 1 and bool(np.any(ranked[1:] == ranked[:-1])):
            raise DataError("ids must be unique")
        values.flags.writeable = False
        self._ids = values
        self._order = order.astype(np.int64)
        self._sorted = ranked

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"IdMap({len(self)} ids)"

    @property
    def ids(self) -> Ints:
        """The outside ids in index order, shape (n,), int64, read-only."""
        return self._ids

    def index_of(self, ids: ArrayLike) -> Ints:
        """Look up the indices of outside ids, shape (len(ids),), int64; -1 where the id is unknown."""
        wanted = _as_ids(ids)
        if not len(self):
            return np.full(len(wanted), -1, np.int64)
        place = np.minimum(np.searchsorted(self._sorted, wanted), len(self) - 1)
        return np.where(self._sorted[place] == wanted, self._order[place], -1)


def _as_ids(ids: ArrayLike | Iterable[Any]) -> Ints:
    values = np.array(ids if isinstance(ids, np.ndarray) else list(ids))  # type: ignore[arg-type]
    if values.ndim != 1:
        raise DataError("ids must be a flat list")
    if values.size and values.dtype.kind not in "iu":
        raise DataError(f"ids must be integers, not {values.dtype}")
    return values.astype(np.int64)
