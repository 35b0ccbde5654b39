"""How much each part counts: learned on held-out rows, shrunk towards what is known in advance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from recsys.climbing import Lists, ascend
from recsys.link import PLAIN, Link
from recsys.part import Curve
from recsys.platt_scaling import Scaling, scaling, scaling_of_cold
from recsys.ranking_sample import Sample
from recsys.recipe import Candidate
from recsys.regimes import Regimes
from recsys.types import Doubles, Ints

_SHRINKAGE = 30.0  # held-out rows that a prior slope is worth
_TOLD = 300.0  # and one that thousands of rows elsewhere taught; chosen on validation rows
_LEAST_POSITIVES = 500  # held-out rows from which on NDCG itself is climbed
_LEAST_TOLD = 10_000  # the same beside a prior: what was learned there is better than a short climb
_SAME = 5e-4  # NDCG@10 that is no reason to say less of artists nobody has heard than came
_LOWER = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)  # log-odds


@dataclass(frozen=True)
class Blend:
    """A curve per part name, the bias, and the number of held-out rows they were learned from.

    ``thin_bias`` is added times how little is known of the listener (``part.thinness``): of a
    newcomer more is still to be found. ``link`` makes log-odds of the sum.
    """

    curves: dict[str, Curve]
    bias: float
    n_positives: int = 0
    thin_bias: float = 0.0
    link: Link = PLAIN


def learn_blend(
    parts: Sequence[Candidate], sample: Sample, n_users: int, *, rising: bool = False
) -> Blend:
    """Learn the curves in three steps, each on the same candidates of held-out listeners.

    Every basis function stands three times, for a regular's and a newcomer's list of what is heard,
    and for what hardly anybody has heard (see ``Curve``), so that each is weighed by what suits it.

    1. Listwise likelihood: maximise ``sum_u sum_{i wanted} log softmax_i(score)`` over the slopes,
       minus ``shrinkage * |slope - prior|^2`` with slopes per standard deviation; this is convex.
    2. Coordinate ascent on NDCG@10 itself, where there are enough held-out rows to trust it; the
       mean of climbs on random halves of the listeners.
    3. Platt scaling with knees, so that the score tells the log-odds of an item being to the
       listener's taste (``platt_scaling``).

    Parameters
    ----------
    parts : sequence of Candidate
        In the order of the sample's columns.
    sample : Sample
    n_users : int
        Listeners behind the parts; decides the prior slopes.
    rising : bool
        Whether no personal part may speak against an item the more it has.

    References
    ----------
    Cao et al., "Learning to rank: from pairwise approach to listwise approach", ICML 2007, eq. 4.
    """
    measured = _spread(parts, sample)
    spread = np.where(measured > 1e-9, measured, 1.0)
    columns = Regimes.of(sample, spread)
    prior, lower = _prior(parts, n_users, sample, rising=rising)
    told = any(part.told is not None for part in parts)
    slopes = _listwise(columns, sample, prior, lower, _TOLD if told else _SHRINKAGE)
    if sample.n_positives >= (_LEAST_TOLD if told else _LEAST_POSITIVES):
        slopes = ascend(columns, sample, slopes, lower)
    found = scaling(columns.score(slopes), sample)
    by_regime = found.scale * slopes.reshape(3, -1) / spread
    curves = _curves(parts, sample, by_regime)
    return Blend(curves, found.bias, sample.n_positives, found.thin_bias, found.link)


def _spread(parts: Sequence[Candidate], sample: Sample) -> Doubles:
    """Measure the standard deviation of each column, never below what its part is known to have."""
    least = np.array([parts[k].kind.least_spread for k in sample.part_of], np.float64)
    measured: Doubles = np.maximum(sample.spread, least)
    return measured


def _prior(
    parts: Sequence[Candidate], n_users: int, sample: Sample, *, rising: bool
) -> tuple[Doubles, Doubles]:
    """Prior slopes per standard deviation and their bounds, one after another for the three regimes."""
    prior = np.zeros((3, sample.columns.shape[1]))
    lower = np.zeros((3, sample.columns.shape[1]))
    spread = _spread(parts, sample)
    for k, part in enumerate(parts):
        own = np.flatnonzero(sample.part_of == k)
        first = own[0]
        if part.told is None:
            prior[:, first] = part.kind.trust(n_users)
        else:
            prior[:, first] = np.multiply(part.told.raw, spread[first]) + part.told.spread
        free = part.kind.signed and not (rising and part.kind.personal)
        lower[:, own] = -np.inf if free else 0.0
    prior[:, spread <= 1e-9] = 0.0
    return prior.ravel(), lower.ravel()


def _listwise(
    columns: Regimes, sample: Sample, prior: Doubles, lower: Doubles, shrinkage: float
) -> Doubles:
    if not sample.n_positives:
        return prior
    near = sample.near
    x, wanted, user = columns.where(near), sample.label[near], sample.user[near]
    starts = np.flatnonzero(np.concatenate([[True], user[1:] != user[:-1]]))
    segment = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(user))))
    n_wanted = np.add.reduceat(wanted.astype(np.float64), starts)
    gained = x.gathered(wanted.astype(np.float64))

    def loss(slopes: Doubles) -> tuple[float, Doubles]:
        score = x.score(slopes)
        top = np.maximum.reduceat(score, starts)
        grown = np.exp(score - top[segment])
        total = np.add.reduceat(grown, starts)
        log_total = top + np.log(total)
        gap = slopes - prior
        value = float(n_wanted @ log_total - gained @ slopes + shrinkage * (gap @ gap))
        slope = x.gathered(grown * (n_wanted / total)[segment]) - gained + 2 * shrinkage * gap
        return value, slope

    bounds = [(low if np.isfinite(low) else None, None) for low in lower]
    found = minimize(loss, np.maximum(prior, lower), jac=True, method="L-BFGS-B", bounds=bounds)
    learned: Doubles = np.asarray(found.x, np.float64)
    return learned


def reached(blend: Blend, parts: Sequence[Candidate], sample: Sample) -> tuple[Ints, Doubles]:
    """Return the listeners of a sample, ascending, and NDCG@10 of the blend's list for each."""
    listeners = np.unique(sample.user[sample.near])
    lists = Lists.of(sample, listeners)
    return listeners, lists.ndcg_each(lists.laid_out(_total(blend.curves, parts, sample)))


def on_one_scale(
    blend: Blend, curves: Mapping[str, Curve], parts: Sequence[Candidate], sample: Sample
) -> Blend:
    """Place the artists that nobody has heard among the others.

    The artists that played the new ones were chosen for having listeners, so they are wanted more
    often than artists that really nobody has heard. Platt scaling on the cold candidates brings
    them onto the same scale; the bias is then lowered as far as NDCG@10 of the whole lists gains
    by it, and no further, for it is a chance as well.

    Parameters
    ----------
    blend : Blend
        Of the artists with listeners.
    curves : mapping of str to Curve
        Of those without, by name of the part.
    parts : sequence of Candidate
        In the order of the sample's columns.
    sample : Sample
        Drawn with the whole catalogue as candidates.
    """
    rows = sample.cold
    n_wanted = int(sample.label[rows].sum())
    total = _total(curves, parts, sample)
    found = scaling_of_cold(total, sample, Scaling(1, blend.bias, blend.thin_bias, blend.link))
    scale, bias = found.scale, found.bias
    warm = _total(blend.curves, parts, sample) + blend.bias
    lists = Lists.of(sample, np.unique(sample.user[sample.near]))
    at = [
        lists.ndcg(lists.laid_out(np.where(rows, scale * total + bias - lower, warm)))
        for lower in _LOWER
    ]
    lowest = min(lower for lower, one in zip(_LOWER, at, strict=True) if one >= max(at) - _SAME)
    scaled = {name: curve.times(scale) for name, curve in curves.items()}
    return Blend(scaled, bias - lowest, n_wanted, blend.thin_bias, blend.link)


def _total(curves: Mapping[str, Curve], parts: Sequence[Candidate], sample: Sample) -> Doubles:
    total = np.zeros(len(sample.label))
    for raw, part in zip(sample.raw, parts, strict=True):
        total += curves[part.name](raw, sample.thin, sample.rare[:, part.kind.level])
    return total


def _curves(parts: Sequence[Candidate], sample: Sample, slopes: Doubles) -> dict[str, Curve]:
    """Make curves of slopes of shape (3, n_columns): regulars, newcomers, what nobody has heard."""
    curves = {}
    for k, part in enumerate(parts):
        own = np.flatnonzero(sample.part_of == k)
        curves[part.name] = Curve(
            slopes=tuple(float(slopes[0, c]) for c in own),
            knees=tuple(float(sample.knees[c]) for c in own),
            thin_slopes=tuple(float(slopes[1, c] - slopes[0, c]) for c in own),
            rare_slopes=tuple(float(slopes[2, c]) for c in own),
        )
    return curves
