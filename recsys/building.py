"""Which models a score is made of: those that the data at hand supports, fitted."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from recsys.background import Aligned
from recsys.base import Model
from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.content_features import (
    artist_years,
    by_renown,
    country_rows,
    era_rows,
    idf_rows,
    sound_rows,
)
from recsys.errors import DataError
from recsys.evidence import Level
from recsys.interactions import n_listeners
from recsys.models.als import ALS
from recsys.models.content import Content
from recsys.models.ease import EASE
from recsys.models.elsewhere import Elsewhere
from recsys.models.familiar import Familiar
from recsys.models.graph_walk import GraphWalk
from recsys.models.group import Group
from recsys.models.item_knn import ItemKNN
from recsys.models.lifted import Lifted
from recsys.models.popularity import Popularity
from recsys.models.user_knn import UserKNN
from recsys.recipe import Candidate
from recsys.types import Csr

YARDSTICKS = ("neighbours_tfidf", "neighbours_bm25", "user_neighbours")
"""Parts that are only built when asked for: other weightings of one that is there, and one that holds
rows of listeners, which no model may keep."""

LEAST_USERS_FOR_FACTORS = 10
_PRIOR_ALONE = 1e9  # listeners: so many that those here do not matter
_LARGE = 500_000  # pairs: from here on a sweep takes a second, ...
_SWEEPS, _SWEEPS_OF_LARGE = 8, 6  # ... and the last two gain nothing (generated set of a million)
TRACKS: dict[str, Any] = {"regularisation": 20.0, "n_neighbours": 100}
"""Defaults of ``EASE`` over tracks: there are more of them, with fewer listeners each."""
Made = tuple[str, Callable[[], Model]]


def build(
    artists: Csr,
    items: Csr,
    catalogue: Catalogue,
    config: Config,
    *,
    nearby: bool = False,
    cold: bool = False,
    background: Aligned | None = None,
) -> list[Candidate]:
    """Fit the models that this much data supports, in the order of the parts.

    Parameters
    ----------
    artists, items : csr_array of shape (n_users, n_artists) and (n_users, n_items)
    catalogue : Catalogue
    config : Config
    nearby : bool
        Whether it is known what people close to the listeners play.
    cold : bool
        Only the artist-level parts that have something to say without listeners.
    background : Aligned, optional
        A prior of other listeners; it also has a say in how far each part is trusted in advance.
    """
    found = []
    recipes = [*_at_artists(artists, catalogue, config)]
    if nearby:
        recipes.append(("nearby", Familiar))
    if background is not None:
        recipes += [(name, _returned(model)) for name, model in background.models()]
    n_users = n_listeners(artists)
    if not cold:
        recipes += [*_at_items(items, catalogue, config)]
    for name, make in recipes:
        wanted = name not in YARDSTICKS if config.parts is None else name in config.parts
        if not wanted:
            continue
        one = Candidate(name, make())
        if background is not None and one.kind.level == Level.ARTIST:
            told = background.told(name, one.kind.trust(n_users), n_users)
            one = replace(one, told=told)
        if cold and one.kind.needs_listeners:
            continue
        matrix = artists if one.kind.level == Level.ARTIST else items
        one.model.fit(matrix)
        found.append(one)
    if not found and not cold:
        raise DataError(f"too little data for {', '.join(config.parts or ())}")
    return found


def _at_artists(artists: Csr, catalogue: Catalogue, config: Config) -> Iterator[Made]:
    tags = idf_rows(catalogue.tags)
    n_users = n_listeners(artists)
    keywords: dict[str, Any] = {
        "n_factors": config.factors(n_users),
        "n_iterations": _sweeps(artists),
        "random_state": config.random_state,
        "side": catalogue.tags if catalogue.tags.nnz else None,
        **config.latent,
    }
    latent = ALS(**keywords)
    yield "popularity", Popularity
    if len(np.unique(catalogue.popularity[~np.isnan(catalogue.popularity)])) > 1:
        yield "renown", lambda: Popularity(catalogue.popularity, prior_listeners=_PRIOR_ALONE)
    if n_users >= LEAST_USERS_FOR_FACTORS:
        yield "latent", lambda: latent
    closed = {"random_state": config.random_state, **config.closed_form}
    yield "closed_form", lambda: EASE(catalogue.tags, **closed)
    if tags.nnz:
        yield "content", lambda: Content(tags)
        if n_users >= LEAST_USERS_FOR_FACTORS:
            famed = by_renown(tags, catalogue.popularity)
            yield "lifted", lambda: Lifted(famed, fitted=_if_fitted(latent), **keywords)
    if (catalogue.country >= 0).any():
        yield "country", lambda: Content(country_rows(catalogue))
    if not np.isnan(catalogue.year).all():
        yield "era", lambda: Content(era_rows(artist_years(catalogue)))
    if catalogue.similar is not None and catalogue.similar.nnz:
        yield "similar_elsewhere", lambda: Elsewhere(catalogue.similar)
    if not catalogue.is_flat:
        yield "familiar", Familiar
    yield "neighbours", ItemKNN
    yield "neighbours_tfidf", lambda: ItemKNN(weighting="tfidf")
    yield "neighbours_bm25", lambda: ItemKNN(weighting="bm25")
    yield "graph_walk", GraphWalk
    yield "user_neighbours", UserKNN


def _at_items(items: Csr, catalogue: Catalogue, config: Config) -> Iterator[Made]:
    if catalogue.features is not None and catalogue.features.shape[1]:
        sound = sound_rows(catalogue.features)
        yield "sound", lambda: Content(sound)
    if catalogue.is_flat:
        return
    yield "track_popularity", lambda: Popularity(prior_listeners=20.0)
    if catalogue.item_tags is not None and catalogue.item_tags.nnz:
        tags = idf_rows(catalogue.item_tags)
        yield "track_content", lambda: Content(tags)
    if not np.isnan(catalogue.year).all():
        yield "track_era", lambda: Content(era_rows(catalogue.year.astype(np.float64)))
    listeners = np.bincount(items.indices, minlength=catalogue.n_items)
    if int((listeners >= 2).sum()) >= config.least_shared_items:
        n_users = n_listeners(items)
        keywords: dict[str, Any] = {
            "n_factors": config.n_factors or int(np.clip(n_users // 8, 8, 64)),
            "n_iterations": _sweeps(items),
            "random_state": config.random_state,
            **config.track_latent,
        }
        yield "track_latent", lambda: ALS(**keywords)
        closed = {**TRACKS, "random_state": config.random_state, **config.track_closed_form}
        yield "track_closed_form", lambda: EASE(**closed)
    artist_of = catalogue.artist_of
    yield "artist_tracks", lambda: Group(artist_of)
    yield "artist_share", lambda: Group(artist_of, share=1.0)
    if catalogue.album_of is not None:
        album_of = catalogue.album_of
        yield "album_tracks", lambda: Group(album_of)
        yield "album_share", lambda: Group(album_of, share=1.0)
        yield "album_popularity", lambda: Popularity(group_of=album_of)


def _sweeps(matrix: Csr) -> int:
    return _SWEEPS if matrix.nnz < _LARGE else _SWEEPS_OF_LARGE


def _if_fitted(latent: ALS) -> ALS | None:
    """Return it where its own part was built just before: one fit serves both."""
    return latent if hasattr(latent, "item_factors_") else None


def _returned(model: Model) -> Callable[[], Model]:
    return lambda: model
