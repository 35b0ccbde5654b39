"""Factors from features: what the latent model would say of an artist nobody here has heard."""

from typing import Any, Self

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import diags_array

from recsys.base import check_confidence
from recsys.errors import DataError, NotFittedError
from recsys.models.als import ALS
from recsys.sparse import csr, dense, empty
from recsys.types import Csr, Floats, Ints

_SHARED = ("n_factors", "unobserved", "regularisation", "dislike")
"""Keywords that a listener is folded in by."""


class Lifted(ALS):
    """iALS that scores by item factors predicted from features by ridge regression.

    With item factors Y of the latent model, unit feature rows F, and item i weighted by its number
    of listeners n_i, ``B = argmin sum_i n_i |y_i - B' f_i|^2 + ridge |B|^2``. A listener is folded in
    by what is known of their items, Y, and scored against ``F B``, so an item without a single
    listener has a score too. An item without listeners that a listener names is folded in by F B.

    Parameters
    ----------
    features : csr_array of shape (n_items, n_features) or None
        Rows of length 1, or empty where nothing describes the item.
    ridge : float
        In units of listeners.
    most_features : int
        Only the features of the most items take part.
    fitted : ALS or None
        A latent model that is fitted on the same matrix already, and has the same keywords: its
        factors are taken as they are, whatever ``fit`` is given. None fits them here.
    **keywords
        Of ``ALS``.

    References
    ----------
    Gantner et al., "Learning attribute-to-feature mappings for cold-start recommendations",
    ICDM 2010, section IV (linear mapping by ridge regression).
    """

    def __init__(
        self,
        features: Csr | None = None,
        *,
        ridge: float = 10.0,
        most_features: int = 3_000,
        fitted: ALS | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__(**keywords)
        self.features = features
        self.ridge = ridge
        self.most_features = most_features
        self.fitted = fitted

    def fit(self, user_items: Csr) -> Self:
        """Learn the factors, then their regression, from confidence of shape (n_users, n_items).

        Raises
        ------
        NotFittedError, DataError
            When ``fitted`` is not, or is of other items or keywords.
        """
        if self.fitted is None:
            super().fit(user_items)
        else:
            self._take(self.fitted, user_items)
        return self._lift(user_items)

    def _take(self, latent: ALS, user_items: Csr) -> None:
        if not hasattr(latent, "item_factors_"):
            raise NotFittedError("the latent model is not fitted yet")
        for name in _SHARED:
            if getattr(self, name) != getattr(latent, name):
                raise DataError(f"{name} must be that of the fitted model, {getattr(latent, name)}")
        self.item_factors_: Floats = latent.item_factors_
        self.n_items_ = latent.n_items_
        check_confidence(self._check_rows(user_items))

    def partial_fit(self, user_items: Csr, *, n_iterations: int = 2) -> Self:
        """Go on with the factors as ``ALS`` does, then learn their regression anew."""
        if not hasattr(self, "lifted_factors_"):
            return self.fit(user_items)
        super().partial_fit(user_items, n_iterations=n_iterations)
        return self._lift(user_items)

    def _lift(self, user_items: Csr) -> Self:
        listeners = np.bincount(user_items.indices, minlength=user_items.shape[1])
        self.lifted_factors_: Floats = self._lifted(
            self.item_factors_, listeners.astype(np.float64)
        )
        self.item_factors_ = np.where(
            listeners[:, None] > 0, self.item_factors_, self.lifted_factors_
        )
        self.gram_ = (self.item_factors_.astype(np.float64).T @ self.item_factors_).astype(
            np.float64
        )
        return self

    def _scored(self) -> Floats:
        return self.lifted_factors_

    def _lifted(self, factors: Floats, listeners: Any) -> Floats:
        features = self.features
        features = empty((len(factors), 0)) if features is None else features
        kept, found = ridge_map(
            features, factors, listeners, ridge=self.ridge, most_features=self.most_features
        )
        lifted: Floats = (features[:, kept] @ found).astype(np.float32)
        return lifted


def ridge_map(
    features: Csr, factors: Floats, listeners: Any, *, ridge: float, most_features: int
) -> tuple[Ints, Floats]:
    """Regress factors on features; see ``Lifted``.

    Returns
    -------
    kept : ndarray of int64
        The features that take part: those of the most items, of two at least.
    found : ndarray of shape (len(kept), n_factors), float32
        B.
    """
    holders = np.bincount(features.indices, minlength=features.shape[1])
    kept = np.argsort(-holders, kind="stable")[:most_features]
    kept = np.sort(kept[holders[kept] >= 2])
    if not len(kept):
        return kept, np.zeros((0, factors.shape[1]), np.float32)
    described = features[:, kept]
    weighted = csr(diags_array(listeners, dtype=np.float64) @ described)
    gram = dense(described.T @ weighted).astype(np.float64)
    gram[np.diag_indices_from(gram)] += ridge
    found = cho_solve(cho_factor(gram), np.asarray(weighted.T @ factors, np.float64))
    return kept, found.astype(np.float32)
