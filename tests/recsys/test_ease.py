"""EASE against the textbook, on both sides and in between."""

import numpy as np
import pytest

from recsys.building import build
from recsys.config import Config
from recsys.interactions import Weighing, weigh
from recsys.models import ease
from recsys.models.ease import EASE
from recsys.sparse import csr
from tests.recsys.tastes import catalogue, community, draws


def listened(n_users, n_items, *, seed=0):
    """Signed confidence in which items of a third belong together."""
    rng = np.random.default_rng(seed)
    near = rng.integers(0, 3, n_users)[:, None] == np.arange(n_items)[None, :] % 3
    said = rng.random((n_users, n_items)) < np.where(near, 0.4, 0.05)
    return csr(said * rng.choice([-0.3, 0.7, 1.0, 1.4], (n_users, n_items)))


def textbook(x, ridge):
    """Steck 2019, eq. 8, in double precision."""
    dense = x.toarray().astype(np.float64)
    inverse = np.linalg.inv(dense.T @ dense + ridge * np.eye(dense.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


@pytest.mark.parametrize("shape", [(90, 40), (40, 90), (60, 60), (7, 1), (1, 7)])
def test_weights_are_those_of_the_textbook_whichever_side_is_smaller(shape):
    x = listened(*shape)
    model = EASE(regularisation=5.0).fit(x)
    heard = np.flatnonzero(np.bincount(x.indices, minlength=shape[1]))
    wanted = np.zeros((shape[1], shape[1]))
    wanted[np.ix_(heard, heard)] = textbook(x[:, heard], 5.0)
    assert model.weights_.toarray() == pytest.approx(wanted, abs=2e-6)


def test_both_sides_give_the_same_weights_in_single_precision():
    x, tags = listened(300, 80), csr(np.eye(3)[np.arange(80) % 3] * 4.0)
    keywords = {"side": tags, "regularisation": 20.0}
    by_items = EASE(**keywords).fit(x).weights_.toarray()
    by_rows = EASE(**keywords, most_inverted=0).fit(x).weights_.toarray()
    assert by_items.any()
    np.testing.assert_allclose(by_items, by_rows, atol=2e-6)


def test_where_items_are_few_every_listener_is_learned_from():
    x = listened(600, 30)
    model = EASE(regularisation=5.0, most_listeners=50).fit(x)
    np.testing.assert_allclose(model.weights_.toarray(), textbook(x, 5.0), atol=2e-6)


def test_a_seed_draws_the_sample_of_listeners():
    x = listened(120, 600)
    keywords = {"regularisation": 5.0, "most_listeners": 50}
    usual = EASE(**keywords).fit(x).weights_.toarray()
    drawn = np.sort(np.random.default_rng(0).choice(120, 50, replace=False))
    some = EASE(regularisation=5.0).fit(csr(x[drawn])).weights_.toarray()
    np.testing.assert_array_equal(usual, some)
    again, other = (
        EASE(**keywords, random_state=seed).fit(x).weights_.toarray() for seed in (0, 1)
    )
    np.testing.assert_array_equal(usual, again)
    assert not np.array_equal(usual, other)


def test_a_training_hands_its_seed_on():
    rows, whole = community(draws()), catalogue()
    matrices = weigh(whole, rows, Weighing())
    artists = matrices.artists.matrix(rows.n_users, whole.n_artists)
    items = matrices.items.matrix(rows.n_users, whole.n_items)
    config = Config(parts=("closed_form",), random_state=7)
    (found,) = build(artists, items, whole, config)
    assert found.model.random_state == 7


def test_of_each_item_the_strongest_weights_are_kept():
    x = listened(200, 40)
    model = EASE(regularisation=5.0, n_neighbours=6).fit(x)
    whole = np.abs(textbook(x, 5.0))
    for item, row in enumerate(model.weights_.toarray()):
        assert set(np.flatnonzero(row)) == set(np.argsort(-whole[item])[:6])


@pytest.mark.parametrize("cells", [10**9, 0])
def test_of_many_items_the_strongest_weights_are_kept(monkeypatch, cells):
    monkeypatch.setattr(ease, "_CELLS", cells)  # whether half of the product is kept or made anew
    x = listened(120, 600)
    model = EASE(regularisation=5.0, n_neighbours=20).fit(x)
    wanted = textbook(x, 5.0)
    found = model.weights_.toarray()
    assert (np.count_nonzero(found, axis=1) == 20).all()
    kept = found != 0
    np.testing.assert_allclose(found[kept], wanted[kept], atol=2e-6)
    least = np.sort(np.abs(wanted), axis=1)[:, -20]
    assert ((np.abs(wanted) > least[:, None] + 2e-6) <= kept).all()
