"""What other places say is similar, in several lists per artist, made into one matrix."""

import numpy as np

from recsys.sparse import csr
from recsys.types import Csr, Doubles, Ints

_FLAT = 10.0  # places after which a neighbour counts half
_BELIEF = 0.6  # what the first place of a single list is worth


def merged(seeds: Ints, others: Ints, sources: Ints, places: Ints, n: int) -> Csr:
    """Similarity of artists, merged over the sources by rank.

    Scores of different sources are not comparable, places are. A neighbour at place p of one list
    is worth ``v = 0.6 * 11 / (10 + p)``; lists that agree add up as ``1 - prod (1 - v)``.

    Parameters
    ----------
    seeds, others, sources, places : ndarray of int64, all of one length
        Indices of the artist asked about and of the neighbour, who said so, and the place from 1.
    n : int
        Number of artists.

    Returns
    -------
    csr_array of shape (n, n), float32
        0..1, rows by the artist asked about; nobody is similar to themselves.

    References
    ----------
    Cormack, Clarke, Buettcher, "Reciprocal rank fusion outperforms Condorcet and individual rank
    learning methods", SIGIR 2009 (the discount by place; the sum here is bounded).
    """
    apart = seeds != others
    seeds, others, sources, places = (a[apart] for a in (seeds, others, sources, places))
    cell = seeds * n + others
    order = np.lexsort((places, sources, cell))
    first = np.ones(len(order), np.bool_)  # the best place in each list
    same = (np.diff(cell[order]) == 0) & (np.diff(sources[order]) == 0)
    first[1:] = ~same
    kept = order[first]
    worth: Doubles = _BELIEF * (_FLAT + 1) / (_FLAT + np.maximum(places[kept], 1))
    cells, at = np.unique(cell[kept], return_inverse=True)
    doubt = np.bincount(at, weights=np.log1p(-worth), minlength=len(cells))
    return csr((1 - np.exp(doubt), (cells // n, cells % n)), (n, n))
