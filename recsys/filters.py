"""What may be shown at all."""

import numpy as np

from recsys.catalogue import Catalogue
from recsys.evidence import Level
from recsys.profile import Profile
from recsys.recommendation import Options
from recsys.types import Bools, Ints


def eligible_items(catalogue: Catalogue, profile: Profile, options: Options) -> Bools:
    """Which items the options allow for this listener, shape (n_items,), bool."""
    allowed = np.ones(catalogue.n_items, np.bool_)
    if options.among is not None:
        allowed[:] = False
        allowed[_known(catalogue.items.index_of(options.among))] = True
    allowed[_known(catalogue.items.index_of(options.exclude_items))] = False
    if len(options.exclude_artists):
        allowed &= eligible_artists(catalogue, options)[catalogue.artist_of]
    if options.exclude_known:
        allowed[profile.known_items] = False
        if options.exclude_known_artists and not catalogue.is_flat:
            allowed[np.isin(catalogue.artist_of, profile.known_artists)] = False
        seed = options.like
        if seed is not None:
            named = catalogue.items.index_of(seed.id)
            allowed[named[(seed.level == Level.ITEM) & (named >= 0)]] = False
    return allowed


def eligible_artists(catalogue: Catalogue, options: Options) -> Bools:
    """Which artists are not excluded, shape (n_artists,), bool."""
    allowed = np.ones(catalogue.n_artists, np.bool_)
    allowed[_known(catalogue.artists.index_of(options.exclude_artists))] = False
    return allowed


def _known(indices: Ints) -> Ints:
    return indices[indices >= 0]
