"""From the additive score to a probability."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from recsys.errors import DataError
from recsys.types import Doubles, Floats


@dataclass(frozen=True)
class Link:
    """A rising line with knees between the score and the log-odds of a like.

    Parts that agree say less together than apart, so high scores mostly promise more than comes, and
    the line flattens there; where the data says otherwise it steepens. It rises everywhere, so no
    list changes by it, and a score stays the plain sum of its parts; what the line adds to it or
    takes from it is a term of its own (``correction``).

    Parameters
    ----------
    knees : tuple of float, ascending
        Scores at which the slope changes.
    slopes : tuple of float, each > 0
        One more than knees: below the first, between them, above the last.
    shift : float
        Added to all.
    votes : float
        Added as well: what votes on what was shown have told since (``in_the_large``).

    Raises
    ------
    DataError
        When it does not rise everywhere.
    """

    knees: tuple[float, ...] = ()
    slopes: tuple[float, ...] = (1.0,)
    shift: float = 0.0
    votes: float = 0.0

    def __post_init__(self) -> None:
        numbers = np.array([*self.knees, *self.slopes, self.shift, self.votes])
        if len(self.slopes) != len(self.knees) + 1 or not np.isfinite(numbers).all():
            raise DataError("a link has finite knees and one more slope than knees")
        if min(self.slopes) <= 0 or (np.diff(self.knees) <= 0).any():
            raise DataError("a link has ascending knees and rises everywhere")

    def odds(self, score: Any) -> Doubles:
        """Log-odds of a like, float64, same shape."""
        wide = np.asarray(score, np.float64)
        total: Doubles = self.shift + self.votes + self.slopes[0] * wide
        for knee, before, after in zip(self.knees, self.slopes, self.slopes[1:], strict=False):
            total += (after - before) * np.maximum(wide - knee, 0)
        return total

    def slope(self, score: Any) -> Doubles:
        """Log-odds per unit of the score, same shape."""
        found: Doubles = np.asarray(self.slopes)[np.searchsorted(self.knees, score)]
        return found

    def probability(self, score: Any) -> Floats:
        """Chance of a like, 0..1, float32, same shape."""
        chance: Floats = expit(self.odds(score)).astype(np.float32)
        return chance

    def correction(self, score: float) -> float:
        """Return what is added to a score to get the log-odds."""
        return float(self.odds(score)) - score


PLAIN = Link()
"""The score is the log-odds."""
