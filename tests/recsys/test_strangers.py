"""Somebody of whom nothing is known gets what is popular, with chances to match."""

import numpy as np
import pytest

from recsys import Evidence, HybridRecommender, Interactions, Kind, Options
from recsys.config import Config
from recsys.snapshot import load, save
from recsys.training import fit
from tests.recsys.generated import fitted
from tests.recsys.tastes import catalogue, community, draws

PLAIN = Options(adventure=0.0, diversity=0.0, artist_cap=10)


@pytest.fixture
def model() -> HybridRecommender:
    return fitted()


def test_the_list_of_a_stranger_is_what_many_hear(model: HybridRecommender) -> None:
    stranger = model.fold_in(Evidence.empty())
    picks = model.recommend(stranger, n=10, options=PLAIN)
    at = model.catalogue.items.index_of([pick.item_id for pick in picks])
    heard = model.item_listeners
    best = np.sort(heard)[::-1][:10]
    assert heard[at].sum() > 0.8 * best.sum()


def test_as_many_likes_are_expected_as_a_listener_has_items(model: HybridRecommender) -> None:
    chance = model.link.probability(model.score(model.fold_in(Evidence.empty())).total)
    assert chance.sum() == pytest.approx(
        model.info["n_interactions"] / model.info["n_users"], rel=0.01
    )


def test_what_a_stranger_is_told_sums_to_the_score(model: HybridRecommender, tmp_path) -> None:
    stranger = model.fold_in(Evidence.empty())
    scores = model.score(stranger).total
    for item in (0, 17, 300):
        found = model.explain(stranger, int(model.catalogue.items.ids[item]))
        assert found.score == pytest.approx(float(scores[item]), abs=1e-5)
    many = model.score_matrix(stranger.artists, stranger.items, stranger.nearby)
    assert many[0] == pytest.approx(scores, abs=1e-5)
    save(model, tmp_path / "kept")
    again = load(tmp_path / "kept")
    assert again.score(again.fold_in(Evidence.empty())).total.tolist() == scores.tolist()


def test_what_a_stranger_turned_down_counts_against_it_alone(model: HybridRecommender) -> None:
    best = model.recommend(model.fold_in(Evidence.empty()), n=1, options=PLAIN)[0].item_id
    place = model.catalogue.items.index_of([best])[0]
    before = model.score(model.fold_in(Evidence.empty())).total
    after = model.score(model.fold_in(Evidence.of([best], kind=Kind.DISLIKE))).total
    assert after[place] < before[place]


def test_one_item_is_enough_to_be_no_stranger(model: HybridRecommender) -> None:
    known = model.fold_in(Evidence.of([3]))
    assert model.biases_of(known.thin)[0, 0] != model.biases_of(np.ones((1, 1), np.float32))[0, 0]


@pytest.mark.parametrize("n", [0, 3])
def test_few_listeners_or_none_leave_it_to_what_is_known_in_general(n: int) -> None:
    rows = community(draws(n)) if n else Interactions.of([], Evidence.empty(), n_users=0)
    model = fit(rows, catalogue())
    total = model.score_artists(model.fold_in(Evidence.empty()))
    renown = model.catalogue.popularity
    assert np.corrcoef(total, renown)[0, 1] > 0.6
    assert np.isfinite(total).all()


def test_a_model_that_knows_no_fame_stays_as_it_is() -> None:
    model = fit(community(draws()), catalogue(), Config(parts=("latent",)))
    assert model.stranger_bias is None
