"""Factors from features: fitted here, or taken of a latent model that is fitted already."""

import numpy as np
import pytest

from recsys import DataError, NotFittedError
from recsys.building import build
from recsys.config import Config
from recsys.content_features import idf_rows
from recsys.interactions import Weighing, weigh
from recsys.models.als import ALS
from recsys.models.lifted import Lifted
from tests.recsys.tastes import catalogue, community, draws


@pytest.fixture(scope="module")
def features():
    return idf_rows(catalogue().tags)


@pytest.fixture(scope="module")
def matrices():
    rows = community(draws())
    signals = weigh(catalogue(), rows, Weighing())
    return (
        signals.artists.matrix(rows.n_users, catalogue().n_artists),
        signals.items.matrix(rows.n_users, catalogue().n_items),
    )


def scores(model, rows):
    return model.score(model.fold_in(rows))


def test_fitted_factors_give_what_a_fit_of_its_own_gives(features, matrices):
    artists, _ = matrices
    latent = ALS(n_factors=8).fit(artists)
    own = Lifted(features, n_factors=8).fit(artists)
    taken = Lifted(features, n_factors=8, fitted=latent).fit(artists)
    assert np.array_equal(scores(own, artists[:5]), scores(taken, artists[:5]))


def test_one_that_is_not_fitted_or_unlike_is_refused(features, matrices):
    artists, _ = matrices
    with pytest.raises(NotFittedError):
        Lifted(features, fitted=ALS(n_factors=4), n_factors=4).fit(artists)
    latent = ALS(n_factors=4).fit(artists)
    with pytest.raises(DataError, match="n_factors must be that of the fitted model, 4"):
        Lifted(features, fitted=latent).fit(artists)
    with pytest.raises(DataError, match="columns"):
        Lifted(features, fitted=latent, n_factors=4).fit(artists[:, :-1])


def test_a_training_fits_the_factors_once_and_alone_comes_to_the_same(matrices):
    found = [
        {one.name: one.model for one in build(*matrices, catalogue(), Config(parts=parts))}
        for parts in (("latent", "lifted"), ("lifted",))
    ]
    assert found[0]["lifted"].fitted is found[0]["latent"]
    assert found[1]["lifted"].fitted is None
    rows = matrices[0][:5]
    assert np.array_equal(*(scores(one["lifted"], rows) for one in found))
