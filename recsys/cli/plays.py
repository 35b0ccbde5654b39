"""Predicting how often a listener plays something: y = ln(1 + plays) of held-out pairs."""

import time
from dataclasses import dataclass

import numpy as np

from recsys.catalogue import Catalogue
from recsys.cli.tasks import Task
from recsys.evidence import Interactions, Kind
from recsys.play_counts import PlayCounts
from recsys.play_statistics import Pairs
from recsys.preprocessing.encoding import item_columns
from recsys.sparse import csr
from recsys.types import Csr, Doubles


@dataclass(frozen=True)
class PlaysFigures:
    """Errors over all pairs (micro average) and the share of variance explained, 0 without any."""

    model: str
    mse: float
    rmse: float
    mae: float
    r2: float
    fit_seconds: float


def measure_plays(task: Task, *, seeds: int = 1) -> list[PlaysFigures]:
    """Fit on train and valid, predict test."""
    taught = task.train if task.valid is None else Interactions.concat(task.train, task.valid)
    known = _once(taught.where(taught.kind == Kind.PLAY))  # nobody's friends', no shop's
    test = _pairs(task.wanted)
    wanted = test.log_plays
    shape = (len(task.user_ids), task.catalogue.n_items)
    tags, described = _item_tags(task.catalogue), item_columns(task.catalogue)
    rows = []
    runs = []
    started = time.perf_counter()
    for seed in range(seeds):
        model = PlayCounts(shape, tags, described=described, random_state=seed).fit(known)
        runs.append(model.predict(test))
    seconds = (time.perf_counter() - started) / seeds
    for name, guess in model.baselines(test).items():
        rows.append(_figures(name, guess, wanted, 0.0))
    rows.append(_mean([_figures("play counts", one, wanted, seconds) for one in runs]))
    return rows


def _item_tags(catalogue: Catalogue) -> Csr:
    if catalogue.is_flat:
        return catalogue.tags
    own = catalogue.item_tags
    return own if own is not None else csr(catalogue.tags[catalogue.artist_of])


def _pairs(rows: Interactions) -> Pairs:
    return Pairs(rows.user, rows.id, np.log1p(rows.value.astype(np.float64)))


def _once(rows: Interactions) -> Pairs:
    """Sum the plays of a pair that stands twice: it would foretell itself."""
    n_items = 1 + int(rows.id.max(initial=0))
    key, place = np.unique(rows.user * n_items + rows.id, return_inverse=True)
    user, item = np.divmod(key, n_items)
    return Pairs(user, item, np.log1p(np.bincount(place, rows.value.astype(np.float64), len(key))))


def _figures(name: str, guess: Doubles, wanted: Doubles, seconds: float) -> PlaysFigures:
    error = guess - wanted
    mse = float(np.mean(error**2))
    spread = float(wanted.var())
    return PlaysFigures(
        model=name,
        mse=mse,
        rmse=float(np.sqrt(mse)),
        mae=float(np.abs(error).mean()),
        r2=1 - mse / spread if spread else 0.0,
        fit_seconds=seconds,
    )


def _mean(rows: list[PlaysFigures]) -> PlaysFigures:
    numbers = {
        name: float(np.mean([getattr(row, name) for row in rows]))
        for name in ("mse", "rmse", "mae", "r2", "fit_seconds")
    }
    return PlaysFigures(model=rows[0].model, **numbers)
