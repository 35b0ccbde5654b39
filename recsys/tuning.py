"""Settings of the collaborative models, chosen on held-out rows of the data at hand."""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.base import Model
from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.metrics import hits, per_user, top_items
from recsys.models.als import ALS
from recsys.models.ease import EASE
from recsys.parallel import in_threads
from recsys.types import Csr, Doubles

_MOST_CELLS = 150_000  # beyond that a handful of extra fits takes minutes
_MOST_LISTENERS = 600
_LEAST_LISTENERS = 20
_TOGETHER = 64  # listeners that a thread judges at a time
_FACTORS, _ITEMS = 48, 4_000  # smaller models rank the settings alike, in a tenth of the time
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Parameters
    ----------
    model : str
        "latent" or "closed_form".
    settings : mapping
        What differs from the defaults.
    ndcg : float
        NDCG@10 on the held-out rows, of a smaller model than the one that is fitted in the end.
    gain, error : float
        Mean paired difference to the setting it had to beat, and its standard error.
    seconds : float
        Of the fit and the ranking.
    """

    model: str
    settings: Settings
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

RIDGES: tuple[Settings, ...] = ({"regularisation": 50.0}, {"regularisation": 500.0})
"""What is tried beside the defaults of ``EASE``, after with and without tags."""


def tuned(
    known: Csr,
    wanted: Csr,
    catalogue: Catalogue,
    config: Config,
    *,
    told: Told = lambda _: None,
) -> Config:
    """Return the config with the settings of the artist-level models that suit these listeners.

    A setting replaces the default only where it is better by more than one standard error of the
    paired differences in NDCG@10, so that thin data keeps what was found on plenty. Settings that
    the config names already are left alone.

    Parameters
    ----------
    known, wanted : csr_array of shape (n_users, n_artists)
        Signed confidence of what the models may know, and of what they should find.
    told : callable
        Is given each ``Trial`` as it ends.
    """
    if not config.tune:
        return config
    wanted = wanted.copy()
    wanted.data = (wanted.data > 0).astype(np.float32)
    wanted.eliminate_zeros()
    judged = np.flatnonzero((np.diff(wanted.indptr) > 0) & (np.diff(known.indptr) > 0))
    if len(judged) < _LEAST_LISTENERS or known.nnz > _MOST_CELLS:
        return config
    if len(judged) > _MOST_LISTENERS:
        rng = np.random.default_rng(config.random_state)
        judged = np.sort(rng.choice(judged, _MOST_LISTENERS, replace=False))

    def ndcg(model: Model) -> Doubles:
        return _ndcg(model.fit(known), known[judged], wanted[judged])

    latent, closed_form = config.latent, config.closed_form
    if not latent:
        n_factors = config.factors(int((np.diff(known.indptr) > 0).sum()))

        def factors(settings: Settings) -> Model:
            return ALS(
                n_factors=min(n_factors, _FACTORS),
                random_state=config.random_state,
                side=catalogue.tags if catalogue.tags.nnz else None,
                **settings,
            )

        latent = _best("latent", {}, LATENT, lambda settings: ndcg(factors(settings)), told)
    if not closed_form:

        def ridge(settings: Settings) -> Model:
            return EASE(catalogue.tags, most_items=_ITEMS, **settings)

        sides: Sequence[Settings] = ({"side_weight": 0.0},) if catalogue.tags.nnz else ()
        side = _best("closed_form", {}, sides, lambda settings: ndcg(ridge(settings)), told)
        closed_form = _best(
            "closed_form",
            side,
            [{**side, **more} for more in RIDGES],
            lambda settings: ndcg(ridge(settings)),
            told,
        )
    return dataclasses.replace(config, latent=latent, closed_form=closed_form)


def _best(
    model: str,
    default: Settings,
    others: Sequence[Settings],
    judge: Callable[[Settings], Doubles],
    told: Told,
) -> Settings:
    if not others:
        return default
    started = time.perf_counter()
    base = judge(default)
    told(Trial(model, default, float(base.mean()), 0.0, 0.0, time.perf_counter() - started))
    found, most = default, 0.0
    for settings in others:
        started = time.perf_counter()
        reached = judge(settings)
        gain = reached - base
        mean, error = float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(len(gain)))
        seconds = time.perf_counter() - started
        told(Trial(model, settings, float(reached.mean()), mean, error, seconds))
        if mean > max(most, error):
            found, most = settings, mean
    return found


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
