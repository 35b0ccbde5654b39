"""Elsewhere: artists that people in other places play together with a listener's own."""

from typing import Any, Self

import numpy as np
from scipy.sparse import diags_array

from recsys.base import check_confidence
from recsys.models.sparse_weights import SparseWeights
from recsys.sparse import csr, empty
from recsys.types import Csr


class Elsewhere(SparseWeights):
    """Fixed weights from outside; the listeners here teach it nothing, so it needs none.

    ``b_ij = max(s_ij, back * s_ji) / max(n_j, 1) ** discount`` with s the similarity from outside
    and n_j how many artists name j: likeness holds both ways, a little less the way nobody asked,
    and whoever everybody names says less about each.

    Parameters
    ----------
    similar : csr_array of shape (n_items, n_items), float32, 0..1, or None
        Rows by the artist asked about.
    back : float
        Worth of an answer read backwards, 0..1.
    discount : float
        0 keeps popular ends as they are, 1 divides by how often they are named.
    norm : float
        See ``SparseWeights``.

    References
    ----------
    Paudel, Christoffel, Newell, Bernstein, "Updatable, accurate, diverse, and scalable
    recommendations for interactive applications", TiiS 2017, section 3 (the discount).
    """

    def __init__(
        self,
        similar: Csr | None = None,
        *,
        back: float = 0.5,
        discount: float = 0.2,
        norm: float = 0.5,
    ) -> None:
        self.similar = similar
        self.back = back
        self.discount = discount
        self.norm = norm

    def fit(self, user_items: Csr) -> Self:
        """Take the similarity; the listeners of (n_users, n_items) only say how many items there are."""
        n_items = check_confidence(user_items).shape[1]
        near: Any = empty((n_items, n_items)) if self.similar is None else self.similar
        near = near.maximum(near.T * np.float32(self.back))
        named = np.bincount(near.indices, minlength=n_items)
        scale = np.maximum(named, 1).astype(np.float64) ** -self.discount
        self.weights_: Csr = csr(near @ diags_array(scale))
        self.n_items_ = n_items
        return self
