"""Catalogue columns to unit feature rows, one block per part; what is missing is an empty row."""

import numpy as np
from scipy.sparse import diags_array, hstack
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from recsys.catalogue import Catalogue
from recsys.sparse import csr, empty, unit
from recsys.types import Csr, Doubles, Floats

_DECADE = 10.0
_FAME = 0.25  # chosen on validation rows


def country_rows(catalogue: Catalogue) -> Csr:
    """One-hot country of each artist, csr_array of shape (n_artists, n_countries), float32."""
    return _one_hot(catalogue.country, len(catalogue.country_names))


def artist_years(catalogue: Catalogue) -> Doubles:
    """Mean year of the items of each artist that have one, shape (n_artists,); NaN where none has."""
    known = ~np.isnan(catalogue.year)
    owner = catalogue.artist_of[known]
    n = np.bincount(owner, minlength=catalogue.n_artists)
    total = np.bincount(owner, catalogue.year[known], catalogue.n_artists)
    years: Doubles = np.divide(total, n, out=np.full(catalogue.n_artists, np.nan), where=n > 0)
    return years


def idf_rows(tags: Csr) -> Csr:
    """Make unit rows of log(1 + count) * idf."""
    weights = csr(tags).copy()
    weights.eliminate_zeros()
    weights.data = (np.log1p(weights.data) * idf(weights)[weights.indices]).astype(np.float32)
    return unit(weights)


def idf(rows: Csr) -> Doubles:
    """Inverse document frequency of each column, shape (n_features,): ln((1 + n) / (1 + df)) + 1."""
    df = np.bincount(rows.indices, minlength=rows.shape[1])
    found: Doubles = np.log((1 + rows.shape[0]) / (1 + df)) + 1
    return found


def by_renown(rows: Csr, renown: Floats) -> Csr:
    """Set beside every feature the same one times how well known the item is.

    What a regression makes of a feature may then depend on fame: a well-known metal band is wanted
    by others than an obscure one. Without it the features of both would be the same.

    Parameters
    ----------
    rows : csr_array of shape (n_items, n_features)
    renown : ndarray of shape (n_items,)
        Standardised among the items with features; where it is NaN the second half is empty.

    Returns
    -------
    csr_array of shape (n_items, 2 * n_features), float32
    """
    described = (np.diff(rows.indptr) > 0) & ~np.isnan(renown)
    spread = float(renown[described].std()) if described.any() else 0.0
    if spread == 0:
        return rows
    scaled = np.zeros(len(renown))
    scaled[described] = _FAME * (renown[described] - renown[described].mean()) / spread
    return csr(hstack([rows, diags_array(scaled) @ rows]))


def era_rows(year: Doubles) -> Csr:
    """Triangular bins of a decade with half a decade between them: near years share bins.

    Only bins that hold a year have a column: what reads the rows makes them dense, and one year far
    off must not cost a column for every half decade between.
    """
    known = np.flatnonzero(~np.isnan(year))
    if not len(known):
        return empty((len(year), 0))
    first = float(year[known].min())
    place = (year[known] - first) / (_DECADE / 2)
    low = np.floor(place)
    part = place - low
    rows = np.concatenate([known, known])
    bins, columns = np.unique(np.concatenate([low, low + 1]), return_inverse=True)
    values = np.concatenate([1 - part, part]).astype(np.float32)
    return unit(csr((values, (rows, columns)), (len(year), len(bins))))


def sound_rows(features: Floats) -> Csr:
    """Standardised columns with the mean where unknown, scaled to unit rows."""
    prepared = make_pipeline(
        StandardScaler(),
        SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True),
    )
    return unit(csr(prepared.fit_transform(features.astype(np.float64))))


def _one_hot(codes: "np.ndarray[tuple[int], np.dtype[np.int32]]", width: int) -> Csr:
    known = np.flatnonzero(codes >= 0)
    ones = np.ones(len(known), np.float32)
    return csr((ones, (known, codes[known])), (len(codes), width))
