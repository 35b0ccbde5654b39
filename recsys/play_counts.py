"""How often will a listener play an artist? Biases, corrected by what else is known of the pair."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import diags_array
from sklearn.ensemble import HistGradientBoostingRegressor

from recsys.content_features import idf_rows
from recsys.errors import NotFittedError
from recsys.interactions import quantile
from recsys.models.als import ALS
from recsys.sparse import csr, dense
from recsys.types import Csr, Doubles, Ints

_USER_PRIOR = 1.0  # rows that the global mean is worth to a listener's mean
_ITEM_PRIOR = 7.0  # rows that "no bias" is worth to an item's bias
_SPREAD_PRIOR = 3.0
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

    The base is ``mean_u + b_i`` with both shrunk towards what is usual. Gradient-boosted trees then
    learn on held-out pairs what the rest of the evidence adds: the listener's spread, the item's
    bias in units of that spread, the same predicted from its tags, the score of the latent model,
    and how well the listener's residuals agree with the item's tags.

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
        before = _Statistics(train, self.shape, self.tags, self.random_state)
        columns = self._columns(before, valid)
        self.correction_ = HistGradientBoostingRegressor(
            max_iter=300,
            learning_rate=0.03,
            max_leaf_nodes=8,
            min_samples_leaf=60,
            l2_regularization=20.0,
            random_state=self.random_state,
        ).fit(columns, valid.log_plays - before.base(valid))
        whole = Pairs(*(np.concatenate(two) for two in zip(_of(train), _of(valid), strict=True)))
        self.statistics_ = _Statistics(whole, self.shape, self.tags, self.random_state)
        return self

    def predict(self, pairs: Pairs) -> Doubles:
        """Return ln(1 + plays), shape (n_pairs,); unknown listeners and items get the usual."""
        if not hasattr(self, "statistics_"):
            raise NotFittedError("PlayCounts is not fitted yet")
        known = self.statistics_
        found: Doubles = known.base(pairs) + self.correction_.predict(self._columns(known, pairs))
        return found

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


class _Statistics:
    """All that the training pairs say of listeners and items."""

    def __init__(self, pairs: Pairs, shape: tuple[int, int], tags: Csr, seed: int) -> None:
        n_users, n_items = shape
        user, item, y = _of(pairs)
        self.mean = float(y.mean())
        self.n_of_user = np.bincount(user, minlength=n_users)
        self.n_of_item = np.bincount(item, minlength=n_items)
        self.user_mean = (np.bincount(user, y, n_users) + _USER_PRIOR * self.mean) / (
            self.n_of_user + _USER_PRIOR
        )
        rest = y - self.user_mean[user]
        self.item_bias = np.bincount(item, rest, n_items) / (self.n_of_item + _ITEM_PRIOR)
        usual = float((rest**2).mean())
        self.user_spread = np.sqrt(
            (np.bincount(user, rest**2, n_users) + _SPREAD_PRIOR * usual)
            / (self.n_of_user + _SPREAD_PRIOR)
        )
        self.highest = np.full(n_users, self.mean)
        self.lowest = np.full(n_users, self.mean)
        np.maximum.at(self.highest, user, y)
        np.minimum.at(self.lowest, user, y)
        units = rest / self.user_spread[user]
        self.item_units = np.bincount(item, units, n_items) / (self.n_of_item + _ITEM_PRIOR)
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
