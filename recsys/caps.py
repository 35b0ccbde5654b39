"""No more than so many of one group in a list."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.types import Bools, Ints


def within_cap(group_of: NDArray[Any], cap: int) -> Bools:
    """Mark the first ``cap`` of each group, in the order given; a group of -1 is none."""
    marked: Bools = (group_of < 0) | (_places(group_of) < cap)
    return marked


def _places(groups: NDArray[Any]) -> Ints:
    """How many of its own group stand before each."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    size = np.diff(np.append(first, len(groups)))
    places = np.empty(len(groups), np.int64)
    places[order] = np.arange(len(groups)) - np.repeat(first, size)
    return places
