"""Whether lists please less than they should: recent outcomes against what was expected of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from recsys.errors import DataError
from recsys.in_the_large import offset
from recsys.types import Doubles

SIGNIFICANT = 3.0
"""Standard deviations below expectation; by chance about once in 700 looks."""
LEAST_EXPECTED = 10.0
"""Likes that must be expected of the recent slots before their lack says anything."""
_UNSURE = 10.0  # log-odds: hardly anything is known in advance


@dataclass(frozen=True)
class Drift:
    """Likes per slot that were expected, and that came; z in standard deviations."""

    expected: float
    observed: float
    z: float
    drifted: bool


def drift(
    odds: ArrayLike, liked: ArrayLike, recent_odds: ArrayLike, recent_liked: ArrayLike
) -> Drift:
    """Compare recent slots with earlier ones, given how good the model said they were.

    The earlier slots say how the logged log-odds translate where only some people vote (calibration
    in the large: one offset c with ``sum sigmoid(odds + c) = sum liked``). The
    recent likes are then a sum of independent Bernoulli variables with variance v, and c is known with
    the variance 1/v0 where v0 is that of the earlier likes, which moves their mean by v: what comes
    differs from what is expected by v + v^2/v0. Lists that are expected to be worse, by exploration or
    for newcomers, are therefore no drift.

    Parameters
    ----------
    odds, liked : array of shape (n_slots,)
        Log-odds of a like (score and calibration) and 0 or 1, of earlier slots.
    recent_odds, recent_liked : array of shape (n_recent,)
        The same of the newest ones.

    References
    ----------
    Gama et al., "Learning with drift detection", SBIA 2004 (three deviations); Steyerberg, "Clinical
    prediction models", 2009, section 15.3 (calibration in the large).
    """
    before, came, now, answer = (
        np.asarray(one, np.float64) for one in (odds, liked, recent_odds, recent_liked)
    )
    if len(before) != len(came) or len(now) != len(answer):
        raise DataError("drift needs as many outcomes as scores")
    if not len(before) or not len(now):
        return Drift(0.0, 0.0, 0.0, drifted=False)
    c = offset(before, came, spread=_UNSURE)
    p = expit(now + c)
    own, told_by = _variance(p), _variance(expit(before + c))
    spread = float(np.sqrt(own + own**2 / max(told_by, 1e-12)))
    z = (float(answer.sum()) - float(p.sum())) / max(spread, 1e-12)
    enough = float(p.sum()) >= LEAST_EXPECTED
    return Drift(float(p.mean()), float(answer.mean()), z, drifted=enough and z < -SIGNIFICANT)


def _variance(p: Doubles) -> float:
    """Of the sum of independent Bernoulli variables."""
    return float((p * (1 - p)).sum())
