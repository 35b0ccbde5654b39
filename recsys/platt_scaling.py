"""From scores that rank to log-odds of a like, learned on labelled candidates."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from recsys.link import PLAIN, Link
from recsys.ranking_sample import Sample
from recsys.types import Bools, Doubles

_WORTH = 30.0  # held-out rows that what is known in advance is worth
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
    label, thin = sample.label, sample.thin.astype(np.float64)
    if not sample.n_positives or label.all():
        return _UNKNOWN
    one, weight = np.ones(len(score)), sample.stands_for
    by_thin = np.stack([score, score * thin, one, thin])
    first = _logistic(by_thin, label, weight, np.zeros(len(score)))
    scale = float(first[0] + first[1] * np.median(thin))
    if scale <= 0:
        return _UNKNOWN
    bias, thin_bias = _logistic(np.stack([one, thin]), label, weight, scale * score)
    link = _link(scale * score + bias + thin_bias * thin, label, weight)
    trust = _trust(sample.n_positives)
    return Scaling(scale**trust, trust * bias + (1 - trust) * _PRIOR_BIAS, trust * thin_bias, link)


def scaling_of_cold(score: Doubles, sample: Sample, thin_bias: float) -> Scaling:
    """Scale and bias of what nobody has heard; thinness moves it as it moves the others.

    Parameters
    ----------
    score : ndarray of shape (n_rows,)
        Of all rows of the sample; only the cold ones are read.
    """
    rows = sample.cold
    label, n_wanted = sample.label[rows], int(sample.label[rows].sum())
    if not n_wanted or label.all():
        return _UNKNOWN
    columns = np.stack([score[rows], np.ones(len(label))])
    offset = thin_bias * sample.thin[rows].astype(np.float64)
    scale, bias = _logistic(columns, label, sample.stands_for[rows], offset)
    trust = _trust(n_wanted)
    if scale <= 0:
        return _UNKNOWN
    return Scaling(scale**trust, trust * bias + (1 - trust) * _PRIOR_BIAS)


def _trust(n_positives: int) -> float:
    return n_positives / (n_positives + _WORTH)


def _logistic(columns: Doubles, label: Bools, weight: Doubles, offset: Doubles) -> Doubles:
    """Fit coefficients of shape (n_columns,) for columns of shape (n_columns, n_rows), unpenalised.

    ``offset`` is a part of the log-odds that stays as it is.
    """
    wanted, share = label.astype(np.float64), weight / weight.sum()

    def loss(coefficients: Doubles) -> tuple[float, Doubles]:
        odds = coefficients @ columns + offset
        value = share @ (np.logaddexp(0, odds) - wanted * odds)
        return float(value), columns @ (share * (expit(odds) - wanted))

    def curvature(coefficients: Doubles) -> Doubles:
        chance = expit(coefficients @ columns + offset)
        bent: Doubles = (columns * (share * chance * (1 - chance))) @ columns.T
        return bent

    start = np.zeros(len(columns))
    found = minimize(loss, start, jac=True, hess=curvature, method="trust-exact")
    learned: Doubles = np.asarray(found.x, np.float64)
    return learned


def _link(odds: Doubles, label: Bools, weight: Doubles) -> Link:
    """Fit the slopes between knees, each drawn towards 1 as by ``_WORTH`` wanted rows.

    The rows are counted in narrow bins first: their order within one changes nothing that shows.
    """
    knees = np.unique(np.quantile(odds[label], _KNEES))
    edges = np.linspace(odds.min(), odds.max(), _BINS + 1)
    place = np.clip(np.searchsorted(edges, odds, side="right") - 1, 0, _BINS - 1)
    every = np.bincount(place, weight, _BINS)
    full = every > 0
    wanted = np.bincount(place, weight * label, _BINS)[full]
    at = (np.bincount(place, weight * odds, _BINS)[full]) / every[full]
    columns = _between(at, knees)

    def loss(values: Doubles) -> tuple[float, Doubles]:
        slopes, shift = values[:-1], values[-1]
        linked = slopes @ columns + shift
        gap = slopes - 1
        value = every[full] @ np.logaddexp(0, linked) - wanted @ linked + _WORTH * (gap @ gap)
        missed = every[full] * expit(linked) - wanted
        slope = np.append(columns @ missed + 2 * _WORTH * gap, missed.sum())
        return float(value), slope

    start = np.append(np.ones(len(columns)), 0.0)
    bounds = [(_LEAST_SLOPE, None)] * len(columns) + [(None, None)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    *slopes, shift = (float(one) for one in found.x)
    return Link(tuple(float(one) for one in knees), tuple(slopes), shift)


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
