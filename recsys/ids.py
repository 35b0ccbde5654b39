"""Outside ids to contiguous indices and back."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys.errors import DataError
from recsys.types import Ints


class IdMap:
    """A frozen two-way map between outside ids and the indices 0..n-1.

    Ids are either all integers (int64) or all text. Maps only ever grow: ``extended`` gives a new
    map in which every old id keeps its index, so arrays made for the old map stay valid.
    """

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
    def ids(self) -> NDArray[Any]:
        """The outside ids in index order, shape (n,), int64 or text, read-only."""
        return self._ids

    def index_of(self, ids: ArrayLike) -> Ints:
        """Look up the indices of outside ids, shape (len(ids),), int64; -1 where the id is unknown."""
        wanted = _as_ids(ids)
        if not len(wanted) or not len(self) or wanted.dtype.kind != self._ids.dtype.kind:
            return np.full(len(wanted), -1, np.int64)
        place = np.minimum(np.searchsorted(self._sorted, wanted), len(self) - 1)
        return np.where(self._sorted[place] == wanted, self._order[place], -1)

    def extended(self, ids: ArrayLike | Iterable[Any]) -> "IdMap":
        """Make a map with the unknown ones among ``ids`` appended in their order of appearance."""
        wanted = _as_ids(ids)
        fresh = wanted[self.index_of(wanted) < 0]
        if not len(fresh):
            return self
        _, first = np.unique(fresh, return_index=True)
        fresh = fresh[np.sort(first)]
        if not len(self):
            return IdMap(fresh)
        if fresh.dtype.kind != self._ids.dtype.kind:
            raise DataError("a map holds integer ids or text ids, not both")
        return IdMap(np.concatenate([self._ids, fresh]))


def _as_ids(ids: ArrayLike | Iterable[Any]) -> NDArray[Any]:
    values = np.array(ids if isinstance(ids, np.ndarray) else list(ids))  # type: ignore[arg-type]
    if values.ndim != 1:
        raise DataError("ids must be a flat list")
    if not values.size:
        return values.astype(np.int64) if values.dtype.kind != "U" else values
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    if values.dtype.kind == "U":
        return values
    raise DataError(f"ids must be integers or text, not {values.dtype}")
