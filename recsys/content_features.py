"""Catalogue columns to unit feature rows, block by block; a missing block weighs nothing."""

import numpy as np
from scipy.sparse import diags_array, hstack

from recsys.catalogue import Catalogue
from recsys.sparse import csr, empty
from recsys.types import Csr, Doubles, Floats

_DECADE = 10.0
BLOCKS = {"tags": 1.0, "country": 0.35, "era": 0.35, "sound": 0.6}


def artist_features(catalogue: Catalogue) -> Csr:
    """Tags, country and era of each artist, csr_array of shape (n_artists, n_features), float32.

    The era of an artist is the mean year of those of their items that have one.
    """
    known = ~np.isnan(catalogue.year)
    owner = catalogue.artist_of[known]
    n = np.bincount(owner, minlength=catalogue.n_artists)
    total = np.bincount(owner, catalogue.year[known], catalogue.n_artists)
    year = np.divide(total, n, out=np.full(catalogue.n_artists, np.nan), where=n > 0)
    blocks = [
        BLOCKS["tags"] * idf_rows(catalogue.tags),
        BLOCKS["country"] * _one_hot(catalogue.country, len(catalogue.country_names)),
        BLOCKS["era"] * era_rows(year),
    ]
    return unit(hstack(blocks, format="csr"))


def item_features(catalogue: Catalogue) -> Csr | None:
    """Own tags, era and sound of each item, (n_items, n_features); None where nothing is given."""
    blocks: list[Csr] = []
    if catalogue.item_tags is not None and catalogue.item_tags.nnz:
        blocks.append(BLOCKS["tags"] * idf_rows(catalogue.item_tags))
    if not np.isnan(catalogue.year).all():
        blocks.append(BLOCKS["era"] * era_rows(catalogue.year.astype(np.float64)))
    if catalogue.features is not None and catalogue.features.shape[1]:
        blocks.append(BLOCKS["sound"] * sound_rows(catalogue.features))
    return unit(hstack(blocks, format="csr")) if blocks else None


def idf_rows(tags: Csr) -> Csr:
    """Make unit rows of log(1 + count) * idf with idf = ln((1 + n) / (1 + df)) + 1."""
    weights = csr(tags).copy()
    weights.eliminate_zeros()
    df = np.bincount(weights.indices, minlength=tags.shape[1])
    idf = np.log((1 + tags.shape[0]) / (1 + df)) + 1
    weights.data = (np.log1p(weights.data) * idf[weights.indices]).astype(np.float32)
    return unit(weights)


def era_rows(year: Doubles) -> Csr:
    """Triangular bins of a decade with half a decade between them: near years share bins."""
    known = np.flatnonzero(~np.isnan(year))
    if not len(known):
        return empty((len(year), 0))
    first = float(year[known].min())
    place = (year[known] - first) / (_DECADE / 2)
    low = np.floor(place)
    part = place - low
    rows = np.concatenate([known, known])
    columns = np.concatenate([low, low + 1]).astype(np.int64)
    values = np.concatenate([1 - part, part]).astype(np.float32)
    return unit(csr((values, (rows, columns)), (len(year), int(low.max()) + 2)))


def sound_rows(features: Floats) -> Csr:
    """Standardised columns with 0 (the mean) where unknown, scaled to unit rows."""
    wide = features.astype(np.float64)
    known = ~np.isnan(wide)
    n = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, wide, 0).sum(axis=0) / n
    centred = np.where(known, wide - mean, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / n)
    scaled = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    return unit(csr(scaled))


def unit(rows: Csr) -> Csr:
    """Rows scaled to length 1; empty rows stay empty."""
    clean = csr(rows)
    length = np.sqrt(np.asarray(clean.multiply(clean).sum(axis=1), np.float64).ravel())
    scale = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    return csr(diags_array(scale, dtype=np.float64) @ clean)


def _one_hot(codes: "np.ndarray[tuple[int], np.dtype[np.int32]]", width: int) -> Csr:
    known = np.flatnonzero(codes >= 0)
    ones = np.ones(len(known), np.float32)
    return csr((ones, (known, codes[known])), (len(codes), width))
