"""From any set of listeners to a background prior: what they teach, without them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np

from recsys.background import FACTORS, LIFTED, NEIGHBOURS, RENOWN, Background, Provenance
from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.content_features import idf, idf_rows
from recsys.errors import DataError
from recsys.evidence import Interactions
from recsys.hybrid import HybridRecommender
from recsys.interactions import matrices, n_listeners
from recsys.models.als import ALS
from recsys.models.ease import EASE
from recsys.models.lifted import Lifted, ridge_map
from recsys.models.strongest import strongest
from recsys.names import name_key
from recsys.part import Part
from recsys.recipe import Slopes
from recsys.sparse import empty
from recsys.training import fit
from recsys.types import Csr, Floats, Ints

LEAST_LISTENERS = 20
LEAST_LISTENERS_OF_ARTIST = 2
"""What one listener alone plays says nothing of others, but something of them: it is not kept."""
_M = TypeVar("_M")
_PARTS = {
    "popularity": RENOWN,
    "latent": FACTORS,
    "closed_form": NEIGHBOURS,
    "lifted": LIFTED,
    "content": "content",
}


def pretrain(
    interactions: Interactions,
    catalogue: Catalogue,
    names: Sequence[str],
    *,
    source: str,
    licence: str,
    mbids: Sequence[str] | None = None,
    validation: Interactions | None = None,
    config: Config | None = None,
    most_artists: int = 50_000,
    n_neighbours: int = 100,
    created: str | None = None,
) -> Background:
    """Fit the artist-level models and their blend, and keep what serves without their listeners.

    Parameters
    ----------
    interactions : Interactions
    catalogue : Catalogue
        Every item is its own artist.
    names : sequence of n_artists str
    source, licence : str
        See ``Provenance``.
    mbids : sequence of n_artists str, optional
    validation : Interactions, optional
        Held-out rows of the same listeners to learn the blend on; else some are held out.
    config : Config, optional
    most_artists : int
        Artists that are kept, those with the most listeners.
    n_neighbours : int
        Weights that are kept of each artist's row.
    created : str, optional
        ISO 8601 date; today where not given.

    Raises
    ------
    DataError
        With fewer than twenty listeners: they would be recognised in what is kept.
    """
    whole = interactions if validation is None else Interactions.concat(interactions, validation)
    config = config or Config()
    artists, _ = matrices(whole, catalogue, config.weighing)
    n_users = n_listeners(artists)
    if n_users < LEAST_LISTENERS:
        raise DataError(f"a background prior needs {LEAST_LISTENERS} listeners, not {n_users}")
    about = Provenance(source, licence, created or f"{datetime.now(UTC):%Y-%m-%d}", n_users)
    settings = {k: getattr(config, k) for k in ("latent", "closed_form", "tune", "n_factors")}
    model = fit(
        interactions,
        catalogue,
        Config(parts=tuple(_PARTS), random_state=config.random_state, **settings),
        validation=validation,
    )
    listeners = np.bincount(artists.indices, minlength=catalogue.n_artists)
    kept = np.sort(np.argsort(-listeners, kind="stable")[:most_artists])
    kept = kept[listeners[kept] >= LEAST_LISTENERS_OF_ARTIST]
    kept = _distinct(kept, names, listeners)
    latent, near = _model(model, "latent", ALS), _model(model, "closed_form", EASE)
    weights, tag_factors, tags = _tag_factors(catalogue, latent, listeners)
    return Background(
        keys=tuple(name_key(names[k]) for k in kept.tolist()),
        mbids=tuple("" if mbids is None else mbids[k] for k in kept.tolist()),
        listeners=listeners[kept].astype(np.int32),
        n_known=catalogue.n_artists,
        factors=_half(latent.item_factors_[kept]),
        gram=latent.gram_,
        latent={k: getattr(latent, k) for k in ("unobserved", "regularisation", "dislike")},
        neighbours=_pruned(near.weights_[kept][:, kept], n_neighbours),
        norm=near.norm,
        tags=tags,
        idf=weights,
        tag_factors=_half(tag_factors),
        slopes={_PARTS[part.name]: _slopes(part) for part in model.parts},
        about=about,
    )


def _model(model: HybridRecommender, name: str, kind: type[_M]) -> _M:
    part = model.part(name)
    if part is None or not isinstance(part.model, kind):
        raise DataError(f"too little listening for a background prior: no {name}")
    return part.model


def _distinct(kept: Ints, names: Sequence[str], listeners: Ints) -> Ints:
    """Of artists that are called alike keep the one with the most listeners; none without a name."""
    best: dict[str, int] = {}
    for k in kept[np.argsort(-listeners[kept], kind="stable")].tolist():
        best.setdefault(name_key(names[k]), k)
    best.pop("", None)
    return np.sort(np.array(list(best.values()), np.int64))


def _tag_factors(
    catalogue: Catalogue, latent: ALS, listeners: Ints
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Learn what a tag says of the factors; also return the weight and the name of each tag."""
    rows = idf_rows(catalogue.tags)
    ridge = Lifted()
    kept, found = ridge_map(
        rows,
        latent.item_factors_,
        listeners.astype(np.float64),
        ridge=ridge.ridge,
        most_features=ridge.most_features,
    )
    return (
        idf(rows)[kept].astype(np.float32),
        found,
        tuple(catalogue.tag_names[k] for k in kept.tolist()),
    )


def _pruned(weights: Csr, n: int) -> Csr:
    row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    if not len(row):
        return empty(weights.shape)
    found = strongest(row, weights.indices.astype(np.int64), weights.data, n, weights.shape)
    found.data = _half(found.data)
    return found


def _half(values: Floats) -> Floats:
    """Round to half precision: what is kept, and what the file holds, are the same."""
    rounded: Floats = values.astype(np.float16).astype(np.float32)
    return rounded


def _slopes(part: Part) -> Slopes:
    curve = part.curve
    regular = curve.slopes[0]
    return regular, regular + curve.thin_slopes[0], curve.rare_slopes[0]
