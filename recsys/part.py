"""One additive part of the hybrid score: a model, and the learned curves that make log-odds of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.base import Model
from recsys.evidence import Level
from recsys.types import Bools, Floats

LINE = float("inf")


@dataclass(frozen=True)
class Curve:
    """An odd map with curve(0) = 0, learned once at fit: ``sum_k slope_k bend(r, knee_k)``.

    ``bend(r, knee) = sign(r) log(1 + |r| / knee)``; with an infinite knee it is r itself. With
    slopes >= 0 the curve rises everywhere. Log-odds per unit of the model's raw score.
    """

    slopes: tuple[float, ...]
    knees: tuple[float, ...] = (LINE,)

    def __call__(self, raw: Floats) -> Floats:
        """Log-odds, same shape, float32."""
        total = np.zeros(raw.shape, np.float32)
        for slope, knee in zip(self.slopes, self.knees, strict=True):
            if slope != 0:
                total += np.float32(slope) * bend(raw, knee)
        return total

    def ratio(self, raw: float) -> float:
        """curve(raw) / raw, by which a linear share of raw becomes a share of the log-odds."""
        total = 0.0
        for slope, knee in zip(self.slopes, self.knees, strict=True):
            size = abs(raw) / knee
            bent = float(np.log1p(size)) / size if size > 1e-9 else 1.0
            total += slope if np.isinf(knee) else slope * bent / knee
        return total


def bend(raw: Floats, knee: float) -> Floats:
    """One basis function of a curve, same shape, float32."""
    if np.isinf(knee):
        return raw
    bent: Floats = np.copysign(np.log1p(np.abs(raw) * np.float32(1 / knee)), raw)
    return bent


@dataclass(frozen=True, eq=False)
class Part:
    """A named part of the score.

    Parameters
    ----------
    name : str
    level : Level
        The axis of the model: artists (its values are handed down to their items) or items.
    model : Model
        Fitted.
    curve : Curve
    cold_curve : Curve or None
        For artists without a listener, where it differs: other parts must speak for those.
    personal : bool
        Whether it depends on the listener; what does not is prior.
    """

    name: str
    level: Level
    model: Model
    curve: Curve
    cold_curve: Curve | None = None
    personal: bool = True

    def values(self, folded: Any, cold: Bools) -> Floats:
        """Log-odds of folded listeners on the model's own axis, (n_users, n_items), float32.

        Parameters
        ----------
        folded
            What the model's ``fold_in`` made of the listeners.
        cold : ndarray of shape (n_items,), bool
            Which items of that axis are by an artist without a listener.
        """
        raw = self.model.score(folded)
        values = self.curve(raw)
        if self.cold_curve is not None:
            values[:, cold] = self.cold_curve(raw[:, cold])
        return values

    def curve_of(self, *, cold: bool) -> Curve:
        """Return the curve that one item is judged by."""
        return self.cold_curve if cold and self.cold_curve is not None else self.curve
