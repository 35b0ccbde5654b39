"""Rows held back from a fit, to learn from what it makes of the others."""

import numpy as np

from recsys.catalogue import Catalogue
from recsys.evidence import Interactions, Kind, Level


def hold_out(
    rows: Interactions,
    catalogue: Catalogue,
    *,
    share: float = 0.2,
    most_users: int | None = None,
    seed: int = 0,
) -> tuple[Interactions, Interactions]:
    """Split off ``share`` of the targets of each listener with five targets or more.

    Rows of one (listener, item or artist) stay together; what people nearby play is known anyway.
    Where there are more than ``most_users`` such listeners, so many are drawn by lot; the others
    keep all.
    """
    theirs = rows.kind == Kind.NEARBY
    if theirs.any():
        kept, held = hold_out(
            rows.where(~theirs), catalogue, share=share, most_users=most_users, seed=seed
        )
        return Interactions.concat(kept, rows.where(theirs)), held
    rng = np.random.default_rng(seed)
    at_items = rows.level == Level.ITEM
    target = np.where(
        at_items, catalogue.items.index_of(rows.id), catalogue.artists.index_of(rows.id)
    )
    key = (rows.user * 2 + rows.level) * (catalogue.n_items + catalogue.n_artists + 1) + target
    pairs, first, pair = np.unique(key, return_index=True, return_inverse=True)
    user = rows.user[first]
    count = np.bincount(user, minlength=rows.n_users)
    shuffled = np.lexsort((rng.random(len(pairs)), user))
    place = np.empty(len(pairs), np.int64)
    place[shuffled] = np.arange(len(pairs)) - np.repeat(np.cumsum(count) - count, count)
    wanted = np.where(count >= 5, np.maximum(1, np.round(share * count)), 0)
    asked = np.flatnonzero(wanted)
    if most_users is not None and len(asked) > most_users:
        wanted[rng.permutation(asked)[most_users:]] = 0
    out = (place < wanted[user])[pair]
    return rows.where(~out), rows.where(out)
