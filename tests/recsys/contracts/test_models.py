"""What every model promises."""

from functools import cache

import numpy as np
import pytest

from recsys import DataError, NotFittedError
from recsys.content_features import idf_rows
from recsys.interactions import Weighing, weigh
from recsys.models.als import ALS
from recsys.models.content import Content
from recsys.models.ease import EASE
from recsys.models.elsewhere import Elsewhere
from recsys.models.familiar import Familiar
from recsys.models.frozen import FrozenFactors, FrozenNeighbours, FrozenRenown
from recsys.models.graph_walk import GraphWalk
from recsys.models.group import Group
from recsys.models.item_knn import ItemKNN
from recsys.models.lifted import Lifted
from recsys.models.popularity import Popularity
from recsys.models.user_knn import UserKNN
from recsys.similar import merged
from recsys.sparse import csr
from tests.recsys.tastes import catalogue, community, draws

MODELS = {
    "als": lambda: ALS(n_factors=8),
    "knn": ItemKNN,
    "knn, tf-idf": lambda: ItemKNN(weighting="tfidf"),
    "knn, bm25": lambda: ItemKNN(weighting="bm25"),
    "ease": EASE,
    "collective ease": lambda: EASE(catalogue().tags),
    "elsewhere": lambda: Elsewhere(unlike_the_tags()),
    "lifted": lambda: Lifted(idf_rows(catalogue().tags), n_factors=8),
    "lifted, of fitted factors": lambda: Lifted(
        idf_rows(catalogue().tags), fitted=fitted_elsewhere()[0], n_factors=8
    ),
    "graph walk": GraphWalk,
    "listeners": lambda: UserKNN(n_neighbours=10),
    "group": lambda: Group(np.arange(len(catalogue().artists), dtype=np.int32) // 7),
    "group share": lambda: Group(np.arange(len(catalogue().artists), dtype=np.int32) // 7, share=1),
    "content": lambda: Content(idf_rows(catalogue().tags)),
    "familiar": Familiar,
    "popularity": lambda: Popularity(catalogue().popularity),
    "factors of elsewhere": lambda: learned_elsewhere()[0],
    "neighbours of elsewhere": lambda: learned_elsewhere()[1],
    "renown of elsewhere": lambda: learned_elsewhere()[2],
}


def unlike_the_tags():
    """Every artist is similar to the three after it, the nearest most, in two lists of three."""
    n = len(catalogue().artists)
    seed, place = np.repeat(np.arange(n), 3), np.tile([1, 2, 3], n)
    seeds, others = np.tile(seed, 2), np.tile((seed + place) % n, 2)
    return merged(seeds, others, np.repeat([0, 1], 3 * n), np.tile(place, 2), n)


@cache
def fitted_elsewhere():
    whole = catalogue()
    rows = community(draws(60, seed=9))
    there = weigh(whole, rows, Weighing()).artists.matrix(rows.n_users, whole.n_artists)
    return ALS(n_factors=8).fit(there), EASE().fit(there), Popularity().fit(there)


def learned_elsewhere():
    """Models of other listeners; every tenth artist is unknown there."""
    factors, neighbours, renown = fitted_elsewhere()
    unknown = np.arange(len(factors.item_factors_)) % 10 == 0
    known = np.where(unknown[:, None], 0, factors.item_factors_).astype(np.float32)
    return (
        FrozenFactors(known, factors.gram_, 400, unobserved=0.05, regularisation=0.01, dislike=0.3),
        FrozenNeighbours(csr(neighbours.weights_)),
        FrozenRenown(renown.log_odds_),
    )


@pytest.fixture(scope="module")
def matrix():
    rows = community(draws())
    whole = catalogue()
    return weigh(whole, rows, Weighing()).artists.matrix(rows.n_users, whole.n_artists)


@pytest.fixture(params=sorted(MODELS))
def make(request):
    return MODELS[request.param]


def test_a_second_fit_equals_a_fresh_one_bit_for_bit(make, matrix):
    twice = make().fit(matrix[:40]).fit(matrix)
    once = make().fit(matrix)
    scores = [m.score(m.fold_in(matrix[:5])) for m in (twice, once)]
    assert np.array_equal(*scores)


def test_not_fitted_raises(make, matrix):
    with pytest.raises(NotFittedError):
        make().fold_in(matrix)


def test_lists_are_unique_finite_unpadded_and_leave_out_what_is_excluded(make, matrix):
    model = make().fit(matrix)
    (ranking,) = model.recommend(matrix[:1], n=1000, exclude=[3, 4])
    assert len(set(ranking.items.tolist())) == len(ranking) < matrix.shape[1]
    assert np.isfinite(ranking.scores).all()
    assert not set(ranking.items.tolist()) & {3, 4, *matrix[:1].indices.tolist()}
    assert (np.diff(ranking.scores) <= 1e-6).all()
    (few,) = model.recommend(matrix[:1], n=5, among=[7, 8])
    assert set(few.items.tolist()) <= {7, 8}


def test_permuting_listeners_permutes_answers(make, matrix):
    model = make().fit(matrix)
    order = np.array([4, 2, 0, 3, 1])
    straight = model.score(model.fold_in(matrix[:5]))
    turned = model.score(model.fold_in(csr(matrix[:5][order])))
    assert np.allclose(turned, straight[order], atol=1e-6)


def test_a_listener_without_anything_gets_finite_scores(make, matrix):
    model = make().fit(matrix)
    nothing = csr(np.zeros((1, matrix.shape[1])))
    assert np.isfinite(model.score(model.fold_in(nothing))).all()


def test_coefficients_give_the_score_back(make, matrix):
    model = make().fit(matrix)
    row, items = matrix[:1], np.array([0, 17, 149])
    coefficients = model.coefficients(row, items)
    assert coefficients.shape == (row.nnz, 3)
    if isinstance(model, Popularity):
        assert not coefficients.any()
        return
    scores = model.score(model.fold_in(row))[0]
    sums = row.data.astype(np.float64) @ coefficients
    assert sums == pytest.approx(scores[items].astype(float), abs=1e-4)


SWEPT = ("als", "lifted")
FROZEN = ("factors of elsewhere",)
TAKEN = ("lifted, of fitted factors",)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_only_models_that_are_fitted_in_sweeps_can_go_on(name):
    assert hasattr(MODELS[name]().__class__, "partial_fit") == (name in SWEPT + FROZEN + TAKEN)


@pytest.mark.parametrize("name", FROZEN)
def test_what_was_learned_elsewhere_does_not_move(name, matrix):
    once, more = MODELS[name]().fit(matrix), MODELS[name]().fit(matrix).partial_fit(matrix[:9])
    scores = [m.score(m.fold_in(matrix[:5])) for m in (once, more)]
    assert np.array_equal(*scores)


@pytest.mark.parametrize("name", SWEPT)
def test_going_on_is_as_good_as_a_fit_of_as_many_sweeps(name, matrix):
    whole = MODELS[name]().fit(matrix)
    model = MODELS[name]()
    model.n_iterations = 6
    parts = model.fit(matrix).partial_fit(matrix, n_iterations=2)
    scores = [one.score(one.fold_in(matrix[:5])) for one in (parts, whole)]
    assert np.allclose(*scores, atol=0.05), "six sweeps and two are eight"
    first = MODELS[name]().partial_fit(matrix)
    assert np.array_equal(first.item_factors_, whole.item_factors_), "a first call is a fit"


@pytest.mark.parametrize("name", SWEPT)
def test_going_on_learns_new_rows_and_refuses_other_items(name, matrix):
    model = MODELS[name]().fit(matrix[:60])
    silent = np.flatnonzero(~model.item_factors_.any(axis=1))
    before = model.item_factors_.copy()
    again = model.partial_fit(matrix)
    assert again is model
    assert np.isfinite(model.item_factors_).all()
    assert not np.array_equal(model.item_factors_, before)
    heard = np.intersect1d(silent, matrix.indices)
    assert model.item_factors_[heard].any(axis=1).all(), "new items find their place"
    with pytest.raises(DataError):
        model.partial_fit(matrix[:, :-1])
