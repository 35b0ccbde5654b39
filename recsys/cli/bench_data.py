"""Generated listening of any size: long-tailed listeners and items, tastes in groups."""

import numpy as np

from recsys.catalogue import Catalogue
from recsys.evidence import Evidence, Interactions
from recsys.sparse import csr
from recsys.types import Csr

_GROUPS = 40
_OWN = 0.8  # share of a listener's plays that fall into their own groups


def listening(n_users: int, n_items: int, n: int, *, seed: int = 0) -> Csr:
    """Draw about n pairs, shape (n_users, n_items), all 1.

    Listeners' activity is log-normal, items fall off by a power law (0.8), and four plays in five
    fall into one of two of forty groups of items that a listener has.
    """
    rng = np.random.default_rng(seed)
    active = rng.lognormal(0, 1, n_users)
    drawn = int(1.6 * n)
    user = rng.choice(n_users, drawn, p=active / active.sum())
    rank = np.arange(1, n_items + 1) ** -0.8
    groups = min(_GROUPS, n_items)
    per_group = -(-n_items // groups)
    anywhere = rng.choice(n_items, drawn, p=rank / rank.sum())
    within = rng.choice(per_group, drawn, p=rank[:per_group] / rank[:per_group].sum())
    group = rng.integers(0, groups, (n_users, 2))[user, rng.integers(0, 2, drawn)]
    item = np.where(
        rng.random(drawn) < _OWN, np.minimum(group + groups * within, n_items - 1), anywhere
    )
    key = rng.permutation(np.unique(user * n_items + item))[:n]
    return csr((np.ones(len(key)), (key // n_items, key % n_items)), (n_users, n_items))


def as_rows(pairs: Csr, *, seed: int = 0) -> tuple[Interactions, Catalogue]:
    """Make tracks of the columns: five of each artist, tags by group, plays by a geometric law."""
    rng = np.random.default_rng(seed)
    n_users, n_items = pairs.shape
    n_artists = max(1, n_items // 5)
    artist_of = np.arange(n_items) % n_artists
    tag = np.arange(n_artists) % min(_GROUPS, n_artists)
    tags = csr((np.ones(n_artists), (np.arange(n_artists), tag)))
    catalogue = Catalogue.build(np.arange(n_items), np.arange(n_artists), artist_of, tags=tags)
    user = np.repeat(np.arange(n_users), np.diff(pairs.indptr))
    plays = rng.geometric(0.1, pairs.nnz)
    evidence = Evidence.of(pairs.indices.astype(np.int64), value=plays)
    return Interactions.of(user, evidence, n_users=n_users), catalogue
