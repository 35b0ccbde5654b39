"""Comparing models: on held-out rows, by paired bootstrap, and over rounds of feedback."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.evidence import Evidence, Kind, Level
from recsys.hybrid import HybridRecommender
from recsys.metrics import per_user
from recsys.recommendation import Options
from recsys.types import Doubles, Ints

RESAMPLES = 1_000
_DRAWN = 500_000
TOP = 10
LEAST_LISTENERS = 5
"""Below it a standard error says nothing: of one listener it would be 0, and any difference enough."""


@dataclass(frozen=True, eq=False)
class Case:
    """A listener whose newest rows are held out: what is known, and what should be found."""

    known: Evidence
    wanted: Evidence


@dataclass(frozen=True)
class Comparison:
    """New minus old model in NDCG@10, over listeners."""

    delta: float
    standard_error: float
    n_cases: int
    publish: bool


@dataclass(frozen=True, eq=False)
class Rounds:
    """Hits of shape (n_members, rounds), int64, and the outside ids of all that was shown."""

    hits: Ints
    shown: Ints


def compare(old: HybridRecommender, new: HybridRecommender, cases: Sequence[Case]) -> Comparison:
    """Say whether a new model may take over: unless worse by more than two standard errors.

    Fewer than five listeners are no evidence against it. A model whose scores are not finite never
    may.
    """
    pairs = [(ndcg(old, case), ndcg(new, case)) for case in cases]
    gains = np.array([after - before for before, after in pairs], np.float64)
    if not len(gains):
        return Comparison(0.0, 0.0, 0, publish=True)
    finite = bool(np.isfinite(gains).all())
    error = float(gains.std(ddof=1) / np.sqrt(len(gains))) if len(gains) > 1 else 0.0
    delta = float(gains.mean())
    worse = len(gains) >= LEAST_LISTENERS and delta < -2 * error
    return Comparison(delta, error, len(gains), publish=finite and not worse)


def ndcg(model: HybridRecommender, case: Case) -> float:
    """NDCG@10 of one listener's wanted items among all that they don't know yet; nan if not finite."""
    profile = model.fold_in(case.known)
    total = model.score(profile).total.astype(np.float64)
    if not np.isfinite(total).all():
        return float("nan")
    items = case.wanted.id[case.wanted.level == Level.ITEM]
    wanted = model.catalogue.items.index_of(items)
    wanted = wanted[wanted >= 0]
    if not len(wanted):
        return 0.0
    total[profile.known_items] = -np.inf
    best = np.argsort(-total, kind="stable")[:TOP]
    found = per_user(np.isin(best, wanted)[None, :], np.array([len(wanted)]))
    return float(found["ndcg@10"][0])


def bootstrap(differences: Doubles, *, seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of the mean of paired differences, 1,000 resamples of listeners."""
    rng = np.random.default_rng(seed)
    n = len(differences)
    block = max(1, _DRAWN // max(n, 1))  # of resamples: all at once would be 1,000 n numbers, twice
    drawn = [
        differences[rng.integers(0, n, (min(block, RESAMPLES - start), n))].mean(axis=1)
        for start in range(0, RESAMPLES, block)
    ]
    low, high = np.percentile(np.concatenate(drawn), [2.5, 97.5])
    return float(low), float(high)


def feedback_loop(
    model: HybridRecommender,
    seeds: Sequence[Evidence],
    hidden: Sequence[Ints],
    *,
    rounds: int = 10,
    n: int = 10,
    update: bool = True,
    level: Level = Level.ITEM,
    options: Options | None = None,
) -> Rounds:
    """Play rounds of lists and answers with every member on their own.

    In each round a member is shown ``n`` items not shown before; those in ``hidden`` are liked, the
    others disliked, and with ``update`` the answers are folded in before the next round. Without it
    the model just goes on down its first list.

    Parameters
    ----------
    seeds : sequence of Evidence
        What is known of each member at first.
    hidden : sequence of ndarray of int64
        Outside ids of the items (or artists, by ``level``) that each member would like.
    level : Level
        Whether an item is liked for itself or for its artist.
    """
    base = options or Options(adventure=0.0, diversity=0.0, artist_cap=n * rounds)
    hits = np.zeros((len(seeds), rounds), np.int64)
    all_shown = [np.zeros(0, np.int64)]
    for member, (seed, wanted) in enumerate(zip(seeds, hidden, strict=True)):
        evidence = seed
        shown = np.zeros(0, np.int64)
        for turn in range(rounds):
            asked = _without(base, shown)
            picks = model.recommend(model.fold_in(evidence), n=n, options=asked)
            ids = np.array([pick.item_id for pick in picks], np.int64)
            of = ids if level == Level.ITEM else np.array([p.artist_id for p in picks], np.int64)
            liked = np.isin(of, wanted)
            hits[member, turn] = int(liked.sum())
            shown = np.concatenate([shown, ids])
            if update:
                kinds = np.where(liked, Kind.LIKE, Kind.DISLIKE)
                evidence = Evidence.concat(evidence, Evidence.of(ids, kind=kinds))
        all_shown.append(shown)
    return Rounds(hits, np.unique(np.concatenate(all_shown)))


def _without(options: Options, shown: Ints) -> Options:
    left_out = np.concatenate([options.exclude_items, shown])
    return dataclasses.replace(options, exclude_items=left_out)
