"""From an additive score to a probability: knees, and how they are learned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from recsys.calibration import calibration
from recsys.link import PLAIN, Link
from recsys.platt_scaling import scaling
from recsys.ranking_sample import Sample
from recsys.types import Bools, Doubles

SCORES = st.floats(-30, 30)
LINKS = st.builds(
    lambda knees, slopes, shift: Link(tuple(sorted(knees)), tuple(slopes), shift),
    st.lists(st.floats(-10, 10), min_size=3, max_size=3),
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


def sample(label: Bools, thin: Doubles) -> Sample:
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
        stands_for=np.ones(n),
        rare=np.zeros((n, 2), np.float32),
        level_of=np.zeros(1, np.int64),
        cold=np.zeros(n, np.bool_),
        thin=thin.astype(np.float32),
        n_wanted=np.array([label.sum()]),
    )


def test_high_scores_that_promise_too_much_are_seen_through() -> None:
    rng = np.random.default_rng(0)
    score = rng.normal(-3, 2, 60_000)
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
