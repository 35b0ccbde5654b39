"""What a training is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from recsys.interactions import Weighing

OUTGROWN = 1.5
"""Growth (or loss) of the data after which settings are chosen anew."""
TUNED = ("latent", "closed_form", "track_latent", "track_closed_form")
"""Models whose settings are chosen where the config names none."""


@dataclass(frozen=True)
class Config:
    """Settings of a training; the defaults were chosen on validation data.

    Parameters
    ----------
    n_factors : int or None
        Factors of the latent models; None lets the number of listeners decide (8 to 128).
    latent, closed_form, track_latent, track_closed_form : mapping
        Further keywords of ``ALS`` and ``EASE``.
    tune : bool
        Choose those on held-out rows where they are empty.
    tuned_on : int
        Interactions that the settings were chosen on, where they were taken over.
    parts : tuple of str or None
        The only parts to build; None builds the default ones that the data supports.
    learn_weights : bool
        Learn the blend on a holdout; otherwise the prior weights are used.
    least_shared_items : int
        Items with two listeners or more that must exist before item-level collaborative models run.
    validation_users : int
        Most listeners whose held-out rows teach the blend.
    plenty : int
        Rows from which on the models are fitted once, without at most 2 % of the rows, and kept (see
        ``holdout.set_aside``); of fewer they are fitted anew, on all.
    random_state : int
    """

    weighing: Weighing = field(default_factory=Weighing)
    n_factors: int | None = None
    latent: Mapping[str, Any] = field(default_factory=dict)
    closed_form: Mapping[str, Any] = field(default_factory=dict)
    track_latent: Mapping[str, Any] = field(default_factory=dict)
    track_closed_form: Mapping[str, Any] = field(default_factory=dict)
    tune: bool = True
    tuned_on: int = 0
    parts: tuple[str, ...] | None = None
    learn_weights: bool = True
    least_shared_items: int = 50
    validation_users: int = 1500
    plenty: int = 500_000
    random_state: int = 0

    def tuned_as(self, info: Mapping[str, Any], *, n_interactions: int) -> "Config":
        """Take over what an earlier training found out, unless the data has outgrown it.

        Settings are to be chosen rarely: they move little while the data grows by half, and choosing
        costs a good part of a training. Settings that this config names stay as they are; where the
        earlier ones differ from them, all is chosen anew, as the blend was made for those.

        Parameters
        ----------
        info : mapping
            ``HybridRecommender.info`` of the earlier training.
        n_interactions : int
            Size of the present data.
        """
        settings = info.get("settings")
        tuned_on = info.get("tuned_on", 0)
        if not settings or not tuned_on / OUTGROWN <= n_interactions <= OUTGROWN * tuned_on:
            return self
        earlier = {name: settings.get(name, {}) for name in TUNED}
        if any(own and own != earlier[name] for name, own in self.settings.items()):
            return self
        return replace(self, **earlier, tune=False, tuned_on=tuned_on)

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """Settings of the models that can be tuned, by name."""
        return {name: dict(getattr(self, name)) for name in TUNED}

    def factors(self, n_users: int) -> int:
        """Return how many factors the latent models get with so many listeners."""
        return self.n_factors or int(np.clip(n_users // 8, 8, 128))
