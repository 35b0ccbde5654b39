"""Calibration in the large: the one constant by which log-odds expect as much as came."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit

from recsys.errors import DataError
from recsys.hybrid import HybridRecommender

SPREAD = 1.5
"""Standard deviation, in log-odds, of what votes are expected to change: a dozen outweigh it."""


def offset(odds: ArrayLike, liked: ArrayLike, *, spread: float = SPREAD) -> float:
    """Find the most likely c where likes have the log-odds ``odds + c``, 0 without any outcome.

    It solves ``sum sigmoid(odds + c) + c / spread^2 = sum liked``: c is normal around 0 in advance,
    so a few outcomes move it little, and none or all liked have an answer.

    Parameters
    ----------
    odds, liked : array of shape (n_outcomes,)
        Log-odds that were said, and 0 or 1.
    spread : float
        Standard deviation of c in advance, in log-odds.

    References
    ----------
    Steyerberg, "Clinical prediction models", 2009, section 15.3 (calibration in the large).
    """
    said, came = np.asarray(odds, np.float64), np.asarray(liked, np.float64)
    if said.shape != came.shape:
        raise DataError("calibration needs as many outcomes as log-odds")

    def more_than_came(c: float) -> float:
        return float(expit(said + c).sum() - came.sum()) + c / spread**2

    most = spread**2 * len(said) + 1.0  # the sum lies between 0 and n
    return float(brentq(more_than_came, -most, most))


def told_by_votes(
    model: HybridRecommender, scores: ArrayLike, liked: ArrayLike
) -> HybridRecommender:
    """Let the chance of a like be that of a 👍 among the votes on what was shown.

    A model learns its chances on rows that were held out: whether something is among the few that a
    listener turns to next. That is less than whether they would like it, by a factor that only votes
    can tell. No list of one listener changes by it: the link of all scores is shifted by one
    constant, which is part of the calibration that explanations name. A group's list weighs chances,
    so it may.

    Parameters
    ----------
    model : HybridRecommender
        As it was trained.
    scores, liked : array of shape (n_votes,)
        Score of what was shown and voted on, and 1 for a 👍, 0 for a 👎. Scores of earlier models
        count as if this one had given them: each is near log-odds of its time.
    """
    untold = replace(model.link, votes=0.0)
    votes = offset(untold.odds(np.asarray(scores, np.float64)), liked)
    info = {**model.info, "votes_on_shown": len(np.asarray(liked)), "shift_by_votes": votes}
    return replace(model, link=replace(untold, votes=votes), info=info)
