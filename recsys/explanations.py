"""Why this item: the same numbers that ranked it, shared out over the listener's own rows."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys.catalogue import Catalogue
from recsys.evidence import Level
from recsys.link import PLAIN, Link
from recsys.part import Audience, Part
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


def explain_part(
    part: Part, profile: Profile, catalogue: Catalogue, items: Ints, *, audience: Audience
) -> list[PartExplanation]:
    """Share out one part's value for some items (by index), one explanation each.

    A model's raw score is linear in the weights of the targets given the listener's whole profile
    (Hu, Koren, Volinsky 2008, section 5); a curve over it is shared out in proportion.
    """
    at_artists = part.level == Level.ARTIST
    indices = catalogue.artist_of[items].astype(np.int64) if at_artists else items
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
