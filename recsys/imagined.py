"""Listeners made up from tags: they show how far each part spreads where nobody has played yet."""

import numpy as np

from recsys.catalogue import Catalogue
from recsys.evidence import Evidence, Interactions

_LISTENERS = 50
_ITEMS = 5


def imagined_listeners(catalogue: Catalogue, *, seed: int) -> Interactions:
    """Return up to fifty listeners who each have five items of artists that share a tag.

    Their taste teaches nothing; it is only used to bring the parts of an empty server's model onto
    one scale.
    """
    rng = np.random.default_rng(seed)
    tags = catalogue.tags.tocsc()
    size = np.diff(tags.indptr)
    several = np.flatnonzero(size >= _ITEMS)
    listeners = []
    for tag in rng.permutation(several)[:_LISTENERS].tolist():
        artists = tags.indices[tags.indptr[tag] : tags.indptr[tag + 1]]
        items = np.flatnonzero(np.isin(catalogue.artist_of, artists))
        if len(items) >= _ITEMS:
            listeners.append(Evidence.of(catalogue.items.ids[rng.choice(items, _ITEMS, False)]))
    while len(listeners) < _LISTENERS and catalogue.n_items >= _ITEMS:
        items = rng.choice(catalogue.n_items, _ITEMS, replace=False)
        listeners.append(Evidence.of(catalogue.items.ids[items]))
    return Interactions.from_listeners(listeners)
