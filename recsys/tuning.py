"""Settings of the collaborative models, chosen on held-out rows of the data at hand."""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from recsys.base import Model
from recsys.building import TRACKS
from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.evidence import Level
from recsys.interactions import n_listeners
from recsys.metrics import hits, per_user, top_items
from recsys.models.als import ALS
from recsys.models.ease import EASE
from recsys.parallel import in_threads
from recsys.sparse import empty, liked_and_new
from recsys.types import Bools, Csr, Doubles, Ints

_MOST_CELLS = 150_000  # beyond that it is tried on ...
_SOME_CELLS, _SOME_COLUMNS = 60_000, 8_000  # ... some listeners, and what is heard most
_MOST_LISTENERS, _SOME_LISTENERS = 600, 400  # who are judged, the latter of large data
_LEAST_LISTENERS = 20
_TOGETHER = 64  # listeners that a thread judges at a time
_FURTHER = 10 / 3  # from one ridge to the next
_MOST_STEPS = 3  # beyond the first, while each is better than the one before
_FACTORS, _ITEMS = 48, 4_000  # smaller models rank the settings alike, in a tenth of the time
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Parameters
    ----------
    model : str
        "latent", "closed_form" or either with "track_" before it.
    settings : mapping
        What differs from the defaults.
    ndcg : float
        NDCG@10 on the held-out rows, of a smaller model than the one that is fitted in the end.
    beside : mapping
        The setting it had to beat; itself where there was none yet.
    gain, error : float
        Mean paired difference to that, and its standard error.
    seconds : float
        Of the fit and the ranking.
    """

    model: str
    settings: Settings
    beside: Settings
    ndcg: float
    gain: float
    error: float
    seconds: float

    @property
    def is_better(self) -> bool:
        """Whether it is ahead by more than one standard error."""
        return self.gain > self.error


Told = Callable[[Trial], None]


LATENT: tuple[Settings, ...] = (
    {"unobserved": 0.05, "regularisation": 0.05},
    {"unobserved": 0.3, "regularisation": 0.01},
    {"unobserved": 1.0, "regularisation": 0.03},
)
"""What is tried beside the defaults of ``ALS``."""

Matrices = tuple[Csr, Csr]
"""By artist and by item, as ``interactions.matrices`` makes them."""


def tuned(
    known: Matrices,
    wanted: Matrices,
    catalogue: Catalogue,
    config: Config,
    *,
    told: Told = lambda _: None,
) -> Config:
    """Return the config with the settings of the collaborative models that suit these listeners.

    A setting replaces the default only where it is better by more than one standard error of the
    paired differences in NDCG@10, so that thin data keeps what was found on plenty. Settings that
    the config names already are left alone, and those of tracks wherever no tracks are sought. Of
    large data a random part of the listeners is tried on.

    Parameters
    ----------
    known, wanted : pair of csr_array, (n_users, n_artists) and (n_users, n_items)
        Signed confidence of what the models may know, and of what they should find.
    told : callable
        Is given each ``Trial`` as it ends.
    """
    if not config.tune:
        return config
    at_artists = _Level("latent", "closed_form", known[0], wanted[0], catalogue.tags, {})
    levels = [at_artists]
    if not catalogue.is_flat and level_of(wanted) == Level.ITEM:
        none = empty((catalogue.n_items, 0))
        levels.append(
            _Level("track_latent", "track_closed_form", known[1], wanted[1], none, TRACKS)
        )
    chosen: dict[str, Any] = {}
    for level in levels:
        chosen |= level.chosen(config, told)
    return dataclasses.replace(config, **chosen)


def level_of(wanted: Matrices) -> Level:
    """Whether items or only their artists are sought."""
    return Level.ITEM if 2 * wanted[1].nnz >= wanted[0].nnz else Level.ARTIST


@dataclass(frozen=True, eq=False)
class _Level:
    """One axis, the names of its two models, and the defaults of the second."""

    latent: str
    closed_form: str
    known: Csr
    wanted: Csr
    tags: Csr
    defaults: Settings

    def chosen(self, config: Config, told: Told) -> dict[str, Settings]:
        rng = np.random.default_rng(config.random_state)
        known, tags = self.known, self.tags
        wanted = liked_and_new(self.wanted, known)
        if known.nnz > _MOST_CELLS:
            kept = _most_heard(known)
            known, wanted, tags = known[:, kept], wanted[:, kept], tags[kept]
            some = _some_of(np.diff(known.indptr), np.diff(wanted.indptr) > 0, rng)
            known, wanted = known[some], wanted[some]
        judged = np.flatnonzero((np.diff(wanted.indptr) > 0) & (np.diff(known.indptr) > 0))
        if len(judged) < _LEAST_LISTENERS:
            return {}
        most = _MOST_LISTENERS if self.known.nnz <= _MOST_CELLS else _SOME_LISTENERS
        if len(judged) > most:
            judged = np.sort(rng.choice(judged, most, replace=False))

        def ndcg(model: Model) -> Doubles:
            return _ndcg(model.fit(known), known[judged], wanted[judged])

        def factors(settings: Settings) -> Doubles:
            n_factors = min(config.factors(n_listeners(self.known)), _FACTORS)
            side = tags if tags.nnz else None
            keywords = {"n_factors": n_factors, "random_state": config.random_state, "side": side}
            return ndcg(ALS(**{**keywords, **settings}))

        def ridge(settings: Settings) -> Doubles:
            keywords = {"most_items": _ITEMS, "random_state": config.random_state, **self.defaults}
            return ndcg(EASE(tags, **{**keywords, **settings}))

        found: dict[str, Settings] = {}
        if _asked_for(config, self.latent):
            found[self.latent] = _Trials(self.latent, factors, told).best({}, LATENT)
        if _asked_for(config, self.closed_form):
            trials = _Trials(self.closed_form, ridge, told)
            sides = ({"side_weight": 0.0},) if tags.nnz else ()
            side = trials.best({}, sides)
            usual = self.defaults.get("regularisation", EASE().regularisation)
            found[self.closed_form] = trials.best_ridge(side, usual)
        return found


def _most_heard(known: Csr) -> Ints:
    heard = np.bincount(known.indices, minlength=known.shape[1])
    kept: Ints = np.sort(np.argsort(-heard, kind="stable")[:_SOME_COLUMNS])
    return kept


def _some_of(lengths: Ints, asked: Bools, rng: np.random.Generator) -> Ints:
    """Draw as many listeners as hold the cells that are tried on, those to be judged first."""
    order = rng.permutation(len(lengths))
    order = order[np.argsort(~asked[order], kind="stable")]
    upto = np.cumsum(lengths[order])
    return np.sort(order[: np.searchsorted(upto, _SOME_CELLS)])


def _asked_for(config: Config, name: str) -> bool:
    """Whether the model takes part, and the config does not name its settings already."""
    users = {name, "lifted"} if name == "latent" else {name}
    return not getattr(config, name) and (config.parts is None or bool(users & {*config.parts}))


class _Trials:
    """The settings of one model that were tried, each once."""

    def __init__(self, model: str, judge: Callable[[Settings], Doubles], told: Told) -> None:
        self._model, self._judge, self._told = model, judge, told
        self._reached: dict[tuple[tuple[str, Any], ...], Doubles] = {}

    def best(self, start: Settings, others: Sequence[Settings]) -> Settings:
        """Return the best of those that beat the start by more than one standard error."""
        if not others:
            return start
        self._try(start, start)
        gains = [(self._try(one, start), one) for one in others]
        ahead = [(trial.gain, one) for trial, one in gains if trial.is_better]
        return max(ahead, key=itemgetter(0))[1] if ahead else start

    def best_ridge(self, start: Settings, usual: float) -> Settings:
        """Try a third of the usual ridge and three times as much, then further on the better side."""
        found = self.best(
            start, [{**start, "regularisation": usual * by} for by in (1 / _FURTHER, _FURTHER)]
        )
        step = found.get("regularisation", usual) / usual
        for _ in range(_MOST_STEPS if step != 1 else 0):
            before = found
            more = found["regularisation"] * step
            found = self.best(found, [{**found, "regularisation": more}])
            if found is before:
                break
        return found

    def _try(self, settings: Settings, start: Settings) -> Trial:
        key, base = (tuple(sorted(one.items())) for one in (settings, start))
        known, started = key in self._reached, time.perf_counter()
        if not known:
            self._reached[key] = self._judge(settings)
        gain = self._reached[key] - self._reached[base]
        trial = Trial(
            model=self._model,
            settings=settings,
            beside=start,
            ndcg=float(self._reached[key].mean()),
            gain=float(gain.mean()),
            error=float(gain.std(ddof=1) / np.sqrt(len(gain))),
            seconds=time.perf_counter() - started,
        )
        if not known:
            self._told(trial)
        return trial


def _ndcg(model: Model, known: Csr, wanted: Csr) -> Doubles:
    found = np.zeros(known.shape[0])
    order = np.arange(known.shape[1])

    def work(start: int) -> None:
        some = slice(start, start + _TOGETHER)
        own, right = known[some], wanted[some]
        lists = top_items(model.score(model.fold_in(own)), own, order)
        found[some] = per_user(hits(lists, right), np.diff(right.indptr))["ndcg@10"]

    in_threads(work, range(0, len(found), _TOGETHER), at_once=1)
    return found
