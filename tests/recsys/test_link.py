"""From an additive score to a probability: knees, and how they are learned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from recsys.calibration import calibration
from recsys.errors import DataError
from recsys.link import PLAIN, Link
from recsys.platt_scaling import Scaling, scaling, scaling_of_cold
from recsys.ranking_sample import Sample
from recsys.types import Bools, Doubles

SCORES = st.floats(-30, 30)
LINKS = st.builds(
    lambda knees, slopes, shift: Link(tuple(map(float, sorted(knees))), tuple(slopes), shift),
    st.lists(st.integers(-10, 10), min_size=3, max_size=3, unique=True),
    st.lists(st.floats(0.05, 3), min_size=4, max_size=4),
    st.floats(-5, 5),
)


def test_without_knees_the_score_is_the_log_odds() -> None:
    assert PLAIN.correction(1.5) == 0
    assert PLAIN.probability(np.array([0.0, 2.0])) == pytest.approx([0.5, expit(2)])


def test_a_worked_example() -> None:
    link = Link(knees=(-2.0, 1.0), slopes=(1.0, 0.5, 0.25), shift=0.5)
    assert link.odds(np.array([-3.0, -2.0, 0.0, 1.0, 3.0])) == pytest.approx(
        [-2.5, -1.5, -0.5, 0.0, 0.5]
    )
    assert link.correction(3.0) == pytest.approx(-2.5)


@given(LINKS, SCORES, SCORES)
def test_it_never_changes_an_order(link: Link, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert link.odds(low) <= link.odds(high)
    assert link.odds(high) == pytest.approx(high + link.correction(high))
    assert 0 <= link.probability(low) <= link.probability(high) <= 1


@pytest.mark.parametrize(
    ("knees", "slopes"),
    [((0.0,), (1.0,)), ((0.0,), (1.0, 0.0)), ((1.0, -2.0), (1.0, 2.0, 1.0)), ((np.inf,), (1, 1))],
)
def test_a_link_that_may_fall_is_none(knees: tuple[float, ...], slopes: tuple[float, ...]) -> None:
    with pytest.raises(DataError):
        Link(knees, slopes)


def sample(label: Bools, thin: Doubles, stands_for: float = 1.0, *, cold: bool = False) -> Sample:
    """Rows that are not wanted stand for so many of their kind."""
    n = len(label)
    return Sample(
        raw=np.zeros((1, n), np.float32),
        columns=np.zeros((n, 1)),
        part_of=np.zeros(1, np.int64),
        knees=np.ones(1),
        spread=np.ones(1),
        label=label,
        user=np.zeros(n, np.int64),
        near=np.ones(n, np.bool_),
        stands_for=np.where(label, 1.0, stands_for),
        rare=np.zeros((n, 2), np.float32),
        level_of=np.zeros(1, np.int64),
        cold=np.full(n, cold),
        thin=thin.astype(np.float32),
        n_wanted=np.array([label.sum()]),
    )


def test_high_scores_that_promise_too_much_are_seen_through() -> None:
    rng = np.random.default_rng(0)
    score = rng.normal(-3, 2, 200_000)
    truth = np.minimum(score, -1) + 0.3 * np.maximum(score + 1, 0)
    label = rng.random(len(score)) < expit(truth)
    found = scaling(2 * score + 5, sample(label, np.zeros(len(score))))
    line = found.scale * (2 * score + 5) + found.bias
    top = score > 1.5
    came = label[top].mean()
    assert PLAIN.probability(line[top]).mean() > 1.3 * came
    assert found.link.probability(line[top]).mean() == pytest.approx(came, rel=0.1)
    said = found.link.probability(line).astype(np.float64)
    assert calibration(said, label).error < 0.005
    assert said.mean() == pytest.approx(label.mean(), rel=0.02)


def test_where_the_scores_are_log_odds_already_next_to_nothing_is_changed() -> None:
    rng = np.random.default_rng(1)
    score, thin = rng.normal(-2, 1.5, 40_000), rng.random(40_000)
    truth = score + thin
    label = rng.random(len(score)) < expit(truth)
    found = scaling(score, sample(label, thin))
    line = found.scale * score + found.bias + found.thin_bias * thin
    said = found.link.probability(line).astype(np.float64)
    assert np.abs(logit(said) - truth).mean() < 0.15


def test_a_handful_of_rows_bends_nothing_much() -> None:
    """Twenty wanted rows, all of them at the top: no reason to be sure of anything."""
    score = np.linspace(-5, 3, 400)
    label = score > 2.6
    found = scaling(score, sample(label, np.zeros(400)))
    assert 0 < found.scale < np.inf
    assert all(0.05 <= slope < 3 for slope in found.link.slopes)
    assert len(found.link.slopes) == len(found.link.knees) + 1


@pytest.mark.parametrize("every", [False, True])
def test_without_both_labels_nothing_is_learned(every: bool) -> None:
    found = scaling(np.linspace(-1, 1, 50), sample(np.full(50, every), np.zeros(50)))
    assert (found.scale, found.thin_bias, found.link) == (1.0, 0.0, PLAIN)


@pytest.mark.parametrize("spread", [0.0, 1e-3])
def test_where_all_listeners_are_alike_thinness_says_nothing(spread: float) -> None:
    """It is then as good as a second bias, and a newcomer's chances would be whatever you like."""
    rng = np.random.default_rng(2)
    score = rng.normal(-3, 1, 20_000)
    thin = 0.2 + spread * rng.random(len(score))
    label = rng.random(len(score)) < expit(score)
    assert abs(scaling(score, sample(label, thin)).thin_bias) < 1


@pytest.mark.parametrize("rarity", [1.0, 300.0, 30_000.0])
def test_rare_likes_are_learned_to_the_end(rarity: float) -> None:
    rng = np.random.default_rng(3)
    score = rng.normal(0, 1, 40_000)
    label = rng.random(len(score)) < expit(1.5 * score - 4)
    drawn = sample(label, np.zeros(len(score)), rarity)
    found = scaling(score, drawn)
    said = found.link.probability(found.scale * score + found.bias)
    assert float(drawn.stands_for @ said) == pytest.approx(label.sum(), rel=0.05)
    assert found.scale == pytest.approx(1.5, rel=0.1)


def test_the_line_may_steepen_as_well() -> None:
    rng = np.random.default_rng(4)
    score = rng.normal(-3, 2, 100_000)
    truth = score + 1.5 * np.maximum(score + 3, 0)
    label = rng.random(len(score)) < expit(truth)
    found = scaling(score, sample(label, np.zeros(len(score))))
    said = found.link.probability(found.scale * score + found.bias).astype(np.float64)
    assert calibration(said, label).error < 0.005


def test_what_nobody_has_heard_is_calibrated_through_the_link_of_the_others() -> None:
    rng = np.random.default_rng(5)
    score = rng.normal(0, 1, 60_000)
    label = rng.random(len(score)) < expit(score - 5)
    link = Link((-4.0,), (1.6, 0.7), 2.0)
    warm = Scaling(1.0, -4.0, 0.0, link)
    found = scaling_of_cold(score, sample(label, np.zeros(len(score)), cold=True), warm)
    said = link.probability(found.scale * score + found.bias)
    assert said.mean() == pytest.approx(label.mean(), rel=0.05)
    assert found.link == link


def test_a_few_rows_that_a_line_would_part_do_not_make_it_steep() -> None:
    score = np.linspace(-6, -2, 200)
    label = score > -2.05
    cold = sample(label, np.zeros(200), cold=True)
    assert scaling_of_cold(score, cold, Scaling(1.0, -4.0)).scale < 3


@pytest.mark.parametrize("n_wanted", [1, 5, 30])
def test_labels_that_a_line_parts_are_survived(n_wanted: int) -> None:
    """Whatever chance made of a few rows, a training goes on."""
    for seed in range(25):
        score = np.random.default_rng(seed).normal(-3, 0.5, 3_000)
        label = score >= np.sort(score)[-n_wanted]
        found = scaling(score, sample(label, np.zeros(len(score)), 10.0))
        said = found.link.probability(found.scale * score + found.bias)
        assert np.isfinite(said).all()
        assert said[label].mean() > said.mean()
