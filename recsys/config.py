"""What a training is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recsys.interactions import Weighing


@dataclass(frozen=True)
class Config:
    """Settings of a training; the defaults were chosen on validation data.

    Parameters
    ----------
    n_factors : int or None
        Factors of the latent models; None lets the number of listeners decide (8 to 128).
    latent, closed_form, track_latent, track_closed_form : mapping
        Further keywords of ``ALS`` and ``EASE``; the first two are tuned where they are empty.
    parts : tuple of str or None
        The only parts to build; None builds the default ones that the data supports.
    learn_weights : bool
        Learn the blend on a holdout; otherwise the prior weights are used.
    least_shared_items : int
        Items with two listeners or more that must exist before item-level collaborative models run.
    validation_users : int
        Most listeners whose held-out rows teach the blend.
    random_state : int
    """

    weighing: Weighing = field(default_factory=Weighing)
    n_factors: int | None = None
    latent: Mapping[str, Any] = field(default_factory=dict)
    closed_form: Mapping[str, Any] = field(default_factory=dict)
    track_latent: Mapping[str, Any] = field(default_factory=dict)
    track_closed_form: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[str, ...] | None = None
    learn_weights: bool = True
    least_shared_items: int = 500
    validation_users: int = 1500
    random_state: int = 0

    def factors(self, n_users: int) -> int:
        """Return how many factors the latent models get with so many listeners."""
        return self.n_factors or int(np.clip(n_users // 8, 8, 128))
