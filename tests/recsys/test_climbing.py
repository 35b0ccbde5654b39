"""Climbing NDCG@10 over columns that stand once per regime."""

import numpy as np
import pytest

from recsys.climbing import Lists, ascend
from recsys.metrics import per_user
from recsys.ranking_sample import Sample
from recsys.regimes import N, Regimes

LISTENERS, EACH = 60, 40


@pytest.fixture(scope="module")
def sample() -> Sample:
    """Two columns of different levels: the second says what is wanted, the first nothing."""
    rng = np.random.default_rng(1)
    n = LISTENERS * EACH
    label = rng.random(n) < 0.1
    told = label + 0.6 * rng.standard_normal(n)
    columns = np.stack([rng.standard_normal(n), told], axis=1)
    user = np.repeat(np.arange(LISTENERS), EACH)
    return Sample(
        raw=columns.T.astype(np.float32),
        columns=columns,
        part_of=np.array([0, 1]),
        knees=np.full(2, np.inf),
        spread=columns.std(axis=0),
        label=label,
        user=user,
        near=rng.random(n) < 0.9,
        stands_for=np.ones(n),
        rare=rng.random((n, 2)).astype(np.float32),
        level_of=np.array([0, 1]),
        cold=np.zeros(n, np.bool_),
        thin=rng.random(LISTENERS).astype(np.float32)[user],
        n_wanted=np.bincount(user, label, LISTENERS).astype(np.int64),
    )


@pytest.fixture(scope="module")
def columns(sample: Sample) -> Regimes:
    return Regimes.of(sample, sample.spread)


def multiplied_out(sample: Sample) -> np.ndarray:
    """All columns of the three regimes as the docstring of ``Curve`` has them."""
    rare = sample.rare[:, sample.level_of].astype(np.float64)
    thin = sample.thin[:, None].astype(np.float64)
    weights = ((1 - rare) * (1 - thin), (1 - rare) * thin, rare)
    return np.concatenate([weight * sample.columns / sample.spread for weight in weights], axis=1)


def test_regimes_are_the_columns_multiplied_out(sample: Sample, columns: Regimes) -> None:
    plain = multiplied_out(sample)
    slopes = np.arange(1.0, 1 + plain.shape[1])
    np.testing.assert_allclose(columns.score(slopes), plain @ slopes)
    for place, column in enumerate(plain.T):
        np.testing.assert_allclose(columns.column(place), column, rtol=1e-6)
    keep = sample.near
    np.testing.assert_allclose(columns.where(keep).score(slopes), plain[keep] @ slopes)


def test_score_and_gathered_are_each_others_transpose(sample: Sample, columns: Regimes) -> None:
    rng = np.random.default_rng(2)
    rows, slopes = rng.standard_normal(len(sample.label)), rng.standard_normal(2 * N)
    assert rows @ columns.score(slopes) == pytest.approx(columns.gathered(rows) @ slopes)


def test_ndcg_is_that_of_the_metrics(sample: Sample) -> None:
    score = np.random.default_rng(3).standard_normal(len(sample.label))
    listeners = np.arange(LISTENERS)
    lists = Lists.of(sample, listeners)
    found = lists.ndcg_each(lists.laid_out(score))
    relevant = np.zeros((LISTENERS, 10), np.bool_)
    for user in listeners:
        mine = np.flatnonzero((sample.user == user) & sample.near)
        relevant[user] = sample.label[mine[np.argsort(-score[mine])]][:10]
    able = sample.n_wanted > 0
    wanted = per_user(relevant[able], sample.n_wanted[able])["ndcg@10"]
    np.testing.assert_allclose(found[able], wanted)
    assert (found[~able] == 0).all()
    assert lists.ndcg(lists.laid_out(score)) == pytest.approx(found.mean())


def test_climbing_finds_the_better_of_two_columns(sample: Sample, columns: Regimes) -> None:
    start = np.tile([1.0, 0.0], N)
    found = ascend(columns, sample, start, np.zeros(2 * N)).reshape(N, 2)
    assert (found[:, 1] > found[:, 0]).all()
    lists = Lists.of(sample, np.arange(LISTENERS))
    before, after = (
        lists.ndcg(lists.laid_out(columns.score(slopes))) for slopes in (start, found.ravel())
    )
    assert after > before + 0.2


@pytest.mark.parametrize("seed", range(5))
def test_climbing_never_ends_below_where_it_started(sample: Sample, seed: int) -> None:
    """With one listener every half is the whole."""
    rng = np.random.default_rng(seed)
    user = int(rng.integers(LISTENERS))
    one = Sample(**{**vars(sample), "near": sample.near & (sample.user == user)})
    columns = Regimes.of(one, one.spread)
    start = rng.standard_normal(2 * N)
    lists = Lists.of(one, np.array([user]))
    reached = ascend(columns, one, start, np.full(2 * N, -np.inf))
    before, after = (
        lists.ndcg(lists.laid_out(columns.score(slopes))) for slopes in (start, reached)
    )
    assert after >= before - 1e-6


def test_climbs_that_disagree_end_with_the_best_of_them(sample: Sample) -> None:
    """Halves of five listeners lead anywhere; where their mean is a step down, one climb is kept."""
    rose = 0
    for seed in range(8):
        few = np.sort(np.random.default_rng(seed).choice(LISTENERS, 5, replace=False))
        five = Sample(**{**vars(sample), "near": sample.near & np.isin(sample.user, few)})
        columns = Regimes.of(five, five.spread)
        start = np.tile([0.0, 1.0], N)
        lists = Lists.of(five, few)
        reached = ascend(columns, five, start, np.full(2 * N, -np.inf))
        before, after = (
            lists.ndcg(lists.laid_out(columns.score(slopes))) for slopes in (start, reached)
        )
        assert after >= before
        rose += after > before
    assert rose == 8


def test_climbing_keeps_within_its_bounds_and_depends_on_no_clock(
    sample: Sample, columns: Regimes
) -> None:
    start = np.array([0.5, 0.0, 0.2, 0.1, 0.0, 1.0])
    first = ascend(columns, sample, start, np.zeros(6))
    assert (first >= 0).all()
    np.testing.assert_array_equal(first, ascend(columns, sample, start, np.zeros(6)))


@pytest.mark.parametrize("level", [0.0, 5.0, -20.0, 300.0])
def test_equal_scores_come_in_the_order_of_a_lot(sample: Sample, level: float) -> None:
    """As good as drawing candidates blindly, neither best nor worst, however large the scores are."""
    lists = Lists.of(sample, np.arange(LISTENERS))
    blind = lists.ndcg(np.zeros(lists.start.shape, np.float32))
    assert 0.02 < blind < 0.3
    assert lists.ndcg(np.full(lists.start.shape, level, np.float32)) == pytest.approx(blind)
