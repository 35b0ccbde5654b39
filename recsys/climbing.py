"""Coordinate ascent on NDCG@10 itself, over labelled candidates of held-out listeners."""

from dataclasses import dataclass

import numpy as np

from recsys.parallel import in_threads
from recsys.ranking_sample import Sample
from recsys.regimes import Regimes
from recsys.types import Doubles, Floats, Ints

_STEPS = (0.0, 0.4, 0.7, 1.4, 2.5)
_ROUNDS = 2
_CLIMBS = 4
_TOP = 10
_DISCOUNT = 1 / np.log2(np.arange(2, _TOP + 2))
_LOT = 1e-5  # log-odds: what decides between equal scores


def ascend(columns: Regimes, sample: Sample, slopes: Doubles, lower: Doubles) -> Doubles:
    """Climb on random halves of the listeners and average: a single climb ends where chance lets it.

    Parameters
    ----------
    columns : Regimes
        Of the rows of the sample.
    sample : Sample
    slopes : ndarray of shape (3 * n_columns,)
        Where to start.
    lower : ndarray of shape (3 * n_columns,)
        -inf where a slope may change its sign, 0 where it may not.

    Returns
    -------
    ndarray of shape (3 * n_columns,)
        The mean of the climbs. Where, on all listeners together, that is no better than the start (the
        climbs disagree), the best of the climbs; the start where none is better.

    References
    ----------
    Metzler, Croft, "Linear feature-based models for information retrieval", Information Retrieval
    2007, section 4.3.
    """
    users = np.unique(sample.user[sample.near])
    rng = np.random.default_rng(0)
    halves = [
        np.sort(rng.choice(users, max(1, len(users) // 2), replace=False)) for _ in range(_CLIMBS)
    ]
    found = np.zeros((_CLIMBS, len(slopes)))

    def climb(turn: int) -> None:
        found[turn] = _climb(Lists.of(sample, halves[turn]), columns, slopes, lower)

    in_threads(climb, range(_CLIMBS), at_once=1)
    lists = Lists.of(sample, users)

    def reached(at: Doubles) -> float:
        return lists.ndcg(lists.laid_out(columns.score(at)))

    mean: Doubles = found.mean(axis=0)
    return mean if reached(mean) > reached(slopes) else max([slopes, *found], key=reached)


def _climb(lists: "Lists", columns: Regimes, slopes: Doubles, lower: Doubles) -> Doubles:
    """Try other sizes of one slope after another; only that column's part of the scores changes."""
    slopes = slopes.copy()
    least = 0.05 * float(np.abs(slopes).max())
    score = lists.laid_out(columns.score(slopes))
    best = lists.ndcg(score)
    for _ in range(_ROUNDS):
        before = best
        for place in range(len(slopes)):
            own = lists.laid_out(columns.column(place))
            start = slopes[place]
            size = max(abs(start), least)
            tries = {np.copysign(size, start) * step for step in _STEPS}
            if np.isinf(lower[place]):
                tries |= {-least, least}
            for value in sorted(tries):
                reached = lists.ndcg(score + np.float32(value - start) * own)
                if reached > best:
                    best, slopes[place] = reached, value
            score += np.float32(slopes[place] - start) * own
        if best - before < 1e-4:
            break
    return slopes


@dataclass(frozen=True, eq=False)
class Lists:
    """Near candidates padded to one length, so that NDCG@10 of all listeners is a few array steps.

    Parameters
    ----------
    rows : ndarray of int64
        Rows of the sample that are laid out, ...
    cells : ndarray of int64
        ... and where, in an array of shape ``start.shape``.
    start : ndarray of shape (n_listeners, width), float32
        What is added to a score: -inf where there is no candidate, else as good as nothing, drawn by
        lot, so that candidates that nothing tells apart come in no particular order.
    wanted : ndarray of int64
        Cells of the wanted candidates.
    ideal : ndarray of shape (n_listeners,)
        The gain of a perfect list.
    able : ndarray of shape (n_listeners,), int64
        Their places among all that were asked for: those without a wanted candidate gain nothing in
        any order, so they are not laid out.
    n_asked : int
    """

    rows: Ints
    cells: Ints
    start: Floats
    wanted: Ints
    ideal: Doubles
    able: Ints
    n_asked: int

    @classmethod
    def of(cls, sample: Sample, users: Ints) -> "Lists":
        """Lay out the candidates of these listeners, who are given in ascending order."""
        able = np.intersect1d(users, sample.user[sample.near & sample.label])
        rows = np.flatnonzero(sample.near & np.isin(sample.user, able))
        count = np.bincount(np.searchsorted(able, sample.user[rows]), minlength=len(able))
        row = np.repeat(np.arange(len(able)), count)
        width = int(count.max(initial=_TOP))
        cells = row * width + np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
        start = np.full(len(able) * width, -np.inf, np.float32)
        start[cells] = _LOT * np.random.default_rng(0).random(len(rows))
        ideal = np.concatenate([[1.0], np.cumsum(_DISCOUNT)])
        return cls(
            rows=rows,
            cells=cells,
            start=start.reshape(len(able), width),
            wanted=cells[sample.label[rows]],
            ideal=ideal[np.minimum(sample.n_wanted[able], _TOP)],
            able=np.searchsorted(users, able),
            n_asked=len(users),
        )

    def laid_out(self, values: Doubles | Floats) -> Floats:
        """Place values of all rows of the sample, shape (n_listeners, width), float32; else 0."""
        found = np.zeros(self.start.shape, np.float32)
        found.ravel()[self.cells] = values[self.rows]
        return found

    def ndcg(self, score: Floats) -> float:
        """Mean NDCG@10 of all listeners."""
        return float(self.ndcg_each(score).sum() / max(self.n_asked, 1))

    def ndcg_each(self, score: Floats) -> Doubles:
        """NDCG@10 of each listener's list in the order of ``score``, which is laid out.

        Only the ten best scores of each list are sought, not who has them: a wanted candidate's rank
        is the number of better ones. Scores are taken from the best of their list, for the lots are so
        small that they would be lost beside a large number.
        """
        score = score - (score + self.start).max(axis=1, keepdims=True) + self.start
        row = self.wanted // score.shape[1]
        best = np.partition(score, -_TOP, axis=1)[:, -_TOP:]
        better = np.count_nonzero(best[row] > score.ravel()[self.wanted][:, None], axis=1)
        gain = np.append(_DISCOUNT, 0.0)[better]
        reached = np.zeros(self.n_asked)
        np.add.at(reached, self.able[row], gain / self.ideal[row])
        return reached
