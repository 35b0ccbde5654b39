"""`python -m recsys evaluate`: fit on train + valid, rank the whole catalogue, compare with test."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import hstack

from recsys.building import YARDSTICKS
from recsys.catalogue import Catalogue
from recsys.cli.dataset import Split
from recsys.config import Config
from recsys.content_features import idf_rows
from recsys.errors import DataError
from recsys.evaluation import bootstrap
from recsys.evidence import Evidence, Interactions
from recsys.hybrid import HybridRecommender
from recsys.metrics import ACCURACY, beyond, hits, means, per_user, top_items
from recsys.sparse import csr, unit
from recsys.training import fit
from recsys.types import Csr, Doubles, Ints

HYBRID = "hybrid"
SINGLE = ("popularity", *YARDSTICKS, "closed_form", "latent", "lifted", "content")
BATCH = 256


@dataclass(frozen=True, eq=False)
class Result:
    """What one model reaches on the test part."""

    name: str
    figures: dict[str, float]
    ndcg: Doubles
    fit_seconds: float
    lists: Ints
    scores: Doubles


def evaluate(split: Split, name: str, *, seed: int = 0) -> Result:
    """Fit one model (or the hybrid, whose weights are learned on valid) and measure it.

    Raises
    ------
    DataError
        When there is no model of that name.
    """
    check_names([name])
    started = time.perf_counter()
    model = _fitted(split, name, seed)
    seconds = time.perf_counter() - started
    lists, scores = _rankings(model, split)
    users = _wanted(split)
    relevant = hits(lists, users)
    counts = np.diff(users.indptr)
    judged = counts > 0
    figures = per_user(relevant[judged], counts[judged])
    known = _known(split)
    listeners = np.bincount(known.indices, minlength=known.shape[1])
    more = beyond(lists[judged], listeners, known.shape[0], _described(split.catalogue))
    return Result(name, {**means(figures), **more}, figures["ndcg@10"], seconds, lists, scores)


def check_names(names: Sequence[str]) -> None:
    """Refuse an empty list of models and names that do not exist."""
    for name in names:
        if name != HYBRID and name not in SINGLE:
            raise DataError(f"there is no model {name}; choose from {', '.join((*SINGLE, HYBRID))}")
    if not names:
        raise DataError("name at least one model")


def mean_of(runs: Sequence[Result]) -> Result:
    """Average the figures of runs that differ in their random start; lists are the first run's."""
    first = runs[0]
    return Result(
        name=first.name,
        figures={k: float(np.mean([run.figures[k] for run in runs])) for k in first.figures},
        ndcg=np.mean([run.ndcg for run in runs], axis=0),
        fit_seconds=float(np.mean([run.fit_seconds for run in runs])),
        lists=first.lists,
        scores=first.scores,
    )


def _described(catalogue: Catalogue) -> Csr:
    """Return unit rows for the intra-list distance: tags, beside the artist where there is one."""
    if catalogue.is_flat or catalogue.item_tags is None:
        return idf_rows(catalogue.tags)
    n = catalogue.n_items
    artist = csr((np.ones(n), (np.arange(n), catalogue.artist_of)), (n, catalogue.n_artists))
    return unit(hstack([artist, idf_rows(catalogue.item_tags)], format="csr"))


def _fitted(split: Split, name: str, seed: int) -> HybridRecommender:
    parts = None if name == HYBRID else (name,)
    config = Config(parts=parts, learn_weights=name == HYBRID, random_state=seed)
    return fit(split.train, split.catalogue, config, validation=split.valid)


def _together(split: Split) -> Interactions:
    rows = (split.train, split.valid)
    return Interactions.of(
        np.concatenate([r.user for r in rows]),
        Evidence.concat(*(r.evidence for r in rows)),
        n_users=split.train.n_users,
    )


def _known(split: Split) -> Csr:
    return _pairs(_together(split), len(split.catalogue.items))


def _wanted(split: Split) -> Csr:
    return _pairs(split.test, len(split.catalogue.items))


def _pairs(rows: Interactions, n_items: int) -> Csr:
    made = csr((np.ones(len(rows)), (rows.user, rows.id)), (rows.n_users, n_items))
    made.sum_duplicates()
    return made


def _rankings(model: HybridRecommender, split: Split) -> tuple[Ints, Doubles]:
    signals = model.signals(_together(split))
    catalogue = split.catalogue
    n_users = split.train.n_users
    artists = signals.artists.matrix(n_users, catalogue.n_artists)
    items = signals.items.matrix(n_users, catalogue.n_items)
    known = _known(split)
    order = np.arange(catalogue.n_items)
    lists, scores = [], []
    for start in range(0, n_users, BATCH):
        rows = slice(start, start + BATCH)
        totals = model.score_matrix(artists[rows], items[rows])
        best = top_items(totals, known[rows], order)
        lists.append(best)
        scores.append(np.take_along_axis(totals, np.maximum(best, 0), axis=1).astype(np.float64))
    return np.concatenate(lists), np.concatenate(scores)


def interval(result: Result) -> tuple[float, float]:
    """95 % bootstrap interval of NDCG@10 over listeners."""
    return bootstrap(result.ndcg)


def summary(results: list[Result]) -> dict[str, Any]:
    """Figures of several runs, and each model's paired difference to the last one, as JSON."""
    best = results[-1]
    rows = []
    for one in results:
        low, high = interval(one)
        row: dict[str, Any] = {
            "model": one.name,
            **{k: round(v, 4) for k, v in one.figures.items()},
            "ndcg@10 95%": [round(low, 4), round(high, 4)],
            "fit_seconds": round(one.fit_seconds, 2),
        }
        if one is not best:
            gap = bootstrap(best.ndcg - one.ndcg)
            row[f"{best.name} minus this"] = [
                round(float((best.ndcg - one.ndcg).mean()), 4),
                *(round(v, 4) for v in gap),
            ]
        rows.append(row)
    return {"users": len(best.ndcg), "models": rows}


def write_rankings(result: Result, split: Split, path: Path) -> None:
    """Write user, rank, item, score of every listener with a test item; 20 ranks each."""
    judged = np.flatnonzero(np.diff(_wanted(split).indptr) > 0)
    depth = result.lists.shape[1]
    items = result.lists[judged].ravel()
    frame = pd.DataFrame(
        {
            "user": np.repeat(np.asarray(split.user_ids)[judged], depth),
            "rank": np.tile(np.arange(1, depth + 1), len(judged)),
            "item": np.asarray(split.item_ids)[np.maximum(items, 0)],
            "score": result.scores[judged].ravel(),
        }
    )
    frame[items >= 0].to_csv(path, index=False)


COLUMNS = (*ACCURACY, "coverage@10", "novelty@10", "ild@10")
