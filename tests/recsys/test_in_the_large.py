"""A chance of a like is that of a 👍, as soon as people vote."""

import dataclasses

import numpy as np
import pytest
from scipy.special import expit

from recsys import DataError, Evidence, Options
from recsys.in_the_large import SPREAD, offset, told_by_votes
from recsys.snapshot import load, save
from recsys.training import fit
from tests.recsys.tastes import catalogue, community, draws


@pytest.fixture(scope="module")
def model():
    return fit(community(draws()), catalogue())


def votes(n, *, seed=0, shift=1.2):
    rng = np.random.default_rng(seed)
    odds = rng.normal(-2.0, 1.0, n)
    return odds, rng.random(n) < expit(odds + shift)


def test_the_constant_is_found_and_a_few_votes_move_it_little():
    assert offset(*votes(4_000)) == pytest.approx(1.2, abs=0.15)
    assert offset([], []) == 0
    one = offset([-2.0], [1])
    assert 0 < one < SPREAD
    assert offset([-2.0] * 30, [1] * 30) > offset([-2.0] * 3, [1] * 3) > one
    assert offset([-2.0] * 30, [0] * 30) < 0
    with pytest.raises(DataError):
        offset([1.0, 2.0], [1])


def test_it_is_the_most_likely_one():
    odds, liked = votes(50, seed=4)

    def log_density(c):
        p = expit(odds + c)
        return np.log(np.where(liked, p, 1 - p)).sum() - c**2 / (2 * SPREAD**2)

    found = offset(odds, liked)
    assert all(log_density(found) > log_density(found + step) for step in (-0.01, 0.01))


def test_votes_change_the_chance_and_its_calibration_but_no_list(model, tmp_path):
    profile = model.fold_in(Evidence.of([1, 5, 9, 60], value=4.0))
    scores = model.score(profile).total[:200].astype(np.float64)
    rng = np.random.default_rng(1)
    liked = rng.random(200) < expit(model.link.odds(scores) + 2.0)
    told = told_by_votes(model, scores, liked)
    assert told.link.votes == pytest.approx(2.0, abs=0.8)
    assert told.link.probability(scores).mean() == pytest.approx(liked.mean(), abs=0.02)
    before, after = (one.recommend(profile, n=10, options=Options()) for one in (model, told))
    for first, second in zip(before, after, strict=True):
        assert (first.item_id, first.score) == (second.item_id, second.score)
        assert second.calibration - first.calibration == pytest.approx(told.link.votes)
        assert second.probability > first.probability
    assert told_by_votes(told, scores, liked).link == told.link, "votes count once"
    save(told, tmp_path / "kept")
    assert load(tmp_path / "kept").link == told.link
    assert told_by_votes(model, [], []).link == dataclasses.replace(model.link, votes=0.0)
