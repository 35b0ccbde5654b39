"""How much each part counts: a logistic regression on held-out rows, shrunk towards priors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from recsys.base import Model
from recsys.catalogue import Catalogue
from recsys.evidence import Level
from recsys.part import Curve
from recsys.types import Csr, Doubles, Floats, Ints

# Raw score at which a curve starts to bend; chosen on the validation rows of a public set.
KNEES = {
    "latent": 1.0,
    "neighbours": 1.0,
    "closed_form": 1.0,
    "track_latent": 1.0,
    "track_neighbours": 1.0,
}
# Slopes before anything is learned, in log-odds per bent raw score; near what large data teaches.
PRIORS = {
    "popularity": 0.5,
    "latent": 3.0,
    "neighbours": 2.0,
    "closed_form": 3.0,
    "content": 3.0,
    "familiar": 1.0,
    "track_popularity": 0.3,
    "track_content": 3.0,
    "track_latent": 2.0,
    "track_neighbours": 2.0,
}
_PRIOR_BIAS = -2.0
_HEARD_AT = 10.0  # listeners at which a collaborative part reaches half of its prior slope
_PRIOR_POSITIVES = 300.0  # held-out rows that the priors are worth
_NEAR, _NEAR_PER_PART, _FAR = 60, 15, 50  # candidates per listener
_CELLS = 12_000_000


@dataclass(frozen=True, eq=False)
class Candidate:
    """A fitted model that has no curve yet."""

    name: str
    level: Level
    model: Model
    personal: bool

    @property
    def prior(self) -> Curve:
        """Its curve before anything is learned."""
        return Curve(PRIORS[self.name], KNEES.get(self.name, float("inf")))

    @property
    def is_collaborative(self) -> bool:
        """Whether it learns from other listeners what goes together."""
        return self.name in KNEES


@dataclass(frozen=True)
class Blend:
    """A curve per part name, the bias, and the number of held-out rows they were learned from."""

    curves: dict[str, Curve]
    bias: float
    n_positives: int = 0


@dataclass(frozen=True, eq=False)
class _Sample:
    """Labelled candidates: features (n, n_parts), label (n,), how many items each stands for, nearness."""

    features: Doubles
    label: Doubles
    stands_for: Doubles
    near: Doubles


def prior_blend(parts: Sequence[Candidate], n_users: int) -> Blend:
    """Weigh the parts before anything is learned; collaborative ones need listeners to be heard."""
    heard = n_users / (n_users + _HEARD_AT)
    curves = {
        part.name: Curve(
            part.prior.slope * (heard if part.is_collaborative else 1.0), part.prior.knee
        )
        for part in parts
    }
    return Blend(curves, _PRIOR_BIAS)


def learn_blend(
    parts: Sequence[Candidate],
    catalogue: Catalogue,
    *,
    artists: Csr,
    items: Csr,
    wanted: Csr,
    level: Level,
    most_users: int,
    seed: int,
) -> Blend:
    """Fit one slope per part on held-out rows among the candidates that matter.

    Parameters
    ----------
    parts : sequence of Candidate
        Fitted without the held-out rows.
    artists, items : csr_array of shape (n_users, n_artists) and (n_users, n_items)
        Confidence without the held-out rows.
    wanted : csr_array of shape (n_users, n_items or n_artists, by ``level``)
        Held-out confidence; what is > 0 is a positive.
    level : Level
        The axis of ``wanted``. At the artist level the item parts keep their prior slopes.

    Notes
    -----
    Slopes are never negative: a part that the regression would turn around is taken out and the
    others are fitted again. The learned slopes count n / (n + 300), with n held-out rows, the
    priors the rest. The bias is then set so that the mean probability over the whole catalogue is
    the share of held-out positives.
    """
    prior = prior_blend(parts, int((np.diff(artists.indptr) > 0).sum()))
    judged = [p for p in parts if level == Level.ITEM or p.level == Level.ARTIST]
    known = items if level == Level.ITEM else artists
    sampler = _Sampler(judged, prior, catalogue, level, np.random.default_rng(seed))
    sample = sampler.draw(artists, items, known, wanted, most_users)
    n_positives = int(sample.label.sum())
    if n_positives == 0:
        return prior
    trust = n_positives / (n_positives + _PRIOR_POSITIVES)
    learned = _non_negative(sample)
    curves = dict(prior.curves)
    for part, slope in zip(judged, learned, strict=True):
        before = curves[part.name]
        curves[part.name] = Curve(trust * float(slope) + (1 - trust) * before.slope, before.knee)
    slopes = np.array([curves[part.name].slope for part in judged])
    return Blend(curves, _calibrated(sample, sample.features @ slopes), n_positives)


class _Sampler:
    def __init__(
        self,
        parts: Sequence[Candidate],
        prior: Blend,
        catalogue: Catalogue,
        level: Level,
        rng: np.random.Generator,
    ) -> None:
        self.parts, self.catalogue, self.level, self.rng = parts, catalogue, level, rng
        self.bends = [Curve(1.0, part.prior.knee) for part in parts]
        self.slopes = np.array([prior.curves[part.name].slope for part in parts], np.float32)
        self.n = catalogue.n_items if level == Level.ITEM else catalogue.n_artists

    def draw(self, artists: Csr, items: Csr, known: Csr, wanted: Csr, most: int) -> _Sample:
        positive = wanted.copy()
        positive.data = np.where(positive.data > 0, positive.data, 0)
        positive.eliminate_zeros()
        users = np.flatnonzero(np.diff(positive.indptr) > 0)
        if len(users) > most:
            users = np.sort(self.rng.choice(users, most, replace=False))
        found: list[tuple[Doubles, Doubles, Doubles, Doubles]] = []
        step = max(1, _CELLS // max(self.n * len(self.parts), 1))
        for start in range(0, len(users), step):
            chunk = users[start : start + step]
            bent = self._bent(artists[chunk], items[chunk])
            for row, user in enumerate(chunk):
                found.append(
                    self._candidates(bent[:, row], _row(known, user), _row(positive, user))
                )
        if not found:
            return _Sample(np.zeros((0, len(self.parts))), np.zeros(0), np.zeros(0), np.zeros(0))
        return _Sample(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def _bent(self, artists: Csr, items: Csr) -> Floats:
        layers = []
        for part, bend in zip(self.parts, self.bends, strict=True):
            at_artists = part.level == Level.ARTIST
            values = bend(part.model.score(part.model.fold_in(artists if at_artists else items)))
            down = at_artists and self.level == Level.ITEM and not self.catalogue.is_flat
            layers.append(values[:, self.catalogue.artist_of] if down else values)
        return np.stack(layers)

    def _candidates(
        self, bent: Floats, known: Ints, wanted: Ints
    ) -> tuple[Doubles, Doubles, Doubles, Doubles]:
        """Choose near candidates by their features alone, so that the regression is unbiased.

        The far ones (all held-out positives among them, and a sample of the others) only serve the
        calibration of the bias.
        """
        free = np.ones(self.n, np.bool_)
        free[known] = False
        positive = np.zeros(self.n, np.bool_)
        positive[wanted] = True
        pool = np.flatnonzero(free)
        for values, depth in (
            (self.slopes @ bent, _NEAR),
            *((layer, _NEAR_PER_PART) for layer in bent),
        ):
            free[_largest(values, pool, depth)] = False
        chosen = pool[~free[pool]]
        far = pool[free[pool]]
        missed, others = far[positive[far]], far[~positive[far]]
        sampled = self.rng.choice(others, min(_FAR, len(others)), replace=False)
        every = np.concatenate([chosen, missed, sampled])
        stands_for = np.ones(len(every))
        stands_for[len(chosen) + len(missed) :] = len(others) / max(len(sampled), 1)
        near = (np.arange(len(every)) < len(chosen)).astype(np.float64)
        return bent[:, every].T.astype(np.float64), positive[every] * 1.0, stands_for, near


def _largest(values: Floats, pool: Ints, depth: int) -> Ints:
    if depth >= len(pool):
        return pool
    return pool[np.argpartition(-values[pool], depth)[:depth]]


def _row(matrix: Csr, user: int) -> Ints:
    return matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]].astype(np.int64)


def _non_negative(sample: _Sample) -> Doubles:
    """Fit slopes >= 0 by dropping the most negative one until none is left."""
    near = sample.near > 0
    features, label = sample.features[near], sample.label[near]
    if label.min(initial=1) == label.max(initial=0):
        return np.zeros(sample.features.shape[1])
    spread = features.std(axis=0)
    active = list(np.flatnonzero(spread > 1e-9))
    slopes = np.zeros(features.shape[1])
    while active:
        scaled = features[:, active] / spread[active]
        model = LogisticRegression(C=1.0, max_iter=200).fit(scaled, label)
        fitted = np.asarray(model.coef_, np.float64).ravel()
        if fitted.min() >= 0:
            slopes[active] = fitted / spread[active]
            break
        active.pop(int(fitted.argmin()))
    return slopes


def _calibrated(sample: _Sample, total: Doubles) -> float:
    """Find the bias at which the expected number of positives is the observed one (bisection)."""
    low, high = -40.0, 40.0
    wanted = float(sample.label.sum())
    for _ in range(60):
        middle = (low + high) / 2
        chance = 1 / (1 + np.exp(-np.clip(total + middle, -50, 50)))
        low, high = (low, middle) if float(chance @ sample.stands_for) > wanted else (middle, high)
    return (low + high) / 2
