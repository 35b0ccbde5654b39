"""One additive part of the hybrid score: a model, and the learned curves that make log-odds of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.base import Model
from recsys.evidence import Level
from recsys.types import Bools, Csr, Floats

LINE = float("inf")
THIN_AT = 5.0  # artists at which a listener is half known


@dataclass(frozen=True)
class Curve:
    """A map with curve(0) = 0, learned at fit: ``sum_k (slope_k + t thin_slope_k) bend(r, knee_k)``.

    ``bend(r, knee) = sign(r) log(1 + |r| / knee)``; with an infinite knee it is r itself. t is how
    little is known of the listener: a newcomer's list leans more on what everybody likes. Slopes
    are log-odds per unit of the (bent) raw score.
    """

    slopes: tuple[float, ...]
    knees: tuple[float, ...] = (LINE,)
    thin_slopes: tuple[float, ...] = (0.0,)

    def __call__(self, raw: Floats, thin: Floats) -> Floats:
        """Log-odds, float32.

        Parameters
        ----------
        raw : ndarray of shape (n_users, n_items)
        thin : ndarray of shape (n_users, 1), float32
            How little is known of each listener, 0..1 (``thinness``).
        """
        total = np.zeros(raw.shape, np.float32)
        for slope, knee, more in zip(self.slopes, self.knees, self.thin_slopes, strict=True):
            if slope != 0 or more != 0:
                total += (np.float32(slope) + np.float32(more) * thin) * bend(raw, knee)
        return total

    def times(self, scale: float) -> "Curve":
        """Return the same curve, steeper or flatter."""
        slopes, thin = (
            tuple(slope * scale for slope in each) for each in (self.slopes, self.thin_slopes)
        )
        return Curve(slopes, self.knees, thin)

    def ratio(self, raw: float, thin: float) -> float:
        """curve(raw) / raw, by which a linear share of raw becomes a share of the log-odds."""
        total = 0.0
        for slope, knee, more in zip(self.slopes, self.knees, self.thin_slopes, strict=True):
            size = abs(raw) / knee
            bent = float(np.log1p(size)) / size if size > 1e-9 else 1.0
            total += (slope + more * thin) * (1.0 if np.isinf(knee) else bent / knee)
        return total


def thinness(user_artists: Csr) -> Floats:
    """How little is known of listeners: 1 / (1 + artists / 5), shape (n_users, 1), float32."""
    known = np.diff(user_artists.indptr).astype(np.float32)
    thin: Floats = (1 / (1 + known / THIN_AT)).astype(np.float32)[:, None]
    return thin


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
    reads_nearby : bool
        Whether its input is what people close to the listener play.
    """

    name: str
    level: Level
    model: Model
    curve: Curve
    cold_curve: Curve | None = None
    personal: bool = True
    reads_nearby: bool = False

    def input(self, artists: Csr, items: Csr, nearby: Csr) -> Csr:
        """Choose the confidence matrix that the model reads."""
        if self.reads_nearby:
            return nearby
        return artists if self.level == Level.ARTIST else items

    def values(self, folded: Any, thin: Floats, cold: Bools) -> Floats:
        """Log-odds of folded listeners on the model's own axis, (n_users, n_items), float32.

        Parameters
        ----------
        folded
            What the model's ``fold_in`` made of the listeners.
        thin : ndarray of shape (n_users, 1), float32
            How little is known of them.
        cold : ndarray of shape (n_items,), bool
            Which items of that axis are by an artist without a listener.
        """
        raw = self.model.score(folded)
        values = self.curve(raw, thin)
        if self.cold_curve is not None:
            values[:, cold] = self.cold_curve(raw[:, cold], thin)
        return values

    def curve_of(self, *, cold: bool) -> Curve:
        """Return the curve that one item is judged by."""
        return self.cold_curve if cold and self.cold_curve is not None else self.curve
