"""What other evidence would change, a vote more or some plays less: a second fold-in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recsys.recommendation import Options

if TYPE_CHECKING:
    from recsys.evidence import Evidence
    from recsys.explanations import Explanation
    from recsys.hybrid import HybridRecommender
    from recsys.types import Bools


@dataclass(frozen=True, eq=False)
class Change:
    """One item by either evidence.

    Parameters
    ----------
    item_id : int
    before, after : Explanation
    rank_before, rank_after : int
        1-based rank by score among the eligible items; 0 where it is not one of them, as what a
        listener knows is not until it is forgotten.
    """

    item_id: int
    before: Explanation
    after: Explanation
    rank_before: int
    rank_after: int

    @property
    def score(self) -> float:
        """What the score gains, in log-odds."""
        return self.after.score - self.before.score

    @property
    def parts(self) -> dict[str, float]:
        """What each part gains, by name; they sum to ``score``."""
        gains = {part.name: -part.value for part in self.before.parts}
        for part in self.after.parts:
            gains[part.name] = gains.get(part.name, 0.0) + part.value
        return gains


def what_if(
    model: HybridRecommender,
    before: Evidence,
    after: Evidence,
    *,
    n: int = 10,
    options: Options | None = None,
) -> tuple[Change, ...]:
    """Compare the list of a listener with the one they would get by other evidence.

    Nothing is changed by asking. Folding in is exact, so the second list is the one that would be
    shown if the evidence were that, with the same model.

    Parameters
    ----------
    before, after : Evidence
        All that is known of the listener, either way.
    n : int
        Length of both lists.
    options : Options, optional
        The request; by score alone where not given.

    Returns
    -------
    tuple of Change
        The items of the second list, best first, then those that only the first one holds.
    """
    asked = options or Options(adventure=0.0, diversity=0.0, artist_cap=n)
    profiles = [model.fold_in(evidence) for evidence in (before, after)]
    first, second = (
        [pick.item_id for pick in model.recommend(profile, n=n, options=asked)]
        for profile in profiles
    )
    items = list(dict.fromkeys([*second, *first]))
    explained = [model.explain_all(profile, items, like=asked.like) for profile in profiles]
    ranks = [model.ranks(profile, items, options=asked).tolist() for profile in profiles]
    return tuple(Change(*facts) for facts in zip(items, *explained, *ranks, strict=True))


def forget_preview(
    model: HybridRecommender,
    evidence: Evidence,
    forgotten: Bools,
    *,
    n: int = 10,
    options: Options | None = None,
) -> tuple[Change, ...]:
    """``what_if`` of a listener without some of their rows: a mask of shape (n_rows,)."""
    return what_if(model, evidence, evidence.without(forgotten), n=n, options=options)
