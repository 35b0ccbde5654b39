"""Exploring by Thompson sampling: what is uncertain about a listener's taste gets its chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recsys.posterior import PLAIN_NOISE, UNSURE

if TYPE_CHECKING:
    from recsys.hybrid import HybridRecommender
    from recsys.part import Part
    from recsys.profile import Profile
    from recsys.types import Doubles, Floats, Ints

DRAWS = 256
"""Tastes drawn per listener; a propensity is a whole number of them over this."""
_POOL = 10
_LEAST_SPREAD = 0.01  # log-odds: less moves nothing, as where the blend gives the factors no weight


class Ensemble:
    """A fixed number of tastes drawn from what is known of one listener.

    The fold-in of the latent model, here or of a prior, is Bayesian linear regression, so the
    listener's factors given their evidence are normal with mean A^-1 Y'Cp and covariance s^2 A^-1
    (``ALS.posterior``); of the two the one draws that moves the scores more. A draw
    x changes the log-odds of item i by ``curve(x y_i) - curve(mean y_i)``: nothing where all is
    known, much where the listener is new or the item lies in a direction nobody asked about. The
    draws are the same for the same evidence (in one release: another may draw others) and a slot
    takes one of them by lot, so the chance that a slot shows an item is exactly the share of draws in
    which it is best: no estimate.

    References
    ----------
    Thompson, "On the likelihood that one unknown probability exceeds another", Biometrika 1933;
    Chapelle, Li, "An empirical evaluation of Thompson sampling", NIPS 2011, algorithm 1; linear
    payoffs: Agrawal, Goyal, "Thompson sampling for contextual bandits with linear payoffs",
    ICML 2013, section 2.3; a finite set of draws: Lu, Van Roy, "Ensemble sampling", NIPS 2017.

    Parameters
    ----------
    gains : ndarray of shape (n_draws, n_pool), float32
        What each draw adds to each candidate, log-odds; (0, n_pool) where no part has one.
    """

    def __init__(self, gains: Floats) -> None:
        self.gains = gains

    @classmethod
    def of(cls, model: HybridRecommender, profile: Profile, pool: Ints) -> Ensemble:
        """Draw the tastes of one listener for the candidates (items by index)."""
        nothing = np.zeros((0, len(pool)), np.float32)
        if not len(pool):
            return cls(nothing)
        artists, place = np.unique(model.catalogue.artist_of[pool], return_inverse=True)
        widest, spread = nothing, _LEAST_SPREAD
        for name in UNSURE:
            if (part := model.part(name)) is not None:
                gains = _gains(model, part, profile, artists.astype(np.int64)).take(place, axis=1)
                if (wide := float(gains.std(axis=0).mean())) > spread:
                    widest, spread = gains, wide
        return cls(widest)

    def choose(self, shown: Floats, rng: np.random.Generator) -> tuple[int, float, Doubles]:
        """Choose a candidate; return its place, what its draw added, and everybody's chances.

        Where no part knows how sure it is, or none has any weight, the lot falls by softmax over the
        best ten.

        Parameters
        ----------
        shown : ndarray of shape (n_pool,), float32
            What the list is ordered by; -inf where a candidate is taken.
        """
        if not len(self.gains):
            chance = softmax(shown)
            return int(rng.choice(len(shown), p=chance)), 0.0, chance
        best = self.best(shown)
        draw = int(rng.integers(len(best)))
        at = int(best[draw])
        chance = np.bincount(best, minlength=len(shown)) / len(best)
        return at, float(self.gains[draw, at]), chance

    def best(self, shown: Floats) -> Ints:
        """Best candidate of each draw, shape (n_draws,), int64."""
        found: Ints = np.argmax(self.gains + shown, axis=1)
        return found


def _gains(model: HybridRecommender, part: Part, profile: Profile, artists: Ints) -> Floats:
    latent: Any = part.model
    folded = profile.folded[model.parts.index(part)]
    factors = latent.item_factors_[artists]
    noise = model.taste_noise.get(part.name, PLAIN_NOISE)
    mean: Floats = folded @ factors.T
    moved = latent.posterior(profile.artists).moves(factors, DRAWS, noise=noise)
    audience = model.artist_audience
    rare, cold = audience.rare[artists], audience.cold[artists]
    gains: Floats = part.curve(mean + moved, profile.thin, rare) - part.curve(
        mean, profile.thin, rare
    )
    if part.cold_curve is not None:
        gains[:, cold] = part.cold_curve(
            (mean + moved)[:, cold], profile.thin, rare[cold]
        ) - part.cold_curve(mean[:, cold], profile.thin, rare[cold])
    return gains.astype(np.float32)


def softmax(shown: Floats) -> Doubles:
    """Chances proportional to the odds, over the best candidates left, shape (n_pool,)."""
    chance = np.zeros(len(shown))
    near = np.argsort(-shown, kind="stable")[:_POOL]
    near = near[np.isfinite(shown[near])]
    weight = np.exp((shown[near] - shown[near[0]]).astype(np.float64))
    chance[near] = weight / weight.sum()
    return chance
