"""A generated community with groups of artists that belong together."""

import numpy as np

from recsys import Catalogue, Evidence, Interactions
from recsys.sparse import csr

N_GROUPS, PER_GROUP, N_USERS = 6, 25, 90


def catalogue(n_tracks: int = 2) -> Catalogue:
    n = N_GROUPS * PER_GROUP
    group = np.arange(n) // PER_GROUP
    tags = csr((np.ones(n), (np.arange(n), group)), (n, N_GROUPS))
    return Catalogue.build(
        np.arange(1, n * n_tracks + 1),
        np.arange(1, n + 1),
        np.repeat(np.arange(n), n_tracks),
        tags=tags,
        tag_names=tuple(f"style {g}" for g in range(N_GROUPS)),
        year=1960.0 + 10 * np.repeat(group, n_tracks),
        popularity=np.linspace(0.1, 0.9, n),
    )


def draws(n_users: int = N_USERS, *, seed: int = 3, each: int = 20) -> list[np.ndarray]:
    """Tracks each listener loves: two groups, well-known artists more often."""
    rng = np.random.default_rng(seed)
    n = N_GROUPS * PER_GROUP
    found = []
    for _ in range(n_users):
        weight = np.full(n, 0.02)
        for group in rng.choice(N_GROUPS, 2, replace=False):
            weight[group * PER_GROUP : (group + 1) * PER_GROUP] = np.linspace(0.5, 1.5, PER_GROUP)
        artists = rng.choice(n, each, replace=False, p=weight / weight.sum())
        found.append(2 * artists + rng.integers(0, 2, each) + 1)
    return found


def community(loved: list[np.ndarray]) -> Interactions:
    user = np.repeat(np.arange(len(loved)), [len(x) for x in loved])
    plays = np.random.default_rng(0).integers(1, 40, len(user)).astype(np.float32)
    evidence = Evidence.of(np.concatenate(loved), value=plays)
    return Interactions.of(user, evidence, n_users=len(loved))


def alone() -> Catalogue:
    """The same artists as items of their own: a data set without tracks."""
    whole = catalogue()
    return Catalogue.build(
        whole.artists.ids, tags=whole.tags, tag_names=whole.tag_names, popularity=whole.popularity
    )


def artists_of(loved: list[np.ndarray]) -> list[np.ndarray]:
    return [(tracks - 1) // 2 + 1 for tracks in loved]
