"""Item-item neighbours: each weighting against its equation, and what it is for."""

import numpy as np
import pytest

from recsys import DataError
from recsys.models.item_knn import ItemKNN
from recsys.sparse import csr


def confidence(n_users=60, n_items=25):
    rng = np.random.default_rng(2)
    has = rng.random((n_users, n_items)) < rng.choice([0.1, 0.3, 0.9], n_users)[:, None]
    return has * rng.choice([-0.3, 0.6, 1.0, 1.4], (n_users, n_items))


def by_the_equation(weighting, x, shrinkage):
    size, n = (x != 0).sum(axis=1), x.shape[1]
    idf = np.log((1 + n) / (1 + size)) + 1
    idf = (idf / idf.mean())[:, None]
    length = np.abs(x).sum(axis=0)
    saturated = x * 2.2 / (np.abs(x) + 1.2 * (0.25 + 0.75 * length / length.mean()))
    saturated *= np.sqrt((x**2).sum(axis=0) / (saturated**2).sum(axis=0))
    most = np.maximum(size, 1)
    discount = ((most / most.mean()) ** -0.25)[:, None]
    weighted = {"cosine": x * discount, "tfidf": x * idf, "bm25": saturated * idf}[weighting]
    length = np.sqrt((weighted**2).sum(axis=0))
    found = weighted.T @ weighted / (np.outer(length, length) + shrinkage)
    np.fill_diagonal(found, 0)
    return found


@pytest.mark.parametrize("weighting", ["cosine", "tfidf", "bm25"])
def test_similarities_follow_the_equation(weighting):
    x = confidence()
    model = ItemKNN(weighting=weighting, shrinkage=2.0).fit(csr(x))
    wanted = by_the_equation(weighting, x, 2.0)
    np.testing.assert_allclose(model.weights_.toarray(), wanted, atol=1e-6)


def test_cosine_is_the_default():
    x = csr(confidence())
    one, other = ItemKNN().fit(x), ItemKNN(weighting="cosine").fit(x)
    assert np.array_equal(one.weights_.toarray(), other.weights_.toarray())


@pytest.mark.parametrize("weighting", ["tfidf", "bm25"])
def test_who_has_everything_ties_no_items_together(weighting):
    """Items 0 and 1 share ten listeners of few items, 0 and 2 ten listeners of all items."""
    few, everything = np.zeros((10, 40)), np.ones((10, 40))
    few[:, :2] = 1
    everything[:, 1] = 0
    x = csr(np.concatenate([few, everything]))
    plain = ItemKNN(user_discount=0.0, shrinkage=0.0).fit(x)
    weighed = ItemKNN(weighting=weighting, shrinkage=0.0).fit(x)
    near, far = (model.similarity(np.array([0]), np.array([1, 2]))[0] for model in (plain, weighed))
    assert near[0] == pytest.approx(near[1]), "as many common listeners"
    assert far[0] > 3 * far[1]


def test_under_bm25_one_loud_listener_says_less():
    x = np.random.default_rng(0).choice([0.0, 1.0], (40, 12))
    loud = x.copy()
    loud[0, :2] = 50.0
    moved = {}
    for weighting in ("tfidf", "bm25"):
        one, other = (
            ItemKNN(weighting=weighting, shrinkage=0.0).fit(csr(rows)) for rows in (x, loud)
        )
        moved[weighting] = other.weights_[0, 1] - one.weights_[0, 1]
    assert 0 < moved["bm25"] < 0.5 * moved["tfidf"]


def test_under_bm25_what_many_have_keeps_its_neighbours():
    """Two hits with the same hundred listeners among items of a few listeners each."""
    x = np.zeros((200, 60))
    x[:100, :2] = 1
    x[100:, 2:] = np.random.default_rng(0).random((100, 58)) < 0.03
    model = ItemKNN(weighting="bm25").fit(csr(x))
    assert model.similarity(np.array([0]), np.array([1]))[0, 0] > 0.9


def test_another_weighting_is_refused():
    with pytest.raises(DataError, match="one of cosine, tfidf, bm25"):
        ItemKNN(weighting="jaccard").fit(csr(confidence()))
