"""How much of an artist's or an album's work a listener already has."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.base import ScoringModel, check_confidence
from recsys.sparse import csr, dense, indicator
from recsys.types import Csr, Doubles, Floats, Ints


class Group(ScoringModel):
    """Signed confidence summed over the items of one group, handed to each of them.

    ``score_i = sum_{j in g(i)} w_j / |g(i)| ** share`` with |g| the number of items in the group.

    Parameters
    ----------
    group_of : ndarray of shape (n_items,), int32
        Group of each item; -1 where it belongs to none.
    share : float
        0 counts the items of the group that the listener has, 1 gives the share of them.
    """

    def __init__(self, group_of: NDArray[np.int32] | None = None, *, share: float = 0.0) -> None:
        self.group_of = group_of
        self.share = share

    def fit(self, user_items: Csr) -> Self:
        """Count the groups; the listeners of (n_users, n_items) teach nothing here."""
        n_items = check_confidence(user_items).shape[1]
        alone = np.full(n_items, -1, np.int32)
        group = alone if self.group_of is None else np.asarray(self.group_of)
        self.members_: Csr = indicator(group)
        n_groups = self.members_.shape[1]
        in_one = np.flatnonzero(group >= 0)
        size = np.bincount(group[in_one], minlength=n_groups).astype(np.float64)
        scale = size[group[in_one]] ** -self.share
        self.handed_: Csr = csr((scale, (group[in_one], in_one)), (n_groups, n_items))
        self.n_items_ = n_items
        return self

    def fold_in(self, user_items: Csr) -> Csr:
        """Sum per group, shape (n_users, n_groups)."""
        sums: Csr = csr_array(self._check_rows(user_items) @ self.members_)
        return sums

    def score(self, folded: Csr) -> Floats:
        """Hand down the sum or share of each item's group, shape (n_users, n_items), float32."""
        self._check_fitted()
        scores: Floats = dense(folded @ self.handed_)
        return scores

    def coefficients(self, user_items: Csr, items: Ints) -> Doubles:
        """Return the scale for items of the same group, 0 for all others."""
        near = self.members_[user_items.indices] @ self.handed_[:, items]
        return np.asarray(near.toarray(), np.float64)

    def similarity(self, items: Ints, others: Ints) -> Floats:
        """1 within a group, else 0; shape (len(items), len(others))."""
        self._check_fitted()
        near: Floats = dense(self.members_[items] @ self.members_[others].T)
        return near
