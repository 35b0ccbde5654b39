"""Probabilities against outcomes, bootstrap intervals, and paired comparison."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import DataError, Evidence
from recsys.calibration import calibration
from recsys.config import Config
from recsys.evaluation import LEAST_LISTENERS, RESAMPLES, Case, bootstrap, compare, ndcg
from recsys.metrics import beyond, per_user, top_items
from recsys.sparse import csr, empty
from recsys.training import fit
from tests.recsys.tastes import alone, artists_of, community, draws

PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80)


def test_scores_of_a_worked_example():
    found = calibration(np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, False, False, False]))
    assert found.brier == pytest.approx((0.01 + 0.64 + 0.04 + 0.01) / 4)
    assert found.brier_of_mean == pytest.approx(0.25 * 0.75)
    wanted = -(np.log(0.9) + np.log(0.2) + np.log(0.8) + np.log(0.9)) / 4
    assert found.log_loss == pytest.approx(wanted)
    assert found.skill == pytest.approx(1 - 0.175 / 0.1875)


@settings(max_examples=80)
@given(PAIRS)
def test_bins_keep_every_pair_and_the_means(pairs):
    p, y = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    found = calibration(p, y)
    assert found.weight.sum() == len(pairs)
    assert np.average(found.expected, weights=found.weight) == pytest.approx(p.mean())
    assert np.average(found.observed, weights=found.weight) == pytest.approx(y.mean())
    assert 0 <= found.error <= 1
    assert found.brier <= 1
    assert np.isfinite(found.log_loss)


def test_true_probabilities_are_calibrated_and_overconfident_ones_are_not():
    rng = np.random.default_rng(0)
    p = rng.beta(1, 6, 20_000)
    y = rng.random(len(p)) < p
    honest, loud = calibration(p, y), calibration(np.minimum(3 * p, 1), y)
    assert honest.error < 0.01 < 0.1 < loud.error
    assert honest.skill > 0 > loud.skill
    assert honest.log_loss < honest.log_loss_of_mean < loud.log_loss


@pytest.mark.parametrize(
    ("p", "y"), [([], []), ([0.5], []), ([1.5], [True]), ([np.nan], [True]), ([-0.1], [False])]
)
def test_what_is_no_probability_is_refused(p, y):
    with pytest.raises(DataError):
        calibration(np.array(p, float), np.array(y, bool))


@settings(max_examples=30)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40), st.floats(-3, 3))
def test_an_interval_holds_the_mean_of_its_draws_moves_along_and_repeats(values, shift):
    differences = np.array(values)
    low, high = bootstrap(differences)
    assert differences.min() - 1e-12 <= low <= high <= differences.max() + 1e-12
    assert (low, high) == bootstrap(differences)
    moved = bootstrap(differences + shift)
    assert moved == pytest.approx((low + shift, high + shift), abs=1e-9)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        low, high = bootstrap(rng.normal(0.1, 1, 60))
        covered += low <= 0.1 <= high
    assert RESAMPLES == 1_000
    assert 0.88 <= covered / 200 <= 0.99


def test_many_listeners_are_resampled_in_bounded_memory_and_to_the_same_interval():
    differences = np.random.default_rng(4).random(20_000)
    tracemalloc.start()
    found = bootstrap(differences)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20
    picks = np.random.default_rng(0).integers(0, 3_001, (RESAMPLES, 3_001))
    at_once = np.percentile(differences[:3_001][picks].mean(axis=1), [2.5, 97.5])
    assert bootstrap(differences[:3_001]) == tuple(at_once)
    assert found[0] < differences.mean() < found[1]


def test_a_comparison_is_antisymmetric_and_the_same_model_may_be_published():
    loved = artists_of(draws(40))
    known = [x[:14] for x in loved]
    whole = fit(community(known), alone(), Config(tune=False))
    plain = fit(community(known), alone(), Config(parts=("popularity",), learn_weights=False))
    cases = [
        Case(Evidence.of(k, value=5.0), Evidence.of(x[14:]))
        for k, x in zip(known, loved, strict=True)
    ]
    there, back = compare(plain, whole, cases), compare(whole, plain, cases)
    assert there.delta == pytest.approx(-back.delta)
    assert there.standard_error == pytest.approx(back.standard_error)
    assert (there.publish, back.publish, there.n_cases) == (True, False, len(cases))
    same = compare(whole, whole, cases)
    assert (same.delta, same.standard_error, same.publish) == (0.0, 0.0, True)
    assert compare(whole, plain, []).publish, "without cases nothing speaks against it"
    worst = sorted(cases, key=lambda case: ndcg(plain, case) - ndcg(whole, case))[:LEAST_LISTENERS]
    assert not compare(whole, plain, worst).publish
    for few in (worst[:1], worst[:-1]):
        told = compare(whole, plain, few)
        assert told.delta < -2 * told.standard_error
        assert told.publish, "fewer than five listeners are no evidence"
    broken = replace(plain, bias=float("nan"))
    assert not compare(whole, broken, worst[:1]).publish


@settings(max_examples=60)
@given(st.lists(st.booleans(), min_size=20, max_size=20), st.integers(0, 30))
def test_metrics_lie_between_0_and_1_and_an_earlier_hit_never_hurts(relevant, more):
    wanted = max(1, sum(relevant) + more)
    row = np.array([relevant])
    found = {k: v[0] for k, v in per_user(row, np.array([wanted])).items()}
    assert all(0 <= value <= 1 + 1e-12 for value in found.values())
    first = row.copy()
    if row[0].any():
        last = int(np.flatnonzero(row[0])[-1])
        free = np.flatnonzero(~row[0][:last])
        if len(free):
            first[0, [free[0], last]] = True, False
            better = per_user(first, np.array([wanted]))
            assert all(better[k][0] >= found[k] - 1e-12 for k in ("map@10", "ndcg@10", "mrr@20"))


def test_a_perfect_list_has_every_accuracy_of_1_but_precision():
    row = np.zeros((1, 20), bool)
    row[0, :4] = True
    found = per_user(row, np.array([4]))
    assert {k: v[0] for k, v in found.items()} == {
        "map@10": 1,
        "ndcg@10": 1,
        "recall@20": 1,
        "precision@10": 0.4,
        "mrr@20": 1,
        "hit@10": 1,
    }


def test_ties_go_to_the_lower_id_and_what_is_known_or_not_finite_is_left_out():
    scores = np.array([[1, 1, np.nan, 1, 2]], np.float32)
    known = csr(np.array([[0, 0, 0, 0, 1]]))
    assert top_items(scores, known, np.arange(5), depth=4).tolist() == [[0, 1, 3, -1]]
    other_way = np.arange(5)[::-1]
    assert top_items(scores, known, other_way, depth=2).tolist() == [[3, 1]]


def test_coverage_novelty_and_distance_of_a_worked_example():
    lists = np.array([[0, 1], [0, -1]])
    found = beyond(lists, np.array([3, 0, 1]), 3, csr(np.eye(3)))
    assert found["coverage@10"] == pytest.approx(2 / 3)
    assert found["novelty@10"] == pytest.approx((0 + 2 + 0) / 3)
    assert found["ild@10"] == pytest.approx((1 + 0) / 2)
    alike = beyond(lists[:1], np.array([3, 0, 1]), 3, csr(np.ones((3, 1))))
    assert alike["ild@10"] == pytest.approx(0)
    untold = beyond(lists[:1], np.array([3, 0, 1]), 3, empty((3, 2)))
    assert untold["ild@10"] == pytest.approx(1)


@pytest.mark.parametrize("n_told", [3, 16])
def test_of_a_newcomer_more_is_to_be_found_than_of_a_regular(n_told):
    """Of new listeners a few artists are told; what they love beside those must be foreseen."""
    model = fit(community(artists_of(draws(150))), alone())
    said, came = [], []
    for artists in artists_of(draws(60, seed=11)):
        profile = model.fold_in(Evidence.of(artists[:n_told], value=7.0))
        open_ = np.setdiff1d(model.catalogue.items.ids, artists[:n_told])
        at = model.catalogue.items.index_of(open_)
        said.append(model.score(profile).probability[at].astype(np.float64))
        came.append(np.isin(open_, artists))
    rate = np.concatenate(said).mean() / np.concatenate(came).mean()
    assert 0.5 < rate < 1.6
