"""How much each part counts: a logistic regression on held-out rows, shrunk towards priors."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from recsys.base import Model
from recsys.catalogue import Catalogue
from recsys.evidence import Level
from recsys.part import Curve
from recsys.types import Csr, Doubles, Ints


@dataclass(frozen=True, eq=False)
class Candidate:
    """A fitted model that has no curve yet."""

    name: str
    level: Level
    model: Model
    personal: bool


@dataclass(frozen=True)
class Blend:
    """Slopes in log-odds per bent raw score, by part name."""

    slopes: dict[str, float]
    bias: float
    n_positives: int = 0
    knees: dict[str, float] = field(default_factory=dict)

    def curve(self, part: Candidate) -> Curve:
        """The curve of one part; parts without a slope are silent."""
        return Curve(self.slopes.get(part.name, 0.0), KNEES.get(part.name, float("inf")))


KNEES = {"latent": 0.1, "track_latent": 0.1}
PRIORS = {
    "popularity": 0.6,
    "latent": 1.0,
    "neighbours": 1.0,
    "content": 3.0,
    "familiar": 1.0,
    "track_popularity": 0.3,
    "track_content": 2.0,
    "track_latent": 1.0,
    "track_neighbours": 1.0,
}
COLLABORATIVE = ("latent", "neighbours", "track_latent", "track_neighbours")


def prior_blend(n_users: int) -> Blend:
    """The weights before anything is learned; collaborative parts need listeners to be heard."""
    heard = n_users / (n_users + 10.0)
    slopes = {k: v * (heard if k in COLLABORATIVE else 1.0) for k, v in PRIORS.items()}
    return Blend(slopes, bias=-4.0)


def learn_blend(
    parts: Sequence[Candidate],
    catalogue: Catalogue,
    *,
    artists: Csr,
    items: Csr,
    wanted: Csr,
    by_artist: bool,
    most_users: int,
    seed: int,
) -> Blend:
    """Placeholder until the regression lands: the prior weights."""
    del parts, catalogue, items, wanted, by_artist, most_users, seed
    return prior_blend(artists.shape[0])
