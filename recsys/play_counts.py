"""How often will a listener play an artist? Biases, corrected by what else is known of the pair."""

from typing import Any, Self

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from recsys.blas import one_thread
from recsys.errors import NotFittedError
from recsys.play_statistics import Pairs, Statistics
from recsys.types import Csr, Doubles, Ints

_LEAF = 60  # pairs that a leaf of the trees holds at least
_FOLDS = 5


class PlayCounts:
    """Predict y = ln(1 + plays): a biased mean plus a learned correction of its residual.

    The base is ``mean_u + b_i`` with both shrunk towards what is usual, as far as the data says that
    listeners and items differ at all (``effects``). Gradient-boosted trees then learn what the rest
    of the evidence adds: the listener's spread, the item's bias in units of that spread, the same
    predicted from its tags, the score of the latent model, how the listener's residuals agree with
    the item's tags, and how much they play what is like it. Every pair teaches once, by what the
    other folds say of it. The trees are trusted as far as trees of other pairs foretell a pair: by
    ``correction_share_``, 0..1, and not at all where that gains less than two of its standard errors.

    Parameters
    ----------
    shape : (n_users, n_items)
    tags : csr_array of shape (n_items, n_tags)
    described : ndarray of shape (n_items, n_columns), optional
        What else is known of the items, as ``recsys.preprocessing.encoding`` makes it.
    random_state : int

    References
    ----------
    Koren, "Factorization meets the neighborhood", KDD 2008, eq. 1 (the biases); Friedman, "Greedy
    function approximation: a gradient boosting machine", Annals of Statistics 2001; Breiman,
    "Stacked regressions", Machine Learning 1996, section 2 (learning on what other folds say).
    """

    def __init__(
        self,
        shape: tuple[int, int],
        tags: Csr,
        *,
        described: Doubles | None = None,
        random_state: int = 0,
    ) -> None:
        self.shape = shape
        self.tags = tags
        self.described = described
        self.random_state = random_state

    def fit(self, pairs: Pairs) -> Self:
        """Learn base and correction of all pairs that are known, each of which is told once."""
        fold = np.random.default_rng(self.random_state).permutation(len(pairs)) % _FOLDS
        with one_thread():  # trees wait in busy loops, too
            columns, rest = self._by_other_folds(pairs, fold)
            self.correction_share_ = self._share(columns, rest, fold)
            self.correction_ = self._trees().fit(columns, rest) if self.correction_share_ else None
            self.statistics_ = self._statistics(pairs)
        return self

    def predict(self, pairs: Pairs) -> Doubles:
        """Return ln(1 + plays), shape (n_pairs,); unknown listeners and items get the usual."""
        if not hasattr(self, "statistics_"):
            raise NotFittedError("PlayCounts is not fitted yet")
        known = self.statistics_
        found: Doubles = known.base(pairs)
        if self.correction_ is not None:
            more = self.correction_.predict(self._columns(known, pairs))
            found += self.correction_share_ * more
        return found

    def _statistics(self, pairs: Pairs) -> Statistics:
        return Statistics(pairs, self.shape, self.tags, self.random_state)

    def _by_other_folds(self, pairs: Pairs, fold: Ints) -> tuple[Doubles, Doubles]:
        """Return what the trees see of each pair and what the base misses, had it not been known."""
        seen: list[Doubles] = []
        rest = np.zeros(len(pairs))
        if len(pairs) < 2 * _LEAF:  # not one split
            return np.zeros((len(pairs), 0)), rest
        for one in range(_FOLDS):
            known, asked = self._statistics(pairs.where(fold != one)), pairs.where(fold == one)
            seen.append(self._columns(known, asked))
            rest[fold == one] = asked.log_plays - known.base(asked)
        columns = np.empty((len(pairs), seen[0].shape[1]))
        for one, part in enumerate(seen):
            columns[fold == one] = part
        return columns, rest

    def _trees(self) -> Any:
        return HistGradientBoostingRegressor(
            max_iter=400,
            learning_rate=0.03,
            max_leaf_nodes=16,
            min_samples_leaf=_LEAF,
            l2_regularization=20.0,
            random_state=self.random_state,
        )

    def _share(self, columns: Doubles, rest: Doubles, fold: Ints) -> float:
        """Least-squares factor of what trees of the other folds say, 0 where it gains too little."""
        if not columns.shape[1]:
            return 0.0
        said = np.zeros(len(rest))
        for one in range(_FOLDS):
            trees = self._trees().fit(columns[fold != one], rest[fold != one])
            said[fold == one] = trees.predict(columns[fold == one])
        squares = float(said @ said)
        share = float(np.clip(said @ rest / squares, 0, 1)) if squares else 0.0
        gain = rest**2 - (rest - share * said) ** 2
        error = float(gain.std(ddof=1)) / np.sqrt(len(gain))
        return share if float(gain.mean()) > 2 * error else 0.0

    def _columns(self, known: Statistics, pairs: Pairs) -> Doubles:
        columns = known.columns(pairs)
        if self.described is None:
            return columns
        return np.concatenate([columns, self.described[pairs.item]], axis=1)

    def baselines(self, pairs: Pairs) -> dict[str, Doubles]:
        """Return the simpler predictions that this one is built on."""
        known = self.statistics_
        return {
            "global mean": np.full(len(pairs), known.mean),
            "listener mean": known.user_mean[pairs.user],
            "listener and item bias": known.base(pairs),
        }
