"""How often something is played: what the data tells of it, and no more than that."""

import numpy as np
import pytest

from recsys.play_counts import PlayCounts
from recsys.play_statistics import Pairs, effects
from recsys.sparse import empty

N_USERS, N_ITEMS, EACH = 300, 200, 15


def pairs(of, *, seed=0):
    """Known and asked pairs of ``of(rng, user, item)``, ln(1 + plays)."""
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(N_USERS), EACH)
    item = np.concatenate([rng.permutation(N_ITEMS)[:EACH] for _ in range(N_USERS)])
    y = np.asarray(of(rng, user, item), np.float64)
    asked = rng.random(len(user)) < 0.2
    whole = Pairs(user, item, y)
    return whole.where(~asked), whole.where(asked)


def errors(of, *, seed=0):
    known, asked = pairs(of, seed=seed)
    model = PlayCounts((N_USERS, N_ITEMS), empty((N_ITEMS, 0))).fit(known)
    guesses = {**model.baselines(asked), "play counts": model.predict(asked)}
    return {
        name: float(np.sqrt(np.mean((guess - asked.log_plays) ** 2)))
        for name, guess in guesses.items()
    }


def noise(rng, user, _):
    return np.log1p(rng.geometric(0.1, len(user)))


@pytest.mark.parametrize("seed", range(3))
def test_where_there_is_nothing_to_learn_it_is_as_good_as_the_mean(seed):
    found = errors(noise, seed=seed)
    assert found["listener and item bias"] < 1.01 * found["global mean"]
    assert found["play counts"] < 1.01 * found["global mean"]


def test_what_only_listeners_or_only_items_decide_is_found():
    size = np.random.default_rng(5).normal(0, 1, (2, max(N_USERS, N_ITEMS)))

    def listeners(rng, user, _):
        return size[0][user] + rng.normal(0, 1, len(user))

    def items(rng, _, item):
        return size[1][item] + rng.normal(0, 1, len(item))

    for of in (listeners, items):
        found = errors(of)
        assert found["play counts"] < 0.85 * found["global mean"]
        assert found["play counts"] < 1.1, "the noise alone is 1"


def test_the_correction_is_used_where_it_foretells_something():
    """Listeners who keep to one number beside listeners who play hits more and the rest less."""
    hit = np.random.default_rng(5).normal(0, 1, N_ITEMS)
    follows = np.random.default_rng(6).choice([0.0, 3.0], N_USERS)

    def of(rng, user, item):
        return follows[user] * hit[item] + rng.normal(0, 0.3, len(user))

    found = errors(of)
    assert found["play counts"] < 0.8 * found["listener and item bias"]


def test_counts_that_are_all_the_same_are_foretold():
    known, asked = pairs(lambda _, user, __: np.full(len(user), np.log(2)))
    model = PlayCounts((N_USERS, N_ITEMS), empty((N_ITEMS, 0))).fit(known)
    assert model.predict(asked) == pytest.approx(np.log(2))


def test_effects_are_shrunk_by_the_ratio_of_the_variances():
    rng = np.random.default_rng(1)
    truth = rng.normal(0, 0.5, 4_000)
    group = np.repeat(np.arange(4_000), rng.integers(1, 12, 4_000))
    values = truth[group] + rng.normal(0, 1, len(group))
    n = np.bincount(group)
    mean = np.bincount(group, values) / n
    best = mean * n / (n + 1 / 0.5**2)
    assert effects(group, values, 4_000) == pytest.approx(best, abs=0.1)


def test_groups_that_nothing_is_known_of_have_no_effect():
    assert not effects(np.array([0, 1, 2]), np.array([1.0, 2.0, 3.0]), 5).any(), "one value each"
    assert not effects(np.zeros(4, np.int64), np.arange(4.0), 2).any(), "one group"
    assert not effects(np.zeros(0, np.int64), np.zeros(0), 2).any()
    found = effects(np.array([0, 0, 2, 2]), np.array([-1.0, -1.0, 1.0, 1.0]), 3)
    assert found.tolist() == [-1.0, 0.0, 1.0], "no noise, no shrinkage"
