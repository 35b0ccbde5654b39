"""One additive part of the hybrid score: a model, and the learned curves that make log-odds of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from recsys.base import Model
from recsys.evidence import Level
from recsys.types import Bools, Csr, Floats, Ints

LINE = float("inf")
BIAS, LIKE, FAMILIAR = "bias", "like", "familiar"
"""Names of parts that are no model's alone."""
THIN_AT = 5.0  # artists at which a listener is half known
RARE_AT = 30.0  # listeners at which an artist or item is half known


@dataclass(frozen=True)
class Curve:
    """A map with curve(0) = 0, learned at fit: ``sum_k weight_k(t, q) bend(r, knee_k)``.

    ``weight_k(t, q) = (1 - q) (slope_k + t thin_slope_k) + q rare_slope_k`` with t how little is
    known of the listener and q how few listen to the item: a newcomer's list leans on what everybody
    likes, and an item that few have heard is judged by what it is rather than by who hears it.
    Of a stranger (t = 1) ``weight_k`` is ``stranger_slope_k`` where there is one: see ``strangers``.
    ``bend(r, knee) = sign(r) log(1 + |r| / knee)``; with an infinite knee it is r itself. Slopes are
    log-odds per unit of the (bent) raw score.
    """

    slopes: tuple[float, ...]
    knees: tuple[float, ...] = (LINE,)
    thin_slopes: tuple[float, ...] = (0.0,)
    rare_slopes: tuple[float, ...] = (0.0,)
    stranger_slopes: tuple[float, ...] = ()

    def __call__(self, raw: Floats, thin: Floats, rare: Floats) -> Floats:
        """Log-odds, float32; the three may have any shapes that broadcast to that of ``raw``.

        Parameters
        ----------
        raw : ndarray of shape (n_users, n_items)
        thin : ndarray of shape (n_users, 1), float32
            How little is known of each listener, 0..1 (``thinness``).
        rare : ndarray of shape (n_items,), float32
            How few listen to each item, 0..1 (``rarity``).
        """
        total = np.zeros(raw.shape, np.float32)
        for slope, knee, more, rarer in self._terms():
            if slope != 0 or more != 0 or rarer != 0:
                heard = np.float32(slope) + np.float32(more) * thin
                weight = (np.float32(rarer) - heard) * rare
                weight += heard
                total += weight * bend(raw, knee)
        if self.stranger_slopes and (thin >= 1).any():
            strange = np.zeros(raw.shape, np.float32)
            for slope, knee in zip(self.stranger_slopes, self.knees, strict=True):
                strange += np.float32(slope) * bend(raw, knee)
            total = np.where(thin >= 1, strange, total)
        return total

    def _terms(self) -> list[tuple[float, float, float, float]]:
        return list(zip(self.slopes, self.knees, self.thin_slopes, self.rare_slopes, strict=True))

    def times(self, scale: float) -> "Curve":
        """Return the same curve, steeper or flatter."""
        slopes, thin, rare = (
            tuple(slope * scale for slope in each)
            for each in (self.slopes, self.thin_slopes, self.rare_slopes)
        )
        strange = tuple(slope * scale for slope in self.stranger_slopes)
        return Curve(slopes, self.knees, thin, rare, strange)

    def ratio(self, raw: float, thin: float, rare: float) -> float:
        """curve(raw) / raw, by which a linear share of raw becomes a share of the log-odds."""
        total = 0.0
        for slope, knee, more, rarer in self._terms():
            size = abs(raw) / knee
            bent = float(np.log1p(size)) / size if size > 1e-9 else 1.0
            weight = (1 - rare) * (slope + more * thin) + rare * rarer
            total += weight * (1.0 if np.isinf(knee) else bent / knee)
        return total


def thinness(user_artists: Csr) -> Floats:
    """How little is known of listeners: 1 / (1 + artists / 5), shape (n_users, 1), float32.

    Only artists that they are for: what they turned down does not make them regulars.
    """
    liked = np.concatenate([[0], np.cumsum(user_artists.data > 0)])
    known = np.diff(liked[user_artists.indptr]).astype(np.float32)
    thin: Floats = (1 / (1 + known / THIN_AT)).astype(np.float32)[:, None]
    return thin


def rarity(listeners: Any) -> Floats:
    """How few listen to items, or artists: 1 / (1 + listeners / 30), same shape, float32."""
    rare: Floats = (1 / (1 + np.asarray(listeners, np.float32) / np.float32(RARE_AT))).astype(
        np.float32
    )
    return rare


def bend(raw: Floats, knee: float) -> Floats:
    """One basis function of a curve, same shape, float32."""
    if np.isinf(knee):
        return raw
    bent: Floats = np.copysign(np.log1p(np.abs(raw) * np.float32(1 / knee)), raw)
    return bent


@dataclass(frozen=True, eq=False)
class Audience:
    """Who listens to the items of one axis.

    Parameters
    ----------
    rare : ndarray of shape (n_items,), float32
        See ``rarity``.
    cold : ndarray of shape (n_items,), bool
        Whether the artist has no listener at all.
    """

    rare: Floats
    cold: Bools

    @cached_property
    def cold_items(self) -> Ints:
        """Indices of the cold ones, usually few."""
        return np.flatnonzero(self.cold)


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

    def values(self, folded: Any, thin: Floats, audience: "Audience") -> Floats:
        """Log-odds of folded listeners on the model's own axis, (n_users, n_items), float32.

        Parameters
        ----------
        folded
            What the model's ``fold_in`` made of the listeners.
        thin : ndarray of shape (n_users, 1), float32
            How little is known of them.
        audience : Audience
            Of the items of that axis.
        """
        raw = self.model.score(folded)
        values = self.curve(raw, thin, audience.rare)
        if self.cold_curve is not None:
            cold = audience.cold_items
            values[:, cold] = self.cold_curve(raw[:, cold], thin, audience.rare[cold])
        return values

    def curve_of(self, *, cold: bool) -> Curve:
        """Return the curve that one item is judged by."""
        return self.cold_curve if cold and self.cold_curve is not None else self.curve
