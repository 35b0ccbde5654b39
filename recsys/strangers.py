"""What somebody is shown of whom nothing is known: what is popular here, or else in general."""

from dataclasses import replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from recsys.evidence import Evidence
from recsys.hybrid import HybridRecommender
from recsys.interactions import n_listeners
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
    n_users = n_listeners(items) or n_listeners(artists)
    slopes = _slopes(model, n_users)
    if not any(slopes.values()):
        return model
    strange = {
        part.name: (slopes.get(part.name, 0.0), *(0.0,) * (len(part.curve.slopes) - 1))
        for part in model.parts
        if not part.personal
    }
    parts = tuple(
        replace(
            part,
            curve=replace(part.curve, stranger_slopes=strange[part.name]),
            cold_curve=None
            if part.cold_curve is None
            else replace(part.cold_curve, stranger_slopes=strange[part.name]),
        )
        if part.name in strange
        else part
        for part in model.parts
    )
    if not n_users:
        return replace(model, parts=parts, stranger_bias=model.bias + model.thin_bias)
    model = replace(model, parts=parts, stranger_bias=0.0)
    score = model.score(model.fold_in(Evidence.empty())).total.astype(np.float64)
    wanted = max(items.nnz, artists.nnz if not items.nnz else 0) / n_users
    return replace(model, stranger_bias=_bias(model, score, min(wanted, 0.5 * len(score))))


def _slopes(model: HybridRecommender, n_users: int) -> dict[str, float]:
    names = {part.name for part in model.parts}
    if "popularity" not in names:
        return {}
    elsewhere = next((one for one in ("background_renown", "renown") if one in names), None)
    here = n_users / (n_users + _HALF) if elsewhere or not n_users else 1.0
    slopes = (
        {"popularity": here} if elsewhere is None else {"popularity": here, elsewhere: 1 - here}
    )
    if "track_popularity" in names:
        slopes |= {"popularity": here / 2, "track_popularity": here / 2}
    return slopes


def _bias(model: HybridRecommender, score: Doubles, wanted: float) -> float:
    def too_many(bias: float) -> float:
        return float(expit(model.link.odds(score + bias)).sum()) - wanted

    if too_many(-_WIDE) > 0 or too_many(_WIDE) < 0:
        return 0.0
    return float(brentq(too_many, -_WIDE, _WIDE))
