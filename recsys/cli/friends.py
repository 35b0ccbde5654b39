"""Listeners who know each other: what one plays says something of the other."""

from pathlib import Path
from typing import Any

import numpy as np

from recsys.catalogue import Catalogue
from recsys.cli.ids import codes
from recsys.cli.tables import columns
from recsys.errors import DataError
from recsys.evidence import Evidence, Interactions, Kind, Level
from recsys.sparse import csr
from recsys.types import Csr


def read_friends(path: Path, user_ids: Any) -> Csr:
    """Read pairs of listeners, shape (n_users, n_users), 1 where two know each other.

    A pair counts in both directions, whichever of them stand in the file; people without any plays
    and rows that name one alone are passed over.

    Raises
    ------
    DataError
        When no pair names two listeners of the plays.
    """
    frame = columns(path, ("listener", "listener"), 2, blanks=1, unknown=())
    frame = frame[frame[1].notna()]
    pairs_of = [codes(user_ids, frame[column]) for column in (0, 1)]
    is_pair = (pairs_of[0] >= 0) & (pairs_of[1] >= 0) & (pairs_of[0] != pairs_of[1])
    one, other = (side[is_pair] for side in pairs_of)
    if not len(one):
        raise DataError(
            f"{path.name} names no two listeners of the plays in one row; write them as they are there"
        )
    ends = np.concatenate([one, other]), np.concatenate([other, one])
    pairs = csr((np.ones(2 * len(one)), ends), (len(user_ids), len(user_ids)))
    pairs.data[:] = 1
    return pairs


def with_friends(rows: Interactions, friends: Csr, catalogue: Catalogue) -> Interactions:
    """Add how many friends of each listener have each artist, counted in these very rows."""
    at_items = rows.level == Level.ITEM
    artist = np.full(len(rows), -1, np.int64)
    item = catalogue.items.index_of(rows.id[at_items])
    artist[at_items] = np.where(item >= 0, catalogue.artist_of[item], -1)
    artist[~at_items] = catalogue.artists.index_of(rows.id[~at_items])
    found = artist >= 0
    cells = rows.user[found], artist[found]
    has = csr((np.ones(int(found.sum())), cells), (rows.n_users, catalogue.n_artists))
    has.sum_duplicates()
    has.data[:] = 1
    near = (friends @ has).tocoo()
    user, about = near.coords
    evidence = Evidence.of(
        catalogue.artists.ids[about], level=Level.ARTIST, kind=Kind.NEARBY, value=near.data
    )
    return Interactions.concat(rows, Interactions.of(user, evidence, n_users=rows.n_users))
