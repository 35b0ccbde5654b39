"""Settings of the collaborative models, chosen on held-out rows of the data at hand."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from recsys.base import Model
from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.metrics import hits, per_user, top_items
from recsys.models.als import ALS
from recsys.models.ease import EASE
from recsys.types import Csr, Doubles

_MOST_CELLS = 150_000  # beyond that a handful of extra fits takes minutes
_MOST_LISTENERS = 600
_LEAST_LISTENERS = 20
_FACTORS, _ITEMS = 48, 4_000  # smaller models rank the settings alike, in a tenth of the time
Settings = Mapping[str, Any]

LATENT: tuple[Settings, ...] = (
    {"unobserved": 0.05, "regularisation": 0.05},
    {"unobserved": 0.3, "regularisation": 0.01},
    {"unobserved": 1.0, "regularisation": 0.03},
)
"""What is tried beside the defaults of ``ALS``."""

RIDGES: tuple[Settings, ...] = ({"regularisation": 50.0}, {"regularisation": 500.0})
"""What is tried beside the defaults of ``EASE``, after with and without tags."""


def tuned(known: Csr, wanted: Csr, catalogue: Catalogue, config: Config) -> Config:
    """Return the config with the settings of the artist-level models that suit these listeners.

    A setting replaces the default only where it is better by more than one standard error of the
    paired differences in NDCG@10, so that thin data keeps what was found on plenty. Settings that
    the config names already are left alone.

    Parameters
    ----------
    known, wanted : csr_array of shape (n_users, n_artists)
        Signed confidence of what the models may know, and of what they should find.
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

        latent = _best({}, LATENT, lambda settings: ndcg(factors(settings)))
    if not closed_form:

        def ridge(settings: Settings) -> Model:
            return EASE(catalogue.tags, most_items=_ITEMS, **settings)

        sides: Sequence[Settings] = ({"side_weight": 0.0},) if catalogue.tags.nnz else ()
        side = _best({}, sides, lambda settings: ndcg(ridge(settings)))
        closed_form = _best(
            side, [{**side, **more} for more in RIDGES], lambda settings: ndcg(ridge(settings))
        )
    return dataclasses.replace(config, latent=latent, closed_form=closed_form)


def _best(
    default: Settings, others: Sequence[Settings], judge: Callable[[Settings], Doubles]
) -> Settings:
    if not others:
        return default
    base = judge(default)
    found, most = default, 0.0
    for settings in others:
        gain = judge(settings) - base
        error = float(gain.std(ddof=1) / np.sqrt(len(gain)))
        if float(gain.mean()) > max(most, error):
            found, most = settings, float(gain.mean())
    return found


def _ndcg(model: Model, known: Csr, wanted: Csr) -> Doubles:
    lists = top_items(model.score(model.fold_in(known)), known, np.arange(known.shape[1]))
    found: Doubles = per_user(hits(lists, wanted), np.diff(wanted.indptr))["ndcg@10"]
    return found
