"""Fit one model, rank the whole catalogue, compare with what was held out."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import hstack

from recsys.building import YARDSTICKS
from recsys.catalogue import Catalogue
from recsys.cli.side_information import is_grouping
from recsys.cli.tasks import Task
from recsys.config import Config
from recsys.content_features import idf_rows
from recsys.errors import DataError
from recsys.evaluation import bootstrap
from recsys.evidence import Interactions, Kind
from recsys.hybrid import HybridRecommender
from recsys.interactions import Scale, Weighing, n_listeners
from recsys.metrics import ACCURACY, beyond, hits, means, per_user, top_items
from recsys.part import Curve
from recsys.sparse import csr, indicator, unit
from recsys.training import fit
from recsys.types import Csr, Doubles, Floats, Ints

HYBRID = "hybrid"
SINGLE = (
    "popularity",
    "neighbours",
    *YARDSTICKS,
    "graph_walk",
    "closed_form",
    "latent",
    "lifted",
    "content",
)
OF_TAGS = ("content", "lifted")
"""Models that a folder without tags can't have."""
BATCH = 256


@dataclass(frozen=True, eq=False)
class Result:
    """What one model reaches: rows of the arrays are the judged listeners, by code in ``judged``.

    ``info`` is what its training says of itself.
    """

    name: str
    figures: dict[str, float]
    ndcg: Doubles
    fit_seconds: float
    judged: Ints
    lists: Ints
    scores: Doubles
    info: Mapping[str, Any]


def measure(task: Task, name: str, *, seed: int = 0, scale: Scale = "rank") -> Result:
    """Fit one model (or the hybrid, whose weights are learned) and measure it.

    Raises
    ------
    DataError
        When there is no model of that name.
    """
    check_names([name])
    started = time.perf_counter()
    model = fitted(task, name, seed, scale=scale)
    return judge(model, task, name, time.perf_counter() - started)


def fitted(task: Task, name: str, seed: int, *, scale: Scale = "rank") -> HybridRecommender:
    """Fit the hybrid, or one model alone, which is judged by its raw score.

    One alone has its settings chosen on the same held-out rows as within the hybrid, and it is about
    the items themselves: artists and albums are tags to it.
    """
    config = Config(weighing=Weighing(scale=scale), random_state=seed)
    if name == HYBRID:
        return fit(task.train, task.catalogue, config, validation=task.valid)
    config = replace(config, parts=(name,), learn_weights=False)
    own = task.train.where(task.train.kind != Kind.NEARBY)
    model = fit(own, task.catalogue.by_item(), config, validation=task.valid)
    as_it_is = Curve((1.0,), rare_slopes=(1.0,))
    parts = [replace(part, curve=as_it_is, cold_curve=None) for part in model.parts]
    return replace(model, parts=tuple(parts), cold_bias=None)


def judge(model: HybridRecommender, task: Task, name: str, fit_seconds: float) -> Result:
    """Rank the catalogue for every listener with something to find."""
    n_items = task.catalogue.n_items
    wanted = pairs_of(task.wanted, n_items)
    known = pairs_of(task.known, n_items)
    judged = np.flatnonzero(np.diff(wanted.indptr) > 0)
    lists, scores = _rankings(model, task, known, judged)
    figures = per_user(hits(lists, wanted[judged]), np.diff(wanted.indptr)[judged])
    figures_of_all = {**means(figures), **variety(task, lists)}
    return Result(
        name, figures_of_all, figures["ndcg@10"], fit_seconds, judged, lists, scores, model.info
    )


def variety(task: Task, lists: Ints) -> dict[str, float]:
    """Measure coverage, novelty and distance; listeners count as the files hold them."""
    heard = pairs_of(task.heard, task.catalogue.n_items)
    n_heard = np.bincount(heard.indices, minlength=task.catalogue.n_items)
    return beyond(lists, n_heard, n_listeners(heard), distances(task.catalogue))


def names_in(listed: str) -> list[str]:
    """Split a comma-separated list of models; each counts once, where it stands first."""
    return list(dict.fromkeys(name for one in listed.split(",") if (name := one.strip())))


def check_names(names: Sequence[str]) -> None:
    """Refuse an empty list of models and names that do not exist."""
    for name in names:
        if name != HYBRID and name not in SINGLE:
            raise DataError(f"there is no model {name}; choose from {', '.join((*SINGLE, HYBRID))}")
    if not names:
        raise DataError("name at least one model")


def check_described(names: Sequence[str], task: Task) -> None:
    """Refuse models that go by what describes the items where nothing does, before any is fitted."""
    lacking = [name for name in names if name in OF_TAGS]
    if lacking and not task.catalogue.by_item().tags.nnz:
        raise DataError(
            f"{' and '.join(lacking)} cannot be fitted: no item has a tag or a group; put item_tags.csv "
            "into the folder, name --item-tags or --item-groups, or choose other models"
        )


def mean_of(runs: Sequence[Result]) -> Result:
    """Average the figures of runs that differ in their random start; lists are the first run's."""
    first = runs[0]
    return Result(
        name=first.name,
        figures={k: float(np.mean([run.figures[k] for run in runs])) for k in first.figures},
        ndcg=np.mean([run.ndcg for run in runs], axis=0),
        fit_seconds=float(np.mean([run.fit_seconds for run in runs])),
        judged=first.judged,
        lists=first.lists,
        scores=first.scores,
        info=first.info,
    )


def distances(catalogue: Catalogue) -> Csr | None:
    """Return ``described``, or None where nothing is known of any item: then no list has a distance."""
    found = described(catalogue)
    return found if found.nnz else None


def described(catalogue: Catalogue) -> Csr:
    """Return unit rows for the intra-list distance, csr_array of shape (n_items, n_columns).

    Side by side, each of length 1 or empty: the artist and the album as indicators where items have
    them, tags (log(1 + n) idf), standardised features with the year as decades from 2010 on. What is
    missing of the features is at their mean. Further groupings are no tags here.
    """
    is_tag = np.array([not is_grouping(name) for name in catalogue.tag_names], np.bool_)
    known = catalogue.tags if catalogue.is_flat else catalogue.item_tags
    blocks = [] if known is None else [idf_rows(csr(known[:, is_tag]))]
    if not catalogue.is_flat:
        blocks.insert(0, indicator(catalogue.artist_of))
    if catalogue.album_of is not None:
        blocks.insert(1, indicator(catalogue.album_of))
    if catalogue.features is not None:
        blocks.append(unit(csr(_standardised(catalogue.features, catalogue.year))))
    return unit(hstack(blocks, format="csr")) if len(blocks) > 1 else blocks[0]


def _standardised(features: Floats, year: Floats) -> Doubles:
    x = features.astype(np.float64)
    is_year = np.array([np.array_equal(column, year, equal_nan=True) for column in features.T])
    known = ~np.isnan(x)
    n = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, x, 0).sum(axis=0) / n
    spread = np.sqrt((np.where(known, x - mean, 0) ** 2).sum(axis=0) / n)
    middle, scale = np.where(is_year, 2010, mean), np.where(is_year, 10, spread)
    centred = np.where(known, x, mean) - middle
    found: Doubles = np.divide(centred, scale, out=np.zeros_like(x), where=scale > 0)
    return found


def pairs_of(rows: Interactions, n_items: int) -> Csr:
    """Mark who has which item, csr_array of shape (n_users, n_items), 1 or more."""
    rows = rows.where(rows.kind != Kind.NEARBY)
    made = csr((np.ones(len(rows)), (rows.user, rows.id)), (rows.n_users, n_items))
    made.sum_duplicates()
    return made


def _rankings(
    model: HybridRecommender, task: Task, known: Csr, judged: Ints
) -> tuple[Ints, Doubles]:
    catalogue = model.catalogue
    signals = model.signals(task.known)
    n_users = task.known.n_users
    artists = signals.artists.matrix(n_users, catalogue.n_artists)
    items = signals.items.matrix(n_users, catalogue.n_items)
    nearby = signals.nearby.matrix(n_users, catalogue.n_artists)
    order = np.arange(catalogue.n_items)
    lists, scores = [], []
    for start in range(0, len(judged), BATCH):
        rows = judged[start : start + BATCH]
        totals = model.score_matrix(artists[rows], items[rows], nearby[rows])
        if task.among is not None:
            totals[:, ~task.among] = -np.inf
        best = top_items(totals, known[rows], order)
        lists.append(best)
        scores.append(np.take_along_axis(totals, np.maximum(best, 0), axis=1).astype(np.float64))
    return np.concatenate(lists), np.concatenate(scores)


def interval(result: Result) -> tuple[float, float]:
    """95 % bootstrap interval of NDCG@10 over listeners."""
    return bootstrap(result.ndcg)


def lead(best: Result, other: Result) -> tuple[float, float, float]:
    """Mean paired difference of two models in NDCG@10 over listeners, and its 95 % interval."""
    gap = best.ndcg - other.ndcg
    return float(gap.mean()), *bootstrap(gap)


def summary(results: list[Result]) -> dict[str, Any]:
    """Figures of several runs, and each model's paired difference to the last one, as JSON."""
    best = results[-1]
    rows = []
    for one in results:
        low, high = interval(one)
        row: dict[str, Any] = {
            "model": one.name,
            **rounded(one.figures),
            "ndcg@10 95%": [round(low, 4), round(high, 4)],
            "fit_seconds": round(one.fit_seconds, 2),
            "settings": {k: v for k, v in one.info["settings"].items() if v},
            "trials": one.info["trials"],
        }
        if one is not best:
            row[f"{best.name} minus this"] = [round(v, 4) for v in lead(best, one)]
        rows.append(row)
    return {"users": len(best.ndcg), "models": rows}


def rounded(figures: Mapping[str, float]) -> dict[str, float | None]:
    """Round figures for JSON, which has no word for a figure that is not known but null."""
    return {k: round(v, 4) if np.isfinite(v) else None for k, v in figures.items()}


COLUMNS = (*ACCURACY, "coverage@10", "novelty@10", "ild@10")
