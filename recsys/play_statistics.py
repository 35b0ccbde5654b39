"""What pairs of listeners and items say of how often things are played."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import diags_array

from recsys.content_features import idf_rows
from recsys.interactions import quantile
from recsys.models.als import ALS
from recsys.sparse import csr, dense
from recsys.types import Bools, Csr, Doubles, Floats, Ints

_SPREAD_PRIOR = 3.0  # rows that the usual spread is worth to a listener's own
_TAG_RIDGE = 30.0
_LEAST_HOLDERS = 3
_NEAR_PRIOR = 0.5  # likeness that "as usual" is worth beside the listener's other items
_BATCH = 4096


@dataclass(frozen=True, eq=False)
class Pairs:
    """Listener and item codes of shape (n_pairs,), and ln(1 + plays)."""

    user: Ints
    item: Ints
    log_plays: Doubles

    def __len__(self) -> int:
        return len(self.user)

    def where(self, keep: Bools) -> "Pairs":
        """Only the pairs marked True, in their order."""
        return Pairs(self.user[keep], self.item[keep], self.log_plays[keep])


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


class Statistics:
    """All that some pairs say of listeners and items, for foretelling others."""

    def __init__(self, pairs: Pairs, shape: tuple[int, int], tags: Csr, seed: int) -> None:
        n_users, n_items = shape
        user, item, y = pairs.user, pairs.item, pairs.log_plays
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
        self.lean = csr((units, (user, item)), shape)
        had = csr((np.ones(len(user)), (user, item)), shape)
        self.lean_tags = csr(self.lean @ self.described)
        self.had_tags = csr(had @ self.described)
        weight = 0.5 + quantile(user, y)
        confidence = csr((weight, (user, item)), shape)
        model = ALS(n_factors=int(np.clip(n_users // 8, 8, 128)), random_state=seed)
        self.user_factors = model.fit(confidence).fold_in(confidence)
        self.item_factors = model.item_factors_
        length = np.linalg.norm(self.item_factors, axis=1, keepdims=True)
        self.directions: Floats = self.item_factors / np.maximum(length, np.float32(1e-9))

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
        """``mean_u + b_i``, shape (n_pairs,)."""
        return self.user_mean[pairs.user] + self.item_bias[pairs.item]

    def columns(self, pairs: Pairs) -> Doubles:
        """Return what the trees see, shape (n_pairs, 17)."""
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
                *self._by_neighbours(pairs).T,
            ],
            axis=1,
        ).astype(np.float64)

    def _by_neighbours(self, pairs: Pairs) -> Doubles:
        """How the listener's items that are like this one stand to the base, shape (n_pairs, 3).

        The mean of their residuals in units of the listener's spread, weighted by likeness (squared
        cosine of the factors, 0 where it is negative); the sum of the weights; the largest.

        References
        ----------
        Koren, "Factorization meets the neighborhood", KDD 2008, eq. 3 (with the likeness of factors).
        """
        found = np.zeros((len(pairs), 3))
        order = np.argsort(pairs.user, kind="stable")
        ends = np.searchsorted(pairs.user[order], np.arange(self.lean.shape[0] + 1))
        for user in np.unique(pairs.user).tolist():
            rows = order[ends[user] : ends[user + 1]]
            own = slice(self.lean.indptr[user], self.lean.indptr[user + 1])
            held, residual = self.lean.indices[own], self.lean.data[own]
            if len(held):
                alike = self.directions[pairs.item[rows]] @ self.directions[held].T
                alike = np.maximum(alike, 0) ** 2
                total = alike.sum(axis=1)
                found[rows, 0] = alike @ residual / (total + _NEAR_PRIOR)
                found[rows, 1], found[rows, 2] = total, alike.max(axis=1)
        return found


def _batches(user: Ints, item: Ints) -> list[tuple[Ints, Ints]]:
    starts = range(0, max(len(user), 1), _BATCH)
    return [(user[at : at + _BATCH], item[at : at + _BATCH]) for at in starts]
