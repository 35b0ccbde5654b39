"""What somebody is shown of whom nothing is known: what is popular here, or else in general."""

from dataclasses import replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from recsys.evidence import Evidence
from recsys.hybrid import HybridRecommender
from recsys.interactions import n_listeners
from recsys.part import Part
from recsys.types import Csr, Doubles

_WIDE = 60.0  # log-odds
_HALF = 30.0  # listeners who count as much as what is known in general


def with_strangers(model: HybridRecommender, artists: Csr, items: Csr) -> HybridRecommender:
    """Give the parts that say the same to everybody slopes of their own for a stranger, and a bias.

    Whoever is known a little is judged by what they like; fame is then what remains to be said, and
    may well speak against an artist. Of a stranger it is all there is. With n listeners its log-odds
    here (raw scores of popularity, of artists and of tracks by half) count n / (n + 30) and those of
    renown elsewhere the rest; the bias is such that as many likes are expected of the catalogue as a
    listener has items (without any listener it stays that of newcomers).

    Parameters
    ----------
    model : HybridRecommender
        As it was trained; without popularity, here or elsewhere, it stays as it is.
    artists, items : csr_array of shape (n_users, n_artists) and (n_users, n_items)
        What it was trained on.
    """
    n_users = n_listeners(artists)
    slopes = _slopes(model, n_users)
    if not any(slopes.values()):
        return model
    start = model.bias + model.thin_bias
    model = replace(
        model,
        parts=tuple(_for_strangers(part, slopes.get(part.name, 0.0)) for part in model.parts),
        stranger_bias=start,
    )
    if not n_users:
        return model
    score = model.score(model.fold_in(Evidence.empty())).total.astype(np.float64)
    held = items if items.nnz else artists
    wanted = min((held.data > 0).sum() / n_listeners(held), 0.5 * len(score))
    return replace(model, stranger_bias=start + _offset(model, score, wanted))


def _for_strangers(part: Part, slope: float) -> Part:
    if part.personal:
        return part
    slopes = (slope, *(0.0,) * (len(part.curve.slopes) - 1))
    curve, cold = part.curve, part.cold_curve
    return replace(
        part,
        curve=replace(curve, stranger_slopes=slopes),
        cold_curve=None if cold is None else replace(cold, stranger_slopes=slopes),
    )


def _slopes(model: HybridRecommender, n_users: int) -> dict[str, float]:
    names = {part.name for part in model.parts}
    if "popularity" not in names:
        return {}
    elsewhere = next((one for one in ("background_renown", "renown") if one in names), None)
    here = n_users / (n_users + _HALF) if elsewhere or not n_users else 1.0
    slopes = {"popularity": here}
    if elsewhere is not None:
        slopes[elsewhere] = 1 - here
    if "track_popularity" in names:
        slopes |= {"popularity": here / 2, "track_popularity": here / 2}
    return slopes


def _offset(model: HybridRecommender, score: Doubles, wanted: float) -> float:
    """Find what to add to all scores so that so many likes are expected of them."""

    def too_many(c: float) -> float:
        return float(expit(model.link.odds(score + c)).sum()) - wanted

    if too_many(-_WIDE) > 0 or too_many(_WIDE) < 0:
        return 0.0
    return float(brentq(too_many, -_WIDE, _WIDE))
