"""Why this item: the same numbers that ranked it, shared out over the listener's own rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from recsys.evidence import Level
from recsys.link import PLAIN, Link
from recsys.part import BIAS, FAMILIAR, LIKE
from recsys.said import SAID, said_shares

if TYPE_CHECKING:
    from recsys.hybrid import HybridRecommender
    from recsys.part import Part
    from recsys.profile import Profile
    from recsys.types import Doubles, Ints


@dataclass(frozen=True, eq=False)
class PartExplanation:
    """One part of one item's score.

    Parameters
    ----------
    name : str
    value : float
        Log-odds.
    shares : ndarray of shape (n_rows,), float64
        What each row of the evidence adds to it, in log-odds, signed.
    prior : float
        The rest, which no row of the listener answers for.
    over : "evidence" or "like"
        Whose rows the shares belong to: the listener's, or those of the seed of the request.
    """

    name: str
    value: float
    shares: Doubles
    prior: float
    over: Literal["evidence", "like"] = "evidence"


@dataclass(frozen=True, eq=False)
class Explanation:
    """All parts of one item's score; their values sum to ``score``."""

    item_id: int
    score: float
    parts: tuple[PartExplanation, ...]
    link: Link = PLAIN

    @property
    def calibration(self) -> float:
        """Signed term that makes the log-odds of a like of the score: high ones promise too much."""
        return self.link.correction(self.score)

    @property
    def probability(self) -> float:
        """Chance of a like, 0..1: sigmoid of score and calibration."""
        return float(self.link.probability(self.score))

    @property
    def evidence(self) -> Doubles:
        """What each of the listener's rows adds over all parts, shape (n_rows,), log-odds."""
        mine = [part.shares for part in self.parts if part.over == "evidence"]
        total: Doubles = np.sum(mine, axis=0)
        return total

    def strongest(self, n: int, *, positive: bool = True) -> list[tuple[int, float]]:
        """Find the n rows that speak most for (or against) the item, as (row index, log-odds)."""
        shares = self.evidence
        order = np.argsort(-shares if positive else shares, kind="stable")[:n]
        fits = [(int(k), float(shares[k])) for k in order]
        return [(k, share) for k, share in fits if (share > 0) == positive and share != 0]


def explain_items(
    model: HybridRecommender, profile: Profile, items: Ints, *, seed: Profile | None
) -> list[Explanation]:
    """Take the score of some items (by index) apart; ``seed`` is that of "more like this"."""
    parts = [_bias(model, profile, items)]
    parts += [_part(model, part, profile, items) for part in model.parts]
    if profile.said.nnz:
        parts.append(_said(model, profile, items))
    if seed is not None:
        parts.append(_like(model, seed, items))
    ids = model.catalogue.items.ids[items].tolist()
    return [
        Explanation(item_id, sum(part.value for part in found), tuple(found), model.link)
        for item_id, *found in zip(ids, *parts, strict=True)
    ]


def _bias(model: HybridRecommender, profile: Profile, items: Ints) -> list[PartExplanation]:
    nothing = np.zeros(len(profile.evidence))
    biases = model.biases_of(profile.thin)[0, model.catalogue.artist_of[items]].tolist()
    return [PartExplanation(BIAS, bias, nothing, bias) for bias in biases]


def _said(model: HybridRecommender, profile: Profile, items: Ints) -> list[PartExplanation]:
    found = []
    for artist in model.catalogue.artist_of[items].tolist():
        shares = said_shares(profile, model.said_strength, artist)
        found.append(PartExplanation(SAID, float(shares.sum()), shares, 0.0))
    return found


def _like(model: HybridRecommender, seed: Profile, items: Ints) -> list[PartExplanation]:
    personal = [
        _part(model, part, seed, items)
        for part in model.parts
        if part.personal and part.name != FAMILIAR
    ]
    found = []
    for k in range(len(items)):
        shares: Doubles = np.zeros(len(seed.evidence))
        for of_part in personal:
            shares = shares + model.like_strength * of_part[k].shares
        found.append(PartExplanation(LIKE, float(shares.sum()), shares, 0.0, over="like"))
    return found


def _part(
    model: HybridRecommender, part: Part, profile: Profile, items: Ints
) -> list[PartExplanation]:
    """Share out one part's value for some items (by index), one explanation each.

    A model's raw score is linear in the weights of the targets given the listener's whole profile
    (Hu, Koren, Volinsky 2008, section 5); a curve over it is shared out in proportion.
    """
    at_artists = part.level == Level.ARTIST
    indices = model.catalogue.artist_of[items].astype(np.int64) if at_artists else items
    audience = model.artist_audience if at_artists else model.item_audience
    row = part.input(profile.artists, profile.items, profile.nearby)
    links = profile.signals.artists if at_artists else profile.signals.items
    if part.reads_nearby:
        links = profile.signals.nearby
    curves = [part.curve_of(cold=bool(one)) for one in audience.cold[indices]]
    rare = audience.rare[indices]
    if not part.personal:
        raw = part.model.score(part.model.fold_in(row))[:, indices]
        values = [
            float(curve(raw[:, [k]], profile.thin, rare[[k]])[0, 0])
            for k, curve in enumerate(curves)
        ]
        nothing = np.zeros(len(profile.evidence))
        return [PartExplanation(part.name, value, nothing, value) for value in values]
    coefficients = part.model.coefficients(row, indices)
    sums = row.data.astype(np.float64) @ coefficients
    by_target = np.zeros((row.shape[1] + 1, len(items)))  # the last row catches "no target"
    by_target[row.indices] = coefficients
    each = by_target[links.target] * links.weight[:, None]
    thin = float(profile.thin[0, 0])
    found = []
    for k, curve in enumerate(curves):
        shares = curve.ratio(float(sums[k]), thin, float(rare[k])) * each[:, k]
        found.append(PartExplanation(part.name, float(shares.sum()), shares, 0.0))
    return found
