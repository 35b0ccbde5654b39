"""From scores that rank to log-odds of a like, learned on labelled candidates."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from recsys.link import PLAIN, Link
from recsys.ranking_sample import Sample
from recsys.types import Bools, Doubles

_WORTH = 30.0  # held-out rows that what is known in advance is worth, ...
_BENT = 100.0  # ... that there is no knee, for folds repeat the same listeners, ...
_THIN = 0.3  # ... and that thinness says nothing, where all listeners are alike in it
_PRIOR_BIAS = -4.0
_KNEES = (0.25, 0.5, 0.75, 0.9)  # of the scores of what was wanted
_LEAST_SLOPE = 0.05  # a higher score is never less probable
_BINS = 2_000


@dataclass(frozen=True)
class Scaling:
    """``log-odds = link(scale * score + bias + thin_bias * thinness)``."""

    scale: float
    bias: float
    thin_bias: float = 0.0
    link: Link = PLAIN


_UNKNOWN = Scaling(1.0, _PRIOR_BIAS)


def scaling(score: Doubles, sample: Sample) -> Scaling:
    """Fit a line through the scores, then the knees that it needs at its upper end.

    Of a newcomer most is still to be found, of a regular a small part: one line through both would
    be too flat for either, so the bias moves with thinness. The scale is that of a listener in the
    middle, among whom most are. Without both labels the score is left as it is.

    Parameters
    ----------
    score : ndarray of shape (n_rows,)
    sample : Sample

    References
    ----------
    Platt, "Probabilistic outputs for support vector machines", 1999; with knees: Friedman,
    Silverman, "Flexible parsimonious smoothing and additive modeling", Technometrics 1989,
    section 2.
    """
    label, weight = sample.label, sample.stands_for
    if not sample.n_positives or label.all():
        return _UNKNOWN
    usual = float(np.median(sample.thin))
    one, thin = np.ones(len(score)), sample.thin.astype(np.float64) - usual
    spread = float(score.std()) or 1.0
    by_thin = np.stack([score, score * thin, one, thin])
    ridge = _THIN * np.array([0, spread**2, 0, 1])
    scale, *_ = _logistic(by_thin, label, weight, np.zeros(len(score)), ridge)
    if scale <= 0:
        return _UNKNOWN
    bias, more = _logistic(np.stack([one, thin]), label, weight, scale * score, ridge[2:])
    trust = _trust(sample.n_positives)
    scale, more = float(scale**trust), float(trust * more)
    bias = float(trust * bias + (1 - trust) * _PRIOR_BIAS)
    link = _link(scale * score + bias + more * thin, label, weight)
    return Scaling(scale, bias - more * usual, more, link)


def scaling_of_cold(score: Doubles, sample: Sample, warm: Scaling) -> Scaling:
    """Scale and bias of what nobody has heard; thinness and link are those of the others.

    Parameters
    ----------
    score : ndarray of shape (n_rows,)
        Of all rows of the sample; only the cold ones are read.
    warm : Scaling
        Of what has listeners.
    """
    rows = sample.cold
    label, n_wanted = sample.label[rows], int(sample.label[rows].sum())
    unknown = replace(warm, scale=1.0, bias=_PRIOR_BIAS)
    if not n_wanted or label.all():
        return unknown
    cold, weight = score[rows], sample.stands_for[rows]
    columns = np.stack([cold, np.ones(len(label))])
    offset = cold + warm.thin_bias * sample.thin[rows].astype(np.float64)
    ridge = np.array([_WORTH * float(cold.std()) ** 2, 0])  # it is near log-odds as it comes
    more, bias = _logistic(columns, label, weight, offset, ridge, link=warm.link)
    if more <= -1:
        return unknown
    trust = _trust(n_wanted)
    bias = float(trust * bias + (1 - trust) * _PRIOR_BIAS)
    return replace(warm, scale=float(1 + more), bias=bias)


def _trust(n_positives: int) -> float:
    return n_positives / (n_positives + _WORTH)


def _logistic(
    columns: Doubles,
    label: Bools,
    weight: Doubles,
    offset: Doubles,
    ridge: Doubles,
    *,
    link: Link = PLAIN,
) -> Doubles:
    """Fit coefficients of shape (n_columns,) for columns of shape (n_columns, n_rows).

    ``offset`` is a part of the score that stays as it is; ``ridge`` draws each coefficient towards 0
    as by so many wanted rows. Losses are counted per wanted row: likes are rare, and per row they
    would be so small that the search ended where it began. By Fisher scoring.
    """
    n_wanted = float(weight @ label)
    wanted, share, ridge = label.astype(np.float64), weight / n_wanted, ridge / n_wanted

    def loss(coefficients: Doubles) -> tuple[float, Doubles]:
        score = coefficients @ columns + offset
        odds = link.odds(score)
        value = share @ (np.logaddexp(0, odds) - wanted * odds) + ridge @ coefficients**2
        missed = share * (expit(odds) - wanted) * link.slope(score)
        return float(value), columns @ missed + 2 * ridge * coefficients

    def curvature(coefficients: Doubles) -> Doubles:
        score = coefficients @ columns + offset
        chance = expit(link.odds(score))
        size = share * chance * (1 - chance) * link.slope(score) ** 2
        bent: Doubles = (columns * size) @ columns.T + 2 * np.diag(ridge)
        return bent

    start = np.zeros(len(columns))
    try:
        found = minimize(loss, start, jac=True, hess=curvature, method="trust-exact")
    except (ValueError, np.linalg.LinAlgError):  # a line parts the labels: no curvature is left
        found = minimize(loss, start, jac=True, method="L-BFGS-B")
    learned: Doubles = np.asarray(found.x, np.float64)
    return learned


def _link(odds: Doubles, label: Bools, weight: Doubles) -> Link:
    """Fit the slopes between knees, each drawn towards 1, and the height at the middle one.

    Above all that was wanted here nothing shows how far a line would hold, so it is all but level there:
    a chance is never much surer than any that has come true.

    The rows are counted in narrow bins first: their order within one changes nothing that shows.
    """
    knees = np.unique(np.quantile(odds[label], _KNEES))
    middle = knees[[len(knees) // 2]]
    edges = np.linspace(odds.min(), odds.max(), _BINS + 1)
    place = np.clip(np.searchsorted(edges, odds, side="right") - 1, 0, _BINS - 1)
    every = np.bincount(place, weight, _BINS)
    full = every > 0
    wanted = np.bincount(place, weight * label, _BINS)[full]
    at = np.bincount(place, weight * odds, _BINS)[full] / every[full]
    every = every[full]
    start = _between(middle, knees)
    columns = np.concatenate([_between(at, knees) - start, np.ones((1, len(at)))])
    plain = np.append(np.ones(len(knees) + 1), middle)  # that is: the odds as they are

    def loss(values: Doubles) -> tuple[float, Doubles]:
        linked, gap = values @ columns, values - plain
        value = every @ np.logaddexp(0, linked) - wanted @ linked + _BENT * (gap @ gap)
        return float(value), columns @ (every * expit(linked) - wanted) + 2 * _BENT * gap

    bounds = [(_LEAST_SLOPE, None)] * (len(knees) + 1) + [(None, None)]
    found = minimize(loss, plain, jac=True, method="L-BFGS-B", bounds=bounds)
    slopes, height = found.x[:-1], found.x[-1]
    shift = float(height - slopes @ start[:, 0])
    top = float(odds[label].max())
    if top > knees[-1]:
        knees, slopes = np.append(knees, top), np.append(slopes, _LEAST_SLOPE)
    return Link(tuple(map(float, knees)), tuple(map(float, slopes)), shift)


def _between(odds: Doubles, knees: Doubles) -> Doubles:
    """How far each value goes through each piece of the line, shape (n_knees + 1, n_rows).

    The first piece starts at 0, so that the slopes are those of ``Link``.
    """
    pieces = [np.minimum(odds, knees[0])]
    pieces += [
        np.clip(odds, low, high) - low
        for low, high in zip(knees, [*knees[1:], np.inf], strict=True)
    ]
    return np.stack(pieces)
