"""Columns that stand once per regime, multiplied out only where they are needed."""

from dataclasses import dataclass

import numpy as np

from recsys.ranking_sample import Sample
from recsys.types import Bools, Doubles, Floats

N = 3
"""Regimes of ``Curve``: a regular's list, a newcomer's, and what hardly anybody has heard."""


@dataclass(frozen=True, eq=False)
class Regimes:
    """``score = sum_r sum_c weight_r(row, level of c) column_c(row) slope_rc``.

    Three times the columns would be most of the memory of a fit, and mostly the same numbers.

    Parameters
    ----------
    columns : ndarray of shape (n_rows, n_columns), float64
    weights : ndarray of shape (n_rows, 3 * n_levels), float64
        How far a row is in each regime, as its level sees it; regimes outside, levels inside.
    of_level : ndarray of shape (n_levels, n_columns), bool
    """

    columns: Doubles
    weights: Doubles
    of_level: Bools

    @classmethod
    def of(cls, sample: Sample, spread: Doubles) -> "Regimes":
        """Take the sample's columns, each divided by its spread."""
        thin = sample.thin[:, None].astype(np.float64)
        levels = np.unique(sample.level_of)
        rare = sample.rare[:, levels].astype(np.float64)
        weights = [(1 - rare) * (1 - thin), (1 - rare) * thin, rare]
        of_level = sample.level_of == levels[:, None]
        return cls(sample.columns / spread, np.concatenate(weights, axis=1), of_level)

    def where(self, keep: Bools) -> "Regimes":
        """Only the rows marked True."""
        return Regimes(self.columns[keep], self.weights[keep], self.of_level)

    def score(self, slopes: Doubles) -> Doubles:
        """Sum up each row; slopes of shape (3 * n_columns,), regime by regime."""
        shared = slopes.reshape(N, 1, -1) * self.of_level
        by_weight = self.columns @ shared.reshape(-1, self.columns.shape[1]).T
        total: Doubles = np.einsum("ij,ij->i", by_weight, self.weights)
        return total

    def gathered(self, rows: Doubles) -> Doubles:
        """Transpose of ``score``: the sum of the columns, (3 * n_columns,), by weights of rows."""
        by_weight = (rows[:, None] * self.weights).T @ self.columns
        found = by_weight.reshape(N, len(self.of_level), -1) * self.of_level
        total: Doubles = found.sum(axis=1).ravel()
        return total

    def column(self, place: int) -> Floats:
        """One of the 3 * n_columns, multiplied out, shape (n_rows,), float32."""
        regime, at = divmod(place, self.columns.shape[1])
        level = int(np.flatnonzero(self.of_level[:, at])[0])
        weight = self.weights[:, regime * len(self.of_level) + level]
        multiplied: Floats = (self.columns[:, at] * weight).astype(np.float32)
        return multiplied
