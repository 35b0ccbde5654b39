"""What to trust about artists that nobody here has heard: learned on others that play their part."""

import numpy as np

from recsys.building import build
from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.evidence import Level
from recsys.interactions import audience, n_listeners
from recsys.ranking_sample import Asked, Fold, with_shared_parts
from recsys.sampling import draw_sample
from recsys.sparse import csr, empty
from recsys.types import Bools, Csr
from recsys.weights import Blend, learn_blend

_COLD_SHARE = 0.1  # of the artists that can play the part of new ones
_LEAST_COLD = 15
_MANY_COLD, _MOST_TURNS = 100, 4
_LEAST_USERS = 20
_MOST_USERS = 3_000  # more would say the same of tags, at the price of a larger fit


def cold_blend(artists: Csr, items: Csr, catalogue: Catalogue, config: Config) -> Blend | None:
    """Learn what to trust about artists that nobody here has heard.

    A tenth of the well-described artists with a few listeners plays their part: all that is known
    of their listeners is held out, and only the parts that need no listeners may speak. Where they
    are few, other tenths take turns. None where there are too few of them, or too few listeners, to
    learn from.
    """
    listeners = np.bincount(artists.indices, minlength=catalogue.n_artists)
    described = np.diff(catalogue.tags.indptr) > 0
    able = np.flatnonzero(described & (listeners >= 3))
    n = int(_COLD_SHARE * len(able))
    if not config.learn_weights or n < _LEAST_COLD or n_listeners(artists) < _LEAST_USERS:
        return None
    rng = np.random.default_rng(config.random_state)
    if artists.shape[0] > _MOST_USERS:
        some = np.sort(rng.choice(artists.shape[0], _MOST_USERS, replace=False))
        artists, items = csr(artists[some]), csr(items[some])
    order = rng.permutation(able)
    turns = int(np.clip(_MANY_COLD // n, 1, _MOST_TURNS))
    folds = []
    cold = np.zeros((turns, catalogue.n_artists), np.bool_)
    for turn, new in enumerate(cold):
        new[order[turn * n : (turn + 1) * n]] = True
        folds.append(_without_listeners(artists, items, new, catalogue, config))
    if not all(fold.parts for fold in folds):
        return None
    folds = with_shared_parts(folds)
    sample = draw_sample(
        folds,
        catalogue,
        level=Level.ARTIST,
        most_users=config.validation_users,
        seed=config.random_state,
        among=cold,
    )
    blend = learn_blend(folds[0].parts, sample, n_listeners(artists), rising=True)
    return blend if blend.n_positives else None


def _without_listeners(
    artists: Csr, items: Csr, new: Bools, catalogue: Catalogue, config: Config
) -> Fold:
    """Fit the parts as if nobody had heard some artists, and ask for them."""
    left_artists, left_items = _without(artists, new), _without(items, new[catalogue.artist_of])
    asked = Asked(
        left_artists,
        left_items,
        empty(artists.shape),
        _without(artists, ~new),
        audience(left_artists),
        audience(left_items),
    )
    return Fold(build(left_artists, left_items, catalogue, config, cold=True), asked)


def _without(matrix: Csr, columns: Bools) -> Csr:
    left = matrix.copy()
    left.data = np.where(columns[left.indices], 0, left.data)
    left.eliminate_zeros()
    return left
