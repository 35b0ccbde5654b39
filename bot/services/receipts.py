"""What a vote moved: the same ranking before and after, by two fold-ins (decision D5)."""

from dataclasses import dataclass

import numpy as np

from recsys import Evidence, HybridRecommender

WATCHED = 100
"""Movements further down than this rank, before and after, are of no interest to anybody."""


@dataclass(frozen=True, slots=True)
class Movement:
    """An artist's score rank among all artists, 1 is best, before and after."""

    artist_id: int
    before: int
    after: int


def moved_artists(
    model: HybridRecommender, before: Evidence, after: Evidence, voted_artist: int, *, n: int = 3
) -> tuple[Movement, ...]:
    """Return the voted artist and the artists whose rank changed most, by ratio of ranks.

    A change from 4 to 2 counts as much as one from 40 to 20: the top of the list is what people
    see. Artists that stay below rank `WATCHED` are left out, except the voted one.
    """
    artist_ids = np.asarray(model.catalogue.artists.ids, dtype=np.int64)
    old = model.artist_ranks(model.fold_in(before), artist_ids)
    new = model.artist_ranks(model.fold_in(after), artist_ids)
    ranked = np.flatnonzero((old > 0) & (new > 0))
    change = np.zeros(len(artist_ids))
    change[ranked] = np.abs(np.log(old[ranked] / new[ranked]))
    voted = np.flatnonzero((artist_ids == voted_artist) & (change > 0)).tolist()
    change[np.minimum(old, new) > WATCHED] = 0.0
    best = np.argsort(-change, kind="stable")[: n + 1].tolist()
    order = voted + [i for i in best if change[i] > 0 and i not in voted]
    return tuple(Movement(int(artist_ids[i]), int(old[i]), int(new[i])) for i in order[:n])
