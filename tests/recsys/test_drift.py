"""Drift is told from chance, and from lists that were expected to be worse."""

import numpy as np
import pytest

from recsys import DataError
from recsys.drift import LEAST_EXPECTED, drift


def slots(n, *, seed, offset=-1.0, low=-4.0, high=2.0):
    """Scores, and likes of people of whom only some vote."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(low, high, n)
    return scores, rng.random(n) < 1 / (1 + np.exp(-(scores + offset)))


@pytest.mark.parametrize("earlier", [200, 2_000])
def test_nothing_has_changed_and_hardly_any_look_says_otherwise(earlier):
    found = [drift(*slots(earlier, seed=s), *slots(200, seed=10_000 + s)) for s in range(600)]
    assert sum(one.drifted for one in found) <= 3
    z = np.array([one.z for one in found])
    assert abs(z.mean()) < 0.15
    assert 0.9 < z.std() < 1.1


def test_lists_that_please_half_as_much_are_noticed():
    found = [
        drift(*slots(2_000, seed=s), *slots(300, seed=s + 500, offset=-2.3)) for s in range(40)
    ]
    assert sum(one.drifted for one in found) >= 36
    assert all(one.observed < one.expected for one in found if one.drifted)


def test_lists_that_were_said_to_be_worse_are_no_drift_and_better_ones_neither():
    worse = [
        drift(*slots(2_000, seed=s), *slots(300, seed=s + 500, low=-4, high=0)) for s in range(40)
    ]
    assert sum(one.drifted for one in worse) <= 1
    better = drift(*slots(2_000, seed=1), *slots(300, seed=2, offset=1.0))
    assert better.z > 3
    assert not better.drifted


def test_a_few_slots_and_none_say_nothing():
    assert not drift([], [], [], []).drifted
    scores, liked = slots(2_000, seed=1)
    few = drift(scores, liked, scores[:20], np.zeros(20))
    assert few.expected * 20 < LEAST_EXPECTED
    assert not few.drifted
    assert np.isfinite(drift(scores, np.zeros(2_000), scores[:200], np.zeros(200)).z)
    with pytest.raises(DataError):
        drift([1.0], [], [], [])
