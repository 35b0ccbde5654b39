"""What another policy would have earned, from what was shown and how likely it was to be shown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from recsys.errors import DataError


@dataclass(frozen=True)
class OffPolicy:
    """An estimate from logged slots.

    Parameters
    ----------
    value : float
        Reward per slot, by inverse propensity scores (unbiased).
    self_normalised : float
        The same divided by the mean weight (a little biased, steadier).
    standard_error : float
        Of ``value``, with slots taken as independent.
    effective_slots : float
        ``(sum w)^2 / sum w^2``: how many slots of its own policy would say as much.
    """

    value: float
    self_normalised: float
    standard_error: float
    effective_slots: float


def off_policy(rewards: ArrayLike, logged: ArrayLike, target: ArrayLike) -> OffPolicy:
    """Estimate the reward per slot of a policy that did not choose what was shown.

    Parameters
    ----------
    rewards : array of shape (n_slots,)
        1 for a 👍, else 0.
    logged : array of shape (n_slots,)
        Propensity under which each slot was shown, > 0 (``Pick.propensity``).
    target : array of shape (n_slots,)
        Chance that the other policy would have shown the same, 0..1.

    References
    ----------
    Horvitz, Thompson, JASA 1952; Swaminathan, Joachims, "The self-normalized estimator for
    counterfactual learning", NIPS 2015, eq. 6.
    """
    reward, shown, wanted = (np.asarray(one, np.float64) for one in (rewards, logged, target))
    if not len(reward) == len(shown) == len(wanted) or not len(reward):
        raise DataError("rewards and propensities must be as many, and at least one")
    if not (shown > 0).all():
        raise DataError("what was shown had a propensity above 0")
    weight = wanted / shown
    earned = weight * reward
    error = float(earned.std(ddof=1) / np.sqrt(len(earned))) if len(earned) > 1 else 0.0
    total, squares = float(weight.sum()), float((weight**2).sum())
    return OffPolicy(
        value=float(earned.mean()),
        self_normalised=float(earned.sum() / total) if total else 0.0,
        standard_error=error,
        effective_slots=total**2 / squares if squares else 0.0,
    )
