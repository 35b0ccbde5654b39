"""How often will a listener play an artist? Biases, corrected by what else is known of the pair."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import diags_array
from sklearn.ensemble import HistGradientBoostingRegressor

from recsys.blas import one_thread
from recsys.content_features import idf_rows
from recsys.errors import NotFittedError
from recsys.interactions import quantile
from recsys.models.als import ALS
from recsys.sparse import csr, dense
from recsys.types import Csr, Doubles, Ints

_SPREAD_PRIOR = 3.0  # rows that the usual spread is worth to a listener's own
_LEAF = 60  # pairs that a leaf of the trees holds at least
_FOLDS = 4
_TAG_RIDGE = 30.0
_LEAST_HOLDERS = 3
_BATCH = 4096


@dataclass(frozen=True, eq=False)
class Pairs:
    """Listener and item codes of shape (n_pairs,), and ln(1 + plays)."""

    user: Ints
    item: Ints
    log_plays: Doubles


class PlayCounts:
    """Predict y = ln(1 + plays): a biased mean plus a learned correction of its residual.

    The base is ``mean_u + b_i`` with both shrunk towards what is usual, as far as the data says that
    listeners and items differ at all (``effects``). Gradient-boosted trees then learn on held-out
    pairs what the rest of the evidence adds: the listener's spread, the item's bias in units of that
    spread, the same predicted from its tags, the score of the latent model, and how well the
    listener's residuals agree with the item's tags. They are trusted as far as trees of other pairs
    foretell a pair: by ``correction_share_``, 0..1, and not at all where that gains less than two of
    its standard errors.

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
    function approximation: a gradient boosting machine", Annals of Statistics 2001.
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

    def fit(self, train: Pairs, valid: Pairs) -> Self:
        """Learn the correction on ``valid`` with statistics of ``train``, then use both."""
        with one_thread():  # trees wait in busy loops, too
            before = _Statistics(train, self.shape, self.tags, self.random_state)
            columns, rest = self._columns(before, valid), valid.log_plays - before.base(valid)
            self.correction_share_ = self._share(columns, rest)
            self.correction_ = self._trees().fit(columns, rest) if self.correction_share_ else None
            whole = Pairs(
                *(np.concatenate(two) for two in zip(_of(train), _of(valid), strict=True))
            )
            self.statistics_ = _Statistics(whole, self.shape, self.tags, self.random_state)
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

    def _trees(self) -> Any:
        return HistGradientBoostingRegressor(
            max_iter=300,
            learning_rate=0.03,
            max_leaf_nodes=8,
            min_samples_leaf=_LEAF,
            l2_regularization=20.0,
            random_state=self.random_state,
        )

    def _share(self, columns: Doubles, rest: Doubles) -> float:
        """Least-squares factor of what trees of the other folds say, 0 where it gains too little."""
        if len(rest) < 2 * _LEAF:  # not one split
            return 0.0
        fold = np.random.default_rng(self.random_state).permutation(len(rest)) % _FOLDS
        said = np.zeros(len(rest))
        for one in range(_FOLDS):
            trees = self._trees().fit(columns[fold != one], rest[fold != one])
            said[fold == one] = trees.predict(columns[fold == one])
        squares = float(said @ said)
        share = float(np.clip(said @ rest / squares, 0, 1)) if squares else 0.0
        gain = rest**2 - (rest - share * said) ** 2
        error = float(gain.std(ddof=1)) / np.sqrt(len(gain))
        return share if float(gain.mean()) > 2 * error else 0.0

    def _columns(self, known: "_Statistics", pairs: Pairs) -> Doubles:
        columns = known.columns(pairs)
        if self.described is None:
            return columns
        return np.concatenate([columns, self.described[pairs.item]], axis=1)

    def baselines(self, pairs: Pairs) -> dict[str, Doubles]:
        """Return the simpler predictions that this one is built on."""
        known = self.statistics_
        return {
            "global mean": np.full(len(pairs.user), known.mean),
            "listener mean": known.user_mean[pairs.user],
            "listener and item bias": known.base(pairs),
        }


def _of(pairs: Pairs) -> tuple[Any, Any, Any]:
    return pairs.user, pairs.item, pairs.log_plays


def effects(group: Ints, values: Doubles, n_groups: int) -> Doubles:
    """How much each group deviates from 0, shrunk by what the data says of groups and of noise.

    With ``value = effect_g + noise`` the mean of the n values of a group is worth the share
    ``n S / (n S + N)`` where S is the variance of the effects and N that of the noise. Both are
    estimated by analysis of variance; where groups differ no more than noise does, all effects are 0.

    Parameters
    ----------
    group : ndarray of shape (n_values,), int64
    values : ndarray of shape (n_values,)

    Returns
    -------
    ndarray of shape (n_groups,)
        0 for a group without values.

    References
    ----------
    Searle, Casella, McCulloch, "Variance components", 1992, section 3.6 (unbalanced data); Robinson,
    "That BLUP is a good thing: the estimation of random effects", Statistical Science 1991, eq. 1.3.
    """
    n = np.bincount(group, minlength=n_groups).astype(np.float64)
    mean = np.bincount(group, values, n_groups) / np.maximum(n, 1)
    total, filled = len(values), int(np.count_nonzero(n))
    if filled < 2 or total == filled:
        return np.zeros(n_groups)
    noise = float(((values - mean[group]) ** 2).sum()) / (total - filled)
    between = float(n @ (mean - values.mean()) ** 2) / (filled - 1)
    size = (total - float(n @ n) / total) / (filled - 1)
    spread = max((between - noise) / size, 0.0)
    worth = n * spread
    found: Doubles = mean * np.divide(worth, worth + noise, out=np.zeros_like(n), where=worth > 0)
    return found


class _Statistics:
    """All that the training pairs say of listeners and items."""

    def __init__(self, pairs: Pairs, shape: tuple[int, int], tags: Csr, seed: int) -> None:
        n_users, n_items = shape
        user, item, y = _of(pairs)
        self.mean = float(y.mean())
        self.n_of_user = np.bincount(user, minlength=n_users)
        self.n_of_item = np.bincount(item, minlength=n_items)
        self.user_mean = self.mean + effects(user, y - self.mean, n_users)
        rest = y - self.user_mean[user]
        self.item_bias = effects(item, rest, n_items)
        usual = float((rest**2).mean())
        self.user_spread = np.sqrt(
            (np.bincount(user, rest**2, n_users) + _SPREAD_PRIOR * usual)
            / (self.n_of_user + _SPREAD_PRIOR)
        )
        self.highest = np.full(n_users, self.mean)
        self.lowest = np.full(n_users, self.mean)
        np.maximum.at(self.highest, user, y)
        np.minimum.at(self.lowest, user, y)
        spread = self.user_spread[user]
        units = np.divide(rest, spread, out=np.zeros_like(rest), where=spread > 0)
        self.item_units = effects(item, units, n_items)
        holders = np.bincount(tags.indices, minlength=tags.shape[1])
        self.described = idf_rows(csr(tags[:, np.flatnonzero(holders >= _LEAST_HOLDERS)]))
        self.tag_bias = self._by_tags()
        lean = csr((units, (user, item)), shape)
        had = csr((np.ones(len(user)), (user, item)), shape)
        self.lean_tags = csr(lean @ self.described)
        self.had_tags = csr(had @ self.described)
        weight = 0.5 + quantile(user, y)
        confidence = csr((weight, (user, item)), shape)
        model = ALS(n_factors=int(np.clip(n_users // 8, 8, 128)), random_state=seed)
        self.user_factors = model.fit(confidence).fold_in(confidence)
        self.item_factors = model.item_factors_

    def _by_tags(self) -> Doubles:
        n = self.n_of_item.astype(np.float64)
        if not self.described.shape[1]:
            return np.zeros(len(n))
        weighted = csr(diags_array(n, dtype=np.float64) @ self.described)
        gram = dense(self.described.T @ weighted).astype(np.float64)
        gram[np.diag_indices_from(gram)] += _TAG_RIDGE
        target = self.described.T @ (n * self.item_bias)
        predicted: Doubles = self.described @ cho_solve(cho_factor(gram), target)
        return predicted

    def base(self, pairs: Pairs) -> Doubles:
        return self.user_mean[pairs.user] + self.item_bias[pairs.item]

    def columns(self, pairs: Pairs) -> Doubles:
        """Return what the trees see, shape (n_pairs, 14)."""
        user, item = pairs.user, pairs.item
        fit = np.concatenate(
            [
                np.einsum("ij,ij->i", self.user_factors[u], self.item_factors[i])
                for u, i in _batches(user, item)
            ]
        )
        lean, had = (
            np.concatenate(
                [
                    np.asarray(side[u].multiply(self.described[i]).sum(axis=1)).ravel()
                    for u, i in _batches(user, item)
                ]
            )
            for side in (self.lean_tags, self.had_tags)
        )
        return np.stack(
            [
                self.user_mean[user],
                self.user_spread[user],
                self.highest[user],
                self.lowest[user],
                self.n_of_user[user],
                self.item_bias[item],
                self.item_units[item],
                np.log1p(self.n_of_item[item]),
                self.tag_bias[item],
                self.tag_bias[item] * self.user_spread[user],
                fit,
                lean,
                had,
                lean / (1 + had),
            ],
            axis=1,
        ).astype(np.float64)


def _batches(user: Ints, item: Ints) -> list[tuple[Ints, Ints]]:
    starts = range(0, max(len(user), 1), _BATCH)
    return [(user[at : at + _BATCH], item[at : at + _BATCH]) for at in starts]
