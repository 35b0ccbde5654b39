"""What every model offers, and the part that all of them share."""

from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np

from recsys.errors import DataError, NotFittedError
from recsys.types import Bools, Csr, Doubles, Floats, Ints


@dataclass(frozen=True, eq=False)
class Ranking:
    """Items by index, best first: unique, finite, never padded.

    ``items`` is int64 and ``scores`` float32, both of shape (n_found,) with n_found <= n.
    """

    items: Ints
    scores: Floats

    def __len__(self) -> int:
        return len(self.items)


@runtime_checkable
class Model(Protocol):
    """One scorer on one axis (artists or items); confidence matrices are signed."""

    def fit(self, user_items: Csr) -> Self:
        """Learn from confidence of shape (n_users, n_items); forgets any earlier fit."""
        ...

    def fold_in(self, user_items: Csr) -> Any:
        """Compute what the model keeps of these listeners: pure, no training."""
        ...

    def score(self, folded: Any) -> Floats:
        """Raw scores of folded listeners, shape (n_users, n_items), float32."""
        ...

    def coefficients(self, user_items: Csr, items: Ints) -> Doubles:
        """Of one listener: k of shape (nnz, len(items)) with ``user_items.data @ k`` = raw scores."""
        ...

    def similar_items(self, item: int, *, n: int) -> Ranking:
        """Find the nearest other items."""
        ...

    def recommend(
        self, user_items: Csr, *, n: int, exclude: Any = (), among: Any = None
    ) -> list[Ranking]:
        """Make one ranking per listener."""
        ...


def rank(scores: Floats, eligible: Bools, n: int) -> Ranking:
    """Find the n best eligible items of one score vector; ties go to the lower index."""
    candidates = np.flatnonzero(eligible & np.isfinite(scores))
    if 0 < n < len(candidates):
        values = scores[candidates]
        bound = np.partition(values, len(values) - n)[len(values) - n]
        candidates = candidates[values >= bound]
    order = np.argsort(-scores[candidates], kind="stable")[: max(n, 0)]
    best = candidates[order].astype(np.int64)
    return Ranking(best, scores[best].astype(np.float32))


_COUNTED = 30
"""As many ranks are found by counting; more by sorting once."""


def ranks_of(scores: Floats, eligible: Bools, wanted: Ints) -> Ints:
    """1-based rank of each wanted item among the eligible ones, int64; 0 for the others.

    Ties go to the lower index, as in ``rank``. A few are counted, which is far cheaper than sorting.
    """
    ranks = np.zeros(len(wanted), np.int64)
    if len(wanted) > _COUNTED:
        best = rank(scores, eligible, len(scores)).items
        of_all = np.zeros(len(scores) + 1, np.int64)  # the last is for -1: unknown
        of_all[best] = np.arange(1, len(best) + 1)
        ranks[:] = of_all[wanted]
        return ranks
    for place, index in enumerate(wanted.tolist()):
        if index >= 0 and eligible[index]:
            better = scores > scores[index]
            better[:index] |= scores[:index] == scores[index]
            ranks[place] = 1 + np.count_nonzero(better & eligible)
    return ranks


class ScoringModel:
    """The lists that follow from ``fold_in`` and ``score``."""

    n_items_: int

    def fold_in(self, user_items: Csr) -> Any:
        """See ``Model``."""
        raise NotImplementedError

    def score(self, folded: Any) -> Floats:
        """See ``Model``."""
        raise NotImplementedError

    def recommend(
        self, user_items: Csr, *, n: int, exclude: Any = (), among: Any = None
    ) -> list[Ranking]:
        """Find the best items for each listener, one ``Ranking`` per row.

        Parameters
        ----------
        user_items : csr_array of shape (n_users, n_items)
            Signed confidence. Items a listener has are not shown to them.
        n : int
            Most items per listener.
        exclude, among : array of int
            Indices that may not, or that alone may, appear.
        """
        scores = self.score(self.fold_in(user_items))
        allowed = np.ones(self.n_items_, np.bool_)
        if among is not None:
            allowed[:] = False
            allowed[np.asarray(among, np.int64)] = True
        allowed[np.asarray(exclude, np.int64)] = False
        rankings = []
        for row in range(user_items.shape[0]):
            eligible = allowed.copy()
            eligible[user_items.indices[user_items.indptr[row] : user_items.indptr[row + 1]]] = (
                False
            )
            rankings.append(rank(scores[row], eligible, n))
        return rankings

    def similar_items(self, item: int, *, n: int) -> Ranking:
        """Find the nearest other items by ``similarity`` (cosine unless a model says otherwise)."""
        scores = self.similarity(np.array([item]), np.arange(self.n_items_))[0]
        eligible = np.ones(self.n_items_, np.bool_)
        eligible[item] = False
        return rank(scores, eligible, n)

    def similarity(self, items: Ints, others: Ints) -> Floats:
        """Similarity of items by index, shape (len(items), len(others)), -1..1."""
        raise NotImplementedError

    def _check_fitted(self) -> None:
        if not hasattr(self, "n_items_"):
            raise NotFittedError(f"{type(self).__name__} is not fitted yet")

    def _check_rows(self, user_items: Csr) -> Csr:
        self._check_fitted()
        if user_items.shape[1] != self.n_items_:
            raise DataError(f"expected {self.n_items_} columns, not {user_items.shape[1]}")
        return user_items


def check_confidence(user_items: Csr) -> Csr:
    """Make a float32 copy without stored zeros, with sorted indices; refuses non-finite values."""
    checked = user_items.astype(np.float32, copy=True)
    checked.sum_duplicates()
    checked.eliminate_zeros()
    if not np.isfinite(checked.data).all():
        raise DataError("confidence must be finite")
    return checked
