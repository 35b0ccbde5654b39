"""What other places say is similar, in several lists per artist, made into one matrix."""

import numpy as np
from scipy.sparse import diags_array

from recsys.sparse import csr
from recsys.types import Csr, Doubles, Floats, Ints

_FLAT = 10.0  # places after which a neighbour counts half
_BELIEF = 0.6  # what the first place of a single list is worth
_BORROWED = 0.5  # weight of a tag that all artists around have
_LEAST_TAG = 0.15  # what few of them have is left out


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


def borrowed_tags(tags: Csr, similar: Csr) -> Csr:
    """Describe artists without a tag by those they are similar to, at half the weight.

    Parameters
    ----------
    tags : csr_array of shape (n_artists, n_tags)
    similar : csr_array of shape (n_artists, n_artists)
        As ``merged`` makes it.
    """
    bare = (np.diff(tags.indptr) == 0).astype(np.float64)
    around = _shares(similar, 1 - bare)
    lent = csr(diags_array(_BORROWED * bare) @ (around @ _present(tags)))
    lent.data[lent.data < _LEAST_TAG * _BORROWED] = 0
    lent.eliminate_zeros()
    return csr(tags + lent)


def borrowed_popularity(popularity: Floats, similar: Csr) -> Floats:
    """Take artists whose fame nobody knows for as known as those they are similar to.

    Parameters
    ----------
    popularity : ndarray of shape (n_artists,), float32
        NaN where unknown; stays NaN where nobody around is known either.
    similar : csr_array of shape (n_artists, n_artists)
    """
    known = ~np.isnan(popularity)
    around = _shares(similar, known.astype(np.float64))
    mean = np.clip(
        around @ np.where(known, popularity, 0.0), 0, 1
    )  # shares sum to 1 but for rounding
    reached = np.diff(around.indptr) > 0
    filled: Floats = np.where(known | ~reached, popularity, mean).astype(np.float32)
    return filled


def _shares(similar: Csr, lends: Doubles) -> Csr:
    """Weights of those around each artist who have something to lend, rows summing to 1."""
    both = csr((similar + similar.T) @ diags_array(lends))
    both.eliminate_zeros()
    total = np.asarray(both.sum(axis=1), np.float64).ravel()
    scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return csr(diags_array(scale) @ both)


def _present(tags: Csr) -> Csr:
    """Return which tags there are, by whatever unit they are counted in."""
    present = tags.copy()
    present.data = np.ones_like(present.data)
    return present
