"""Popularity against the formula of its docstring, worked out again cell by cell."""

import math

import numpy as np
import pytest

from recsys.models.popularity import Popularity
from recsys.sparse import csr


def by_hand(x, popularity=None, m=5.0, steepness=5.0):
    n_users, n_items = int((x != 0).any(axis=1).sum()), x.shape[1]
    n = [max(float(np.sign(x[:, i]).sum()), 0.0) for i in range(n_items)]
    b = max(sum(n), 1.0) / (max(n_users, 1) * n_items)
    q = [b] * n_items
    if popularity is not None:
        lowest = min(p for p in popularity if not math.isnan(p))
        p = [lowest if math.isnan(one) else one for one in popularity]
        r = [math.exp(steepness * (one - sum(p) / n_items)) for one in p]
        q = [b * one / (sum(r) / n_items) for one in r]
    q = [min(max(one, 1e-9), 0.5) for one in q]
    s = [(n[i] + m * q[i]) / (n_users + m) for i in range(n_items)]
    s = [min(max(one, 1e-9), 0.999) for one in s]
    return q, [math.log(one / (1 - one)) for one in s]


def heard(n_users, n_items, share, seed=3):
    rng = np.random.default_rng(seed)
    said = rng.random((n_users, n_items)) < share
    return said * rng.choice([-0.3, 0.7, 1.4], (n_users, n_items), p=[0.2, 0.4, 0.4])


@pytest.mark.parametrize("steepness", [0.0, 5.0, 20.0])
@pytest.mark.parametrize("shape", [(40, 12, 0.3), (6, 30, 0.05), (3, 4, 0.0), (0, 4, 0.0)])
def test_it_computes_what_its_docstring_says(shape, steepness):
    x = heard(*shape)
    popularity = np.random.default_rng(5).random(shape[1]).astype(np.float32)
    popularity[2] = np.nan
    model = Popularity(popularity, steepness=steepness).fit(csr(x))
    _, wanted = by_hand(x, popularity.astype(float), steepness=steepness)
    assert model.log_odds_ == pytest.approx(wanted, abs=1e-5)
    _, wanted = by_hand(x)
    assert Popularity().fit(csr(x)).log_odds_ == pytest.approx(wanted, abs=1e-5)


def test_codes_of_listeners_without_rows_count_nothing():
    x = heard(40, 12, 0.3)
    padded = np.concatenate([x, np.zeros((60, 12))])
    plain, wide = (Popularity().fit(csr(one)).log_odds_ for one in (x, padded))
    assert plain.tolist() == wide.tolist()


def test_prior_shares_keep_the_mean_share_unless_one_is_cut_off():
    x = heard(40, 12, 0.3)
    popularity = np.linspace(0, 1, 12)
    mean = np.maximum(np.sign(x).sum(axis=0), 0).mean() / np.count_nonzero(x.any(axis=1))
    q, _ = by_hand(x, popularity, steepness=1.0)
    assert np.mean(q) == pytest.approx(mean)
    q, wanted = by_hand(x, popularity, m=1e9, steepness=20.0)
    assert max(q) == 0.5
    assert np.mean(q) < mean
    model = Popularity(popularity.astype(np.float32), prior_listeners=1e9, steepness=20.0)
    assert model.fit(csr(x)).log_odds_ == pytest.approx(wanted, abs=1e-4)
    assert model.log_odds_.max() == pytest.approx(0, abs=1e-5), "even odds"
