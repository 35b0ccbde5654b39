"""From scores to a list: adventure, variety, an artist cap, and now and then a try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from recsys.base import rank, ranks_of
from recsys.caps import within_cap
from recsys.exploration import Ensemble
from recsys.filters import eligible_items
from recsys.recommendation import Options, Pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from recsys.hybrid import HybridRecommender
    from recsys.profile import Profile, Scores
    from recsys.types import Bools, Floats, Ints

_FAMILIAR_COST = 5.0  # log-odds that adventure 1 takes from an artist known by heart
_FAR_GAIN = 3.0  # log-odds that adventure 1 gives to the rarest, least similar artist
_LEAST_POOL = 150


def rerank(
    model: HybridRecommender, profile: Profile, scores: Scores, *, n: int, options: Options
) -> tuple[Pick, ...]:
    """Greedy maximal marginal relevance over the best candidates.

    Each slot takes the item with the highest score + term, where the term is the adventure of the
    item minus ``diversity`` times its largest similarity to what the list already holds.

    References
    ----------
    Carbonell, Goldstein, "The use of MMR ...", SIGIR 1998, eq. 1 (in additive form).
    """
    if n <= 0:
        return ()
    catalogue, total = model.catalogue, scores.total
    eligible = eligible_items(catalogue, profile, options)
    term = adventure_term(model, profile, options.adventure)
    merit = total + term[catalogue.artist_of]
    capped = [(catalogue.artist_of, options.artist_cap)]
    if options.origin_cap is not None and catalogue.origin is not None:
        capped.append((catalogue.origin[catalogue.artist_of], options.origin_cap))
    pool = shortlist(merit, eligible, capped, n=n)
    ensemble = Ensemble.of(model, profile, pool) if options.explore > 0 else None
    slots = _fill(model, pool, total, merit, ensemble, n=n, options=options)
    # all picks at once: each call has its price
    items = np.array([slot.item for slot in slots], np.int64)
    score, odds = total[items], scores.link.odds(total[items])
    chance = scores.link.probability(score)
    parts, score_ranks = scores.of_each(items), ranks_of(total, eligible, items)
    return tuple(
        Pick(
            item_id=catalogue.items.ids[slot.item].item(),
            artist_id=catalogue.artists.ids[catalogue.artist_of[slot.item]].item(),
            score=float(score[k]),
            parts=parts[k],
            rerank=slot.rerank,
            score_rank=int(score_ranks[k]),
            rank=k + 1,
            policy=slot.policy,
            propensity=slot.propensity,
            probability=float(chance[k]),
            explored=slot.explored,
            calibration=float(odds[k]) - float(score[k]),
        )
        for k, slot in enumerate(slots)
    )


def adventure_term(model: HybridRecommender, profile: Profile, adventure: float) -> Floats:
    """Log-odds added for adventure, shape (n_artists,), float32; all 0 at adventure 0.

    ``adventure * (3 far - 5 familiar)`` with familiar in 0..1 from the evidence and far in 0..1,
    the mean of rarity and of distance from the listener's content profile.
    """
    if adventure == 0 or not model.catalogue.n_artists:
        return np.zeros(model.catalogue.n_artists, np.float32)
    far: Any = np.zeros(model.catalogue.n_artists, np.float32)
    for part, folded in zip(model.parts, profile.folded, strict=True):
        if part.name == "popularity":
            raw = part.model.score(folded)[0]
            low, high = float(raw.min()), float(raw.max())
            rare: Floats = (high - raw) / np.float32(max(high - low, 1e-6))
            far = far + np.float32(0.5) * rare
        elif part.name == "content":
            unlike = np.clip(0.5 - 0.5 * part.model.score(folded)[0], 0, 1)
            far = far + np.float32(0.5) * unlike.astype(np.float32)
    term: Floats = adventure * (_FAR_GAIN * far - _FAMILIAR_COST * profile.familiarity)
    return term.astype(np.float32)


class _Slot(NamedTuple):
    item: int
    rerank: float
    policy: Literal["exploit", "explore"]
    propensity: float
    explored: float


def _fill(
    model: HybridRecommender,
    pool: Ints,
    total: Floats,
    merit: Floats,
    ensemble: Ensemble | None,
    *,
    n: int,
    options: Options,
) -> list[_Slot]:
    rng = np.random.default_rng(options.seed)
    near = _likeness(model, model.catalogue.artist_of[pool]) if options.diversity > 0 else None
    plain = merit[pool]
    shown, nearest = plain, np.zeros(len(pool), np.float32)
    taken: list[int] = []
    slots: list[_Slot] = []
    while len(slots) < min(n, len(pool)):
        best = int(np.argmax(shown))
        policy: Literal["exploit", "explore"] = "exploit"
        at, propensity, explored = best, 1.0, 0.0
        if ensemble is not None:
            tried, gain, chance = ensemble.choose(shown, rng)
            if rng.random() < options.explore:
                at, policy, explored = tried, "explore", gain
            propensity = (1 - options.explore) * (at == best) + options.explore * float(chance[at])
        item = int(pool[at])
        rerank = float(shown[at]) - float(total[item])
        slots.append(_Slot(item, rerank, policy, min(propensity, 1.0), explored))
        taken.append(at)
        if near is not None:
            nearest = np.maximum(nearest, near[at])
        shown = plain - np.float32(options.diversity) * nearest
        shown[taken] = -np.inf
    return slots


def _likeness(model: HybridRecommender, artists: NDArray[Any]) -> Floats:
    """How alike the artists of a pool are, shape (n_pool, n_pool); 1 where they are the same."""
    one_each, place = np.unique(artists, return_inverse=True)
    near = model.artist_similarity(one_each, one_each)
    np.fill_diagonal(near, 1)
    return near[place[:, None], place]


def shortlist(
    merit: Floats, eligible: Bools, capped: Sequence[tuple[NDArray[Any], int]], *, n: int
) -> Ints:
    """Find the best candidates, best first, never more of one group than its cap.

    A group of -1 is none.
    """
    wanted = max(_LEAST_POOL, 15 * n)
    size = wanted
    while True:
        kept = rank(merit, eligible, size).items
        everybody = len(kept) < size
        for group_of, cap in capped:
            kept = kept[within_cap(group_of[kept], cap)]
        if len(kept) >= n or everybody:
            return kept[:wanted]
        size *= 8  # a few artists fill the top
