"""One additive part of the hybrid score: a model, and the fixed curve that makes log-odds of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.base import Model
from recsys.evidence import Level
from recsys.types import Floats


@dataclass(frozen=True)
class Curve:
    """A monotone map with curve(0) = 0, learned once at fit: slope * sign(r) * log(1 + |r| / knee).

    With an infinite knee it is the line slope * r. Log-odds per unit of the model's raw score.
    """

    slope: float
    knee: float = float("inf")

    def __call__(self, raw: Floats) -> Floats:
        """Log-odds, same shape, float32."""
        if np.isinf(self.knee):
            return (np.float32(self.slope) * raw).astype(np.float32)
        bent = np.copysign(np.log1p(np.abs(raw) * np.float32(1 / self.knee)), raw)
        return (np.float32(self.slope) * bent).astype(np.float32)

    def ratio(self, raw: float) -> float:
        """curve(raw) / raw, by which a linear share of raw becomes a share of the log-odds."""
        if np.isinf(self.knee):
            return self.slope
        size = abs(raw) / self.knee
        bent = float(np.log1p(size)) / size if size > 1e-9 else 1.0
        return self.slope * bent / self.knee


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
    personal : bool
        Whether it depends on the listener; what does not is prior.
    """

    name: str
    level: Level
    model: Model
    curve: Curve
    personal: bool = True

    def values(self, folded: Any) -> Floats:
        """Log-odds of folded listeners on the model's own axis, (n_users, n_items), float32."""
        return self.curve(self.model.score(folded))
