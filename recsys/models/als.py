"""Implicit alternating least squares: a few numbers per artist, a few per listener."""

from typing import Any, Self

import numpy as np
from scipy.sparse import vstack

from recsys.base import ScoringModel, check_confidence
from recsys.errors import DataError
from recsys.models.row_systems import EXACT, batches, solve_rows
from recsys.parallel import in_threads
from recsys.posterior import Posterior
from recsys.sparse import csr
from recsys.types import Csr, Doubles, Floats, Ints

_LEAST_HOLDERS = 10
_MOST_OF_A_TAG = 2.0
_ROUGH = 1e-2  # of the right side may be left over in all sweeps but the last
_MANY = 256  # listeners from which on a fold-in is batched: with few the axes take most of the time


class ALS(ScoringModel):
    """iALS with frequency-scaled regularisation, batched over rows of like length.

    Minimises ``sum_ui c_ui (p_ui - x_u y_i)^2 + a0 sum_ui (x_u y_i)^2 + reg`` with confidence
    c = |w|, target p = 1 for w > 0 and ``-dislike`` for w < 0, and the regularisation
    ``l ((n_u + a0 I) |x_u|^2 + (n_i + a0 U) |y_i|^2)``.

    Parameters
    ----------
    n_factors : int
    unobserved : float
        a0, the weight of a pair nobody has said anything about.
    regularisation : float
        l, above 0.
    dislike : float
        How far below zero the target of a disliked item is.
    n_iterations : int
    random_state : int or None
    side : csr_array of shape (n_items, n_side), optional
        Tags of items, by their strength. Each tag takes part as one more listener who holds the items
        that carry it, so that few listeners are helped by what the items are, and items without
        listeners find their place (collective factorisation).
    side_weight : float
        Confidence of a tag of strength 1, beside that of one play.

    References
    ----------
    Rendle, Krichene, Zhang, Koren, "Revisiting the performance of iALS on item recommendation
    benchmarks", RecSys 2022 (arXiv 2110.14037), eq. 4 and 7; explanation: Hu, Koren, Volinsky,
    "Collaborative filtering for implicit feedback datasets", ICDM 2008, section 5; tags:
    Singh, Gordon, "Relational learning via collective matrix factorization", KDD 2008, section 3.
    """

    def __init__(
        self,
        *,
        n_factors: int = 64,
        unobserved: float = 0.05,
        regularisation: float = 0.01,
        dislike: float = 0.3,
        n_iterations: int = 8,
        random_state: int | None = 0,
        side: Csr | None = None,
        side_weight: float = 1.0,
    ) -> None:
        self.n_factors = n_factors
        self.unobserved = unobserved
        self.regularisation = regularisation
        self.dislike = dislike
        self.n_iterations = n_iterations
        self.random_state = random_state
        self.side = side
        self.side_weight = side_weight

    def fit(self, user_items: Csr) -> Self:
        """Learn item factors from signed confidence of shape (n_users, n_items).

        Sets ``item_factors_`` (n_items, n_factors), float32; listeners' factors are not kept.
        """
        rng = np.random.default_rng(self.random_state)
        spread = 0.1 / np.sqrt(self.n_factors)
        items = spread * rng.standard_normal((user_items.shape[1], self.n_factors))
        return self._sweep(user_items, items.astype(np.float32), self.n_iterations)

    def partial_fit(self, user_items: Csr, *, n_iterations: int = 2) -> Self:
        """Go on from the present item factors with the rows as they are now; a first call is ``fit``.

        Listeners' factors are not kept, so this is a warm start of the sweeps: ``user_items`` are all
        rows, (n_users, n_items) with the same items as before, not only those that changed.
        """
        if not hasattr(self, "item_factors_"):
            return self.fit(user_items)
        return self._sweep(self._check_rows(user_items), self.item_factors_, n_iterations)

    def _sweep(self, user_items: Csr, start: Floats, n_iterations: int) -> Self:
        if not self.regularisation > 0:
            raise DataError(
                "regularisation must be above 0: without it factors may have no solution"
            )
        x = check_confidence(user_items)
        if self.side is not None:
            x = csr(vstack([x, side_rows(self.side, self.side_weight)]))
        columns = csr(x.T)
        items = start.copy()
        items[np.diff(columns.indptr) == 0] = 0  # nothing is known of them
        for turn in range(n_iterations):  # what the next sweep changes anyway need not be exact
            left_over = EXACT if turn == n_iterations - 1 else _ROUGH
            users = self._solve(x, items, left_over)
            items = self._solve(columns, users, left_over)
        self.item_factors_: Floats = items
        self.gram_: Doubles = (items.astype(np.float64).T @ items).astype(np.float64)
        self.n_items_ = x.shape[1]
        return self

    def _solve(self, rows: Csr, fixed: Floats, left_over: float = EXACT) -> Floats:
        """Least-squares factors of all rows, shape (n_rows, n_factors), given the other side."""
        gram = (fixed.T @ fixed).astype(np.float64)
        return self._solve_given(rows, fixed, gram, len(fixed), left_over)

    def _solve_given(
        self, rows: Csr, fixed: Floats, gram: Doubles, n_others: int, left_over: float = EXACT
    ) -> Floats:
        """Solve with a Gramian of ``n_others``, of which ``fixed`` may be some only.

        In the axes of the Gramian the prior matrix B of a row is diagonal (see ``solve_rows``). Rows
        of like length are filled up to one, by an eighth at most, and go together; each batch stands
        for itself, so they can be worked off by several threads and come out the same, bit for bit,
        with any number of them.
        """
        spectrum, axes = np.linalg.eigh(self.unobserved * gram)
        turn = axes.astype(np.float32)
        turned = fixed @ turn
        found = np.zeros((rows.shape[0], self.n_factors), np.float32)
        target = np.where(rows.data > 0, 1.0, -self.dislike).astype(np.float32)
        confidence = np.abs(rows.data)
        lengths = np.diff(rows.indptr)

        def work(batch: tuple[int, Ints]) -> None:
            width, chunk = batch
            n = lengths[chunk][:, None]
            ridge = self._ridge(n, n_others)
            prior = (np.maximum(spectrum, 0) + ridge).astype(np.float32)
            place = np.arange(width)
            cells = np.where(place < n, rows.indptr[chunk][:, None] + place, 0)
            v = turned.take(rows.indices[cells], axis=0)
            weight = confidence[cells] * (place < n)
            found[chunk] = solve_rows(v, weight, target[cells], prior, left_over=left_over)

        in_threads(work, batches(lengths, self.n_factors))
        solved: Floats = found @ turn.T
        return solved

    def _ridge(self, n: Any, n_others: int) -> Any:
        return self.regularisation * (n + self.unobserved * n_others)

    def fold_in(self, user_items: Csr) -> Floats:
        """Factors of listeners the model was not fitted on, shape (n_users, n_factors), float32.

        A listener without known items gets zeros (Hu et al. 2008, eq. 4). A few are solved in double
        precision; from 256 on they are batched in single precision, which leaves 1e-5 of the right
        side at most.
        """
        rows = self._check_rows(user_items)
        if rows.shape[0] >= _MANY:
            return self._fold_in_many(rows, self.n_items_)
        found = np.zeros((rows.shape[0], self.n_factors), np.float32)
        for row in range(rows.shape[0]):
            one = slice(rows.indptr[row], rows.indptr[row + 1])
            if one.stop > one.start:
                weights = rows.data[one]
                y = self.item_factors_[rows.indices[one]]
                q = weights * np.where(weights > 0, 1.0, self.dislike)
                found[row] = np.linalg.solve(self._system(y, weights), y.T.astype(np.float64) @ q)
        return found

    def _fold_in_many(self, rows: Csr, n_others: int) -> Floats:
        """Solve in batches; only the items that occur are turned into the axes of the Gramian."""
        heard, place = np.unique(rows.indices, return_inverse=True)
        narrow = csr((rows.data, place, rows.indptr), (rows.shape[0], len(heard)))
        return self._solve_given(narrow, self.item_factors_[heard], self.gram_, n_others)

    def posterior(self, user_items: Csr) -> Posterior:
        """How sure the factors of one listener (one row) are."""
        weights, y = user_items.data, self.item_factors_[user_items.indices]
        return Posterior(self._system(y, weights))

    def _system(self, y: Floats, weights: Floats) -> Doubles:
        """Make A of one listener: products in single precision as in a training, the rest in double."""
        loud = y * np.sqrt(np.abs(weights))[:, None]
        system: Doubles = (loud.T @ loud).astype(np.float64)  # of one array: half is computed
        system += self.unobserved * self.gram_
        system[np.diag_indices_from(system)] += self._ridge_of_one(y)
        return system

    def _ridge_of_one(self, y: Floats) -> float:
        """Regularisation of a listener of items with the factors ``y``."""
        return float(self._ridge(len(y), self.n_items_))

    def score(self, folded: Floats) -> Floats:
        """Predicted preference, shape (n_users, n_items), float32; near 1 for well-fitting items."""
        self._check_fitted()
        scores: Floats = folded @ self._scored().T
        return scores

    def _scored(self) -> Floats:
        """Item factors that a listener's factors are multiplied with."""
        return self.item_factors_

    def coefficients(self, user_items: Csr, items: Ints) -> Doubles:
        """y_i' A^-1 y_j for each evidence item j (times ``dislike`` below zero)."""
        if not user_items.nnz:
            return np.zeros((0, len(items)))
        weights, y = user_items.data, self.item_factors_[user_items.indices]
        wanted = self._scored()[items].astype(np.float64)
        near: Doubles = y.astype(np.float64) @ np.linalg.solve(self._system(y, weights), wanted.T)
        signed: Doubles = near * np.where(weights > 0, 1.0, self.dislike)[:, None]
        return signed

    def similarity(self, items: Ints, others: Ints) -> Floats:
        """Cosine of the factors, shape (len(items), len(others)), -1..1; 0 without listeners."""
        self._check_fitted()
        factors = self._scored()
        rows = unit_rows(factors[items])
        near: Floats = rows @ (rows if others is items else unit_rows(factors[others])).T
        return near


def side_rows(side: Csr, weight: float) -> Csr:
    """Features as if they were listeners, shape (n_features, n_items): who has a feature holds it.

    Features of fewer than ten items are left out, and the strength of a tag counts by its logarithm,
    two holders or more alike.
    """
    rows = csr(side.T)
    rows = csr(rows[np.diff(rows.indptr) >= _LEAST_HOLDERS])
    rows.data = (weight * np.minimum(np.log1p(rows.data), _MOST_OF_A_TAG)).astype(np.float32)
    return rows


def unit_rows(rows: Floats) -> Floats:
    """Rows scaled to length 1; zero rows stay zero."""
    length = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    scaled: Floats = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    return scaled
