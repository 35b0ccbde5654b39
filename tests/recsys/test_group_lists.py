"""One list for several: joy, fair, no-one-suffers, and how content each member is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.caps import within_cap
from recsys.group_lists import Rule, _own_best, group_list

SEEDS = st.integers(0, 10_000)


def tastes(seed, members=4, items=30):
    return np.random.default_rng(seed).random((members, items)) ** 3


@settings(max_examples=60)
@given(SEEDS, st.integers(1, 6), st.integers(1, 12))
def test_joy_has_the_best_mean_that_any_list_could_have(seed, members, n):
    scores = tastes(seed, members)
    found = group_list(scores, rule=Rule.JOY, n=n, artist_of=np.arange(30))
    scale = np.sort(scores, axis=1)[:, -n:].mean(axis=1)[:, None]
    mean = (scores / scale).mean(axis=0)
    assert mean[found.items].sum() == pytest.approx(np.sort(mean)[-n:].sum())
    assert (np.diff(mean[found.items]) <= 1e-12).all()


@settings(max_examples=60)
@given(SEEDS, st.integers(2, 6))
def test_no_one_suffers_starts_near_what_the_least_pleased_like_best(seed, members):
    scores = tastes(seed, members)
    found = group_list(scores, rule=Rule.NO_ONE_SUFFERS, n=1, artist_of=np.arange(30))
    utility = scores / scores.max(axis=1, keepdims=True)
    lowest = np.quantile(utility, 0.25, axis=1, keepdims=True)
    worst = utility.min(axis=0)[(utility > lowest).all(axis=0)]
    if len(worst):  # sum_m s_m^-3 is at most members times that of the least
        assert utility[:, found.items[0]].min() >= worst.max() / members ** (1 / 3) - 2e-3


def test_no_one_suffers_serves_the_worst_off_best_and_joy_serves_the_mean_best():
    worst = {rule: [] for rule in Rule}
    mean = {rule: [] for rule in Rule}
    for seed in range(60):
        scores = tastes(seed, 2 + seed % 5, items=200)
        for rule in Rule:
            found = group_list(scores, rule=rule, n=10, artist_of=np.arange(200))
            worst[rule].append(found.satisfaction.min())
            mean[rule].append(found.satisfaction.mean())
    least = [np.mean(worst[rule]) for rule in (Rule.JOY, Rule.FAIR, Rule.NO_ONE_SUFFERS)]
    assert (np.diff(least) > 0).all()
    assert np.mean(mean[Rule.JOY]) == max(np.mean(one) for one in mean.values())


@settings(max_examples=60)
@given(SEEDS, st.integers(2, 5))
def test_no_one_suffers_leaves_out_the_lowest_quarter_of_anybody(seed, members):
    scores = tastes(seed, members, items=80)
    found = group_list(scores, rule=Rule.NO_ONE_SUFFERS, n=10, artist_of=np.arange(80))
    bearable = (scores > np.quantile(scores, 0.25, axis=1, keepdims=True)).all(axis=0)
    assert bearable[found.items].sum() == min(10, bearable.sum())


def test_a_member_to_whom_all_is_one_takes_nobody_the_veto():
    scores = np.vstack([tastes(5, 3, items=80), np.full((1, 80), 0.3)])
    found = group_list(scores, rule=Rule.NO_ONE_SUFFERS, n=10, artist_of=np.arange(80))
    lowest = np.quantile(scores[:3], 0.25, axis=1, keepdims=True)
    assert (scores[:3, found.items] > lowest).all()


@settings(max_examples=30)
@given(SEEDS, st.integers(1, 6), st.integers(1, 3))
def test_a_members_own_best_list_is_found_among_many(seed, n, cap):
    rng = np.random.default_rng(seed)
    scores, artist_of = rng.random(400), rng.choice(5, 400, p=[0.9, 0.04, 0.03, 0.02, 0.01])
    order = np.argsort(-scores)
    kept = order[within_cap(artist_of[order], cap)][:n]
    assert _own_best(scores, n, artist_of, cap) == pytest.approx(scores[kept].mean())


def test_an_artist_cap_takes_nothing_from_the_satisfaction_of_one_member_alone():
    scores = tastes(3, members=1)
    found = group_list(scores, rule=Rule.FAIR, n=3, artist_of=np.arange(30) // 10, artist_cap=1)
    assert len(found.items) == 3
    assert found.satisfaction.tolist() == pytest.approx([1.0])


@settings(max_examples=60)
@given(SEEDS, st.sampled_from(list(Rule)))
def test_nobody_counts_more_for_being_easy_to_please_or_for_standing_first(seed, rule):
    scores = tastes(seed)
    plain = group_list(scores, rule=rule, n=8, artist_of=np.arange(30))
    louder = group_list(
        scores * np.array([[0.1], [1], [0.5], [0.9]]), rule=rule, n=8, artist_of=np.arange(30)
    )
    assert louder.items.tolist() == plain.items.tolist()
    assert np.allclose(louder.satisfaction, plain.satisfaction)
    order = np.array([2, 0, 3, 1])
    turned = group_list(scores[order], rule=rule, n=8, artist_of=np.arange(30))
    assert turned.items.tolist() == plain.items.tolist()
    assert np.allclose(turned.satisfaction, plain.satisfaction[order])
    assert np.allclose(turned.shares, plain.shares[:, order])


@settings(max_examples=40)
@given(SEEDS, st.sampled_from(list(Rule)))
def test_one_member_alone_gets_their_own_best_list(seed, rule):
    scores = tastes(seed, members=1)
    found = group_list(scores, rule=rule, n=6, artist_of=np.arange(30))
    assert found.items.tolist() == np.argsort(-scores[0], kind="stable")[:6].tolist()
    assert found.satisfaction.tolist() == pytest.approx([1.0])
    assert found.shares.ravel().tolist() == [1.0] * 6


def test_satisfaction_is_the_list_over_the_members_own_best():
    scores = np.array([[0.8, 0.4, 0.2, 0.0], [0.0, 0.2, 0.4, 0.8]])
    found = group_list(scores, rule=Rule.JOY, n=2, artist_of=np.arange(4))
    assert sorted(found.items.tolist()) == [0, 3]
    assert found.satisfaction.tolist() == pytest.approx([0.8 / 1.2, 0.8 / 1.2])


def test_fair_gives_a_minority_its_turn_where_joy_does_not():
    many = np.tile([0.9, 0.85, 0.8, 0.75, 0.01, 0.01], (4, 1))
    one = np.array([[0.01, 0.01, 0.01, 0.01, 0.9, 0.8]])
    scores = np.concatenate([many, one])
    joy, fair = (
        group_list(scores, rule=rule, n=4, artist_of=np.arange(6)) for rule in (Rule.JOY, Rule.FAIR)
    )
    assert not set(joy.items.tolist()) & {4, 5}
    assert set(fair.items.tolist()) & {4, 5}
    assert fair.satisfaction[4] > joy.satisfaction[4] + 0.3
    assert fair.satisfaction[:4].min() > 0.6, "and the many still have most of theirs"


@settings(max_examples=60)
@given(SEEDS)
def test_fair_has_at_least_the_nash_product_of_joy_for_one_pick(seed):
    scores = tastes(seed)
    product = {}
    for rule in (Rule.JOY, Rule.FAIR):
        found = group_list(scores, rule=rule, n=1, artist_of=np.arange(30))
        product[rule] = np.log(1e-3 + found.satisfaction).sum()
    assert product[Rule.FAIR] >= product[Rule.JOY] - 1e-9


def test_nobody_or_nothing_gives_an_empty_list():
    for shape in ((0, 5), (3, 0)):
        found = group_list(np.zeros(shape), rule=Rule.FAIR, n=4, artist_of=np.arange(shape[1]))
        assert len(found.items) == 0
        assert found.satisfaction.shape == (shape[0],)
    short = group_list(tastes(1), rule=Rule.JOY, n=9, artist_of=np.arange(30) // 10, artist_cap=2)
    assert len(short.items) == 6, "three artists, two each: shorter rather than padded"
