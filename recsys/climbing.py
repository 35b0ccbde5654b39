"""Coordinate ascent on NDCG@10 itself, over labelled candidates of held-out listeners."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys.parallel import in_threads
from recsys.ranking_sample import Sample
from recsys.types import Bools, Doubles, Floats, Ints

_STEPS = (0.0, 0.4, 0.7, 1.4, 2.5)
_ROUNDS = 2
_CLIMBS = 4
_TOP = 10
_DISCOUNT = 1 / np.log2(np.arange(2, _TOP + 2))
_LOT = 1e-5  # log-odds: what decides between equal scores


def ascend(scaled: Doubles, sample: Sample, slopes: Doubles, lower: Doubles) -> Doubles:
    """Climb on random halves of the listeners and average: a single climb ends where chance lets it.

    Parameters
    ----------
    scaled : ndarray of shape (n_rows, n_columns)
        What the score is a weighted sum of, for each row of the sample.
    sample : Sample
    slopes, lower : ndarray of shape (n_columns,)
        Where to start, and what not to fall below.

    References
    ----------
    Metzler, Croft, "Linear feature-based models for information retrieval", Information Retrieval
    2007, section 4.3.
    """
    lists = Lists.of(scaled, sample)
    n = lists.n_lists
    rng = np.random.default_rng(0)
    halves = [np.sort(rng.choice(n, max(1, n // 2), replace=False)) for _ in range(_CLIMBS)]
    found = np.zeros((_CLIMBS, len(slopes)))

    def climb(turn: int) -> None:
        found[turn] = _climb(lists.among(halves[turn]), slopes, lower)

    in_threads(climb, range(_CLIMBS), at_once=1)
    mean: Doubles = found.mean(axis=0)
    return mean


def _climb(lists: "Lists", slopes: Doubles, lower: Doubles) -> Doubles:
    """Try other sizes of one slope after another; only that column's part of the scores changes."""
    slopes = slopes.copy()
    best = lists.ndcg(lists.score(slopes))
    least = 0.05 * float(np.abs(slopes).max())
    for _ in range(_ROUNDS):
        before = best
        score = lists.score(slopes)
        for column, own in enumerate(lists.columns):
            size = max(abs(slopes[column]), least)
            tries = {np.copysign(size, slopes[column]) * step for step in _STEPS}
            if np.isinf(lower[column]):
                tries |= {-least, least}
            start = slopes[column]
            for value in sorted(tries):
                reached = lists.ndcg(score + np.float32(value - start) * own)
                if reached > best:
                    best, slopes[column] = reached, value
            score += np.float32(slopes[column] - start) * own
        if best - before < 1e-4:
            break
    return slopes


@dataclass(frozen=True, eq=False)
class Lists:
    """Candidates padded to one length, so that NDCG@10 of all listeners is a few array steps.

    Parameters
    ----------
    columns : ndarray of shape (n_columns, n_rows, width), float32
    start : ndarray of shape (n_rows, width), float32
        What is added to the score: -inf where there is no candidate, else as good as nothing, drawn
        by lot, so that candidates that no column tells apart come in no particular order.
    wanted : ndarray of shape (n_rows, width), bool
    ideal : ndarray of shape (n_rows,)
        The gain of a perfect list.
    n_lists : int
        Listeners that the mean is over; those without a row gain nothing in any order.
    """

    columns: Floats
    start: Floats
    wanted: Bools
    ideal: Doubles
    n_lists: int

    @classmethod
    def of(cls, scaled: Doubles, sample: Sample) -> "Lists":
        """Lay out the near candidates of a sample; ``scaled`` has shape (n_rows, n_columns)."""
        near = np.flatnonzero(sample.near)
        users, row = np.unique(sample.user[near], return_inverse=True)
        count = np.bincount(row)
        place = np.arange(len(near)) - np.repeat(np.cumsum(count) - count, count)
        shape = (len(count), int(count.max()))
        columns = np.zeros((scaled.shape[1], *shape), np.float32)
        for own, values in zip(columns, scaled.T, strict=True):
            own[row, place] = values[near]
        start = np.full(shape, -np.inf, np.float32)
        start[row, place] = _LOT * np.random.default_rng(0).random(len(near))
        wanted = np.zeros(shape, np.bool_)
        wanted[row, place] = sample.label[near]
        ideal = np.concatenate([[1.0], np.cumsum(_DISCOUNT)])
        return cls(
            columns, start, wanted, ideal[np.minimum(sample.n_wanted[users], _TOP)], len(count)
        )

    def among(self, rows: Ints) -> "Lists":
        """Return the lists of some listeners; only rows in which something is wanted are kept."""
        kept = rows[self.wanted[rows].any(axis=1)]
        return Lists(
            self.columns[:, kept], self.start[kept], self.wanted[kept], self.ideal[kept], len(rows)
        )

    def score(self, slopes: Doubles) -> Floats:
        """Add up the columns, shape (n_rows, width), float32."""
        total: Floats = self.start + np.tensordot(slopes.astype(np.float32), self.columns, axes=1)
        return total

    def ndcg(self, score: Floats) -> float:
        """Mean NDCG@10 of lists in the order of ``score``.

        Only the ten best scores of each list are sought, not who has them: a wanted candidate's rank
        is the number of better ones.
        """
        row, place = self._places
        depth = min(_TOP, score.shape[1])
        best = np.partition(score, -depth, axis=1)[:, -depth:]
        better = np.count_nonzero(best[row] > score[row, place][:, None], axis=1)
        gain = np.append(_DISCOUNT[:depth], 0.0)[better]
        return float((gain / self.ideal[row]).sum() / self.n_lists)

    @cached_property
    def _places(self) -> tuple[Ints, Ints]:
        row, place = np.nonzero(self.wanted)
        return row, place
