"""Content: what the tags, the country and the years of a listener's artists have in common."""

from typing import Self

import numpy as np

from recsys.base import ScoringModel, check_confidence
from recsys.sparse import dense, empty
from recsys.types import Csr, Doubles, Floats, Ints


class Content(ScoringModel):
    """Cosine between an item and the signed weighted sum of the evidence items.

    With unit rows f and the sum v = sum_j w_j f_j, the score is ``f_i v / (|v| + reserve)``: it
    grows with the amount of agreeing evidence and is bounded by 1.

    Parameters
    ----------
    features : csr_array of shape (n_items, n_features), float32
        Rows of length 1, or empty where nothing describes the item
        (``recsys.content_features`` builds them).
    reserve : float
        In units of confidence; with a single piece of evidence of weight w the factor is
        w / (w + reserve).

    References
    ----------
    Rocchio, "Relevance feedback in information retrieval", 1971 (the signed profile).
    """

    def __init__(self, features: Csr | None = None, *, reserve: float = 1.0) -> None:
        self.features = features
        self.reserve = reserve

    def fit(self, user_items: Csr) -> Self:
        """Take the features; the listeners of (n_users, n_items) teach nothing here."""
        self.n_items_ = check_confidence(user_items).shape[1]
        nothing = empty((self.n_items_, 0))
        self.features_: Csr = nothing if self.features is None else self.features
        return self

    def fold_in(self, user_items: Csr) -> Floats:
        """Profiles of shape (n_users, n_features), float32, of length < 1."""
        rows = self._check_rows(user_items)
        profile: Floats = dense(rows @ self.features_)
        length = np.sqrt(np.einsum("ij,ij->i", profile, profile, dtype=np.float64))
        scaled: Floats = profile / (length + self.reserve)[:, None].astype(np.float32)
        return scaled

    def score(self, folded: Floats) -> Floats:
        """Cosine times the confidence in the profile, shape (n_users, n_items), -1..1."""
        self._check_fitted()
        if len(folded) == 1:
            one: Floats = (self.features_ @ folded[0])[None, :].astype(np.float32)
            return one
        return np.ascontiguousarray((self.features_ @ folded.T).T, np.float32)

    def coefficients(self, user_items: Csr, items: Ints) -> Doubles:
        """f_i f_j over the length of the profile."""
        if not user_items.nnz:
            return np.zeros((0, len(items)))
        rows = self.features_[user_items.indices]
        profile = np.asarray(rows.T @ user_items.data, np.float64)
        length = float(np.sqrt(profile @ profile)) + self.reserve
        wanted = self.features_[items].toarray().astype(np.float64)
        near: Doubles = np.asarray(rows @ wanted.T, np.float64) / length
        return near

    def similarity(self, items: Ints, others: Ints) -> Floats:
        """Cosine, shape (len(items), len(others)), 0 where either has no description."""
        self._check_fitted()
        rows = self.features_[items]
        near: Floats = dense(rows @ (rows if others is items else self.features_[others]).T)
        return near
