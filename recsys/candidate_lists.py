"""The lists that held-out listeners would get from a weighted sum of columns."""

from copy import copy

import numpy as np

from recsys.ranking_sample import Sample
from recsys.types import Doubles, Ints

_TOP = 10


class CandidateLists:
    """Candidates padded to one length, so that NDCG@10 of all listeners is a few array steps.

    Parameters
    ----------
    scaled : ndarray of shape (n_rows, n_columns), float64
        What the score is a weighted sum of.
    sample : Sample

    Attributes
    ----------
    listeners : ndarray of shape (n_listeners,), int64
        Their codes in the sample, ascending.
    """

    def __init__(self, scaled: Doubles, sample: Sample) -> None:
        near = np.flatnonzero(sample.near)
        self.listeners, row = np.unique(sample.user[near], return_inverse=True)
        count = np.bincount(row)
        place = np.arange(len(near)) - np.repeat(np.cumsum(count) - count, count)
        shape = (len(count), int(count.max()))
        self.columns = np.zeros((scaled.shape[1], *shape), np.float32)
        self.columns[:, row, place] = scaled[near].T
        self.open = np.full(shape, -np.inf, np.float32)
        self.open[row, place] = 0
        self.wanted = np.zeros(shape, np.bool_)
        self.wanted[row, place] = sample.label[near]
        self.discount = 1 / np.log2(np.arange(2, _TOP + 2))
        ideal = np.concatenate([[1.0], np.cumsum(self.discount)])
        self.ideal = ideal[np.minimum(sample.n_wanted[self.listeners], _TOP)]

    def half(self, rng: np.random.Generator) -> "CandidateLists":
        """Return the lists of a random half of the listeners."""
        n = len(self.ideal)
        rows = np.sort(rng.choice(n, max(1, n // 2), replace=False))
        part = copy(self)
        part.columns = self.columns[:, rows]
        part.open, part.wanted = self.open[rows], self.wanted[rows]
        part.ideal, part.listeners = self.ideal[rows], self.listeners[rows]
        return part

    def ndcg(self, slopes: Doubles) -> float:
        """Mean NDCG@10 of the listeners with these weights of the columns."""
        return float(self.ndcg_each(slopes).mean())

    def ndcg_each(self, slopes: Doubles) -> Doubles:
        """NDCG@10 of each listener, shape (n_listeners,)."""
        score = self.open + np.tensordot(slopes.astype(np.float32), self.columns, axes=1)
        depth = min(_TOP, score.shape[1])
        top = np.argpartition(-score, depth - 1, axis=1)[:, :depth]
        order = np.argsort(-np.take_along_axis(score, top, 1), axis=1, kind="stable")
        best: Ints = np.take_along_axis(top, order, 1)
        gain = np.take_along_axis(self.wanted, best, 1) @ self.discount[:depth]
        reached: Doubles = gain / self.ideal
        return reached
