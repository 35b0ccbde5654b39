"""Whether a probability of a like is one: how often what is said to happen happens."""

from dataclasses import dataclass

import numpy as np

from recsys.errors import DataError
from recsys.types import Bools, Doubles, Ints

BINS = 12
_LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class Calibration:
    """Scores of probabilities against what came.

    Parameters
    ----------
    brier : float
        Mean of (p - y)^2, the mean squared error of the probability.
    brier_of_mean : float
        The same when everything is given the mean rate: what there is to beat.
    log_loss, log_loss_of_mean : float
        Mean of -log p(y), in nats, and that of the mean rate.
    expected, observed : ndarray of shape (n_bins,)
        Mean probability and rate of likes in each bin, from the least to the most probable.
    weight : ndarray of shape (n_bins,)
        Pairs in each bin.
    """

    brier: float
    brier_of_mean: float
    log_loss: float
    log_loss_of_mean: float
    expected: Doubles
    observed: Doubles
    weight: Doubles

    @property
    def skill(self) -> float:
        """Share of the Brier score of the mean rate that is saved, at most 1."""
        return 1 - self.brier / self.brier_of_mean if self.brier_of_mean else 0.0

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of the bins from the diagonal, 0..1."""
        gap = np.abs(self.expected - self.observed)
        return float(np.average(gap, weights=self.weight)) if self.weight.sum() else 0.0


def calibration(probability: Doubles, liked: Bools) -> Calibration:
    """Compare probabilities with outcomes.

    Likes are rare, so bins are equal in log-odds between the least and the most probable pair;
    empty ones are left out.

    Parameters
    ----------
    probability : ndarray of shape (n_pairs,), 0..1
    liked : ndarray of shape (n_pairs,), bool

    References
    ----------
    Brier, "Verification of forecasts expressed in terms of probability", 1950; Niculescu-Mizil,
    Caruana, "Predicting good probabilities with supervised learning", ICML 2005 (the curve).
    """
    p, y = probability.astype(np.float64), liked.astype(np.float64)
    if not len(p) or len(p) != len(y):
        raise DataError("calibration needs as many outcomes as probabilities, at least one")
    if not (np.isfinite(p).all() and float(p.min()) >= 0 and float(p.max()) <= 1):
        raise DataError("probabilities must lie in 0..1")
    mean = float(y.mean())
    safe = np.clip(p, _LEAST, 1 - _LEAST)
    odds = np.log(safe / (1 - safe))
    edges = np.linspace(odds.min(), odds.max(), BINS + 1)
    place: Ints = np.clip(np.searchsorted(edges, odds, side="right") - 1, 0, BINS - 1)
    weight = np.bincount(place, minlength=BINS).astype(np.float64)
    full = weight > 0
    return Calibration(
        brier=float(np.mean((p - y) ** 2)),
        brier_of_mean=mean * (1 - mean),
        log_loss=_log_loss(safe, y),
        log_loss_of_mean=_log_loss(np.full(len(y), np.clip(mean, _LEAST, 1 - _LEAST)), y),
        expected=np.bincount(place, p, BINS)[full] / weight[full],
        observed=np.bincount(place, y, BINS)[full] / weight[full],
        weight=weight[full],
    )


def _log_loss(p: Doubles, y: Doubles) -> float:
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
