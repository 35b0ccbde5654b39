"""What the listener themselves said about this very artist."""

from typing import Self

import numpy as np

from recsys.base import ScoringModel, check_confidence
from recsys.sparse import dense
from recsys.types import Csr, Doubles, Floats, Ints


class Familiar(ScoringModel):
    """The listener's own signed confidence, unchanged: loved artists up, disliked ones down."""

    def fit(self, user_items: Csr) -> Self:
        """Remember the number of items; there is nothing to learn."""
        self.n_items_ = check_confidence(user_items).shape[1]
        return self

    def fold_in(self, user_items: Csr) -> Csr:
        """Return the confidence itself, shape (n_users, n_items)."""
        return self._check_rows(user_items)

    def score(self, folded: Csr) -> Floats:
        """Signed confidence, shape (n_users, n_items), float32; 0 for unheard items."""
        self._check_fitted()
        scores: Floats = dense(folded)
        return scores

    def coefficients(self, user_items: Csr, items: Ints) -> Doubles:
        """1 for the item itself, 0 for all else."""
        return np.equal(user_items.indices[:, None], items).astype(np.float64)

    def similarity(self, items: Ints, others: Ints) -> Floats:
        """1 for the same item, else 0."""
        self._check_fitted()
        return np.equal(items[:, None], others[None, :]).astype(np.float32)
