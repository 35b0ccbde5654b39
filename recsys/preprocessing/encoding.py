"""What is known of items as columns that a learner can use, gaps included."""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from recsys.catalogue import Catalogue
from recsys.types import Doubles

_DECADE = 10.0
_COUNTRIES = 20
_UNKNOWN = -1


def item_columns(catalogue: Catalogue) -> Doubles:
    """Encode year, decade, sound and country of every item.

    Numbers are standardised with the median where unknown, and one more column per gap-ridden
    number says that it is a guess; decades are ordinal with -1 for unknown; countries are one-hot,
    rare ones together, an unknown one all zeros.

    Returns
    -------
    ndarray of shape (n_items, n_columns), float64
        Finite. What nothing is known of has no column; with nothing at all the width is 0.
    """
    n = catalogue.n_items
    year = catalogue.year.astype(np.float64)[:, None]
    sound = catalogue.features
    numbers = year if sound is None else np.concatenate([year, sound.astype(np.float64)], axis=1)
    numbers = numbers[:, ~np.isnan(numbers).all(axis=0)]
    blocks = [numbers]
    steps = []
    width = numbers.shape[1]
    if width:
        measured = make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
        )
        steps.append(("numbers", measured, slice(0, width)))
    if not np.isnan(year).all():
        blocks.append(np.where(np.isnan(year), np.nan, np.floor(year / _DECADE)))
        ordinal = OrdinalEncoder(
            encoded_missing_value=_UNKNOWN,
            handle_unknown="use_encoded_value",
            unknown_value=_UNKNOWN,
        )
        steps.append(("decade", ordinal, slice(width, width + 1)))
        width += 1
    if (catalogue.country >= 0).any():
        blocks.append(catalogue.country[catalogue.artist_of].astype(np.float64)[:, None])
        known = np.arange(len(catalogue.country_names), dtype=np.float64)
        one_hot = OneHotEncoder(
            categories=[known],
            handle_unknown="ignore",
            max_categories=_COUNTRIES,
            sparse_output=False,
        )
        steps.append(("country", one_hot, slice(width, width + 1)))
        width += 1
    if not steps or not n:
        return np.zeros((n, 0))
    encoded: Doubles = ColumnTransformer(steps).fit_transform(np.concatenate(blocks, axis=1))
    return encoded
