"""Rows held back from a fit, to learn from what it makes of the others."""

from dataclasses import dataclass

import numpy as np

from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.evidence import Interactions, Kind, Level
from recsys.types import Bools

ENOUGH = 15_000
"""Held-out rows of a fold beyond which more listeners would teach nothing new."""
_LITTLE = 0.02  # of all rows: models fitted without so many are as good
_MARGIN = 0.75  # of those are aimed at, as some listeners have far more rows than others
_FEWEST = 300  # listeners asked, however many rows each has
_NEWCOMERS = 0.1
_LEAST_USERS_FOR_NEWCOMERS = 20


@dataclass(frozen=True, eq=False)
class Holdout:
    """What a training learns settings and blend from.

    Parameters
    ----------
    known, held_out : Interactions
        The latter may be empty.
    asked : ndarray of shape (n_users,), bool, or None
        Where a few listeners are asked only, who they are. The models know all that is not held out
        but the rows of the newcomers among them, and are as good as models of all rows.
    """

    known: Interactions
    held_out: Interactions
    asked: Bools | None = None


def set_aside(rows: Interactions, catalogue: Catalogue, config: Config) -> Holdout:
    """Hold out a fifth of each listener's targets; of plenty, a fifth of some listeners' alone.

    From ``config.plenty`` rows on as many listeners are drawn by lot as are enough to learn from, a
    tenth of them as newcomers, and the others keep their rows. Held-out rows and all rows of those
    newcomers are 2 % at most; where that leaves fewer than 300 listeners, all are asked.
    """
    known, held_out = hold_out(rows, catalogue, seed=config.random_state)
    n_rows = int((rows.kind != Kind.NEARBY).sum())
    if n_rows < config.plenty or not len(held_out):
        return Holdout(known, held_out)
    n_able = len(np.unique(held_out.user))
    most = 2 / 3 * config.validation_users
    n_asked = np.clip(ENOUGH * n_able / len(held_out), _FEWEST, most)
    if_all = len(held_out) + _NEWCOMERS * (n_rows - len(held_out))  # rows missing if all were asked
    share = min(n_asked / n_able, _MARGIN * _LITTLE * n_rows / if_all)
    if share * n_able < min(_FEWEST, most):
        return Holdout(known, held_out)
    rng = np.random.default_rng([config.random_state, 1])  # whoever is a newcomer is drawn apart
    asked = rng.random(rows.n_users) < share
    out = asked[held_out.user]
    new = asked & newcomers(rows.n_users, config.random_state)
    n_missing = int(out.sum()) + int((new[known.user] & (known.kind != Kind.NEARBY)).sum())
    if n_missing > _LITTLE * n_rows:
        return Holdout(known, held_out)
    return Holdout(Interactions.concat(known, held_out.where(~out)), held_out.where(out), asked)


def newcomers(n_users: int, seed: int) -> Bools:
    """Choose listeners who take no part in the fit of the parts, shape (n_users,), bool.

    They are asked as if they had just come.
    """
    if n_users < _LEAST_USERS_FOR_NEWCOMERS:
        return np.zeros(n_users, np.bool_)
    chosen: Bools = np.random.default_rng(seed).random(n_users) < _NEWCOMERS
    return chosen


def hold_out(
    rows: Interactions, catalogue: Catalogue, *, share: float = 0.2, seed: int = 0
) -> tuple[Interactions, Interactions]:
    """Split off ``share`` of the targets of each listener with five targets or more.

    Rows of one (listener, item or artist) stay together; what people nearby play is known anyway.
    """
    theirs = rows.kind == Kind.NEARBY
    if theirs.any():
        kept, held = hold_out(rows.where(~theirs), catalogue, share=share, seed=seed)
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
    out = (place < wanted[user])[pair]
    return rows.where(~out), rows.where(out)
