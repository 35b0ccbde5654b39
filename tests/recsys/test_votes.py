"""What a vote does: never against what it was given to, at once, and less as it ages."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import Evidence, Kind, Level
from recsys.config import Config
from recsys.evidence import Interactions
from recsys.interactions import Weighing, weigh
from recsys.part import thinness
from recsys.snapshot import load, save
from recsys.training import fit
from tests.recsys.tastes import alone, artists_of, catalogue, community, draws

KINDS = (Kind.PLAY, Kind.PLAY, Kind.PICK, Kind.LIKE, Kind.DISLIKE, Kind.SKIP)


@pytest.fixture(scope="module", params=["tracks", "artists alone"])
def model(request):
    loved = draws()
    if request.param == "tracks":
        return fit(community(loved), catalogue())
    return fit(community(artists_of(loved)), alone())


def listener(n_items: int, seed: int) -> Evidence:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    kinds = rng.choice(np.array(KINDS), n)
    plays = np.where(kinds == Kind.PLAY, rng.integers(1, 400, n), 1)
    ids = rng.choice(n_items, n, replace=False) + 1
    return Evidence.of(ids, kind=kinds, value=plays, age_days=rng.integers(0, 900, n))


def moved(model, evidence, item, kind):
    """Rank of the item's artist, and the item's own score, before and after a vote."""
    items = model.catalogue.items
    at = int(items.index_of([item])[0])
    artist = model.catalogue.artists.ids[model.catalogue.artist_of[at]]
    found = []
    for rows in (evidence, Evidence.concat(evidence, Evidence.of([item], kind=kind))):
        profile = model.fold_in(rows)
        rank = int(model.artist_ranks(profile, [artist])[0])
        found.append((rank, float(model.score(profile).total[at])))
    return found


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 1))
def test_a_vote_never_moves_what_it_was_given_to_the_other_way(model, seed, place):
    n_items = model.catalogue.n_items
    evidence = listener(n_items, seed)
    item = 1 + int(place * (n_items - 1))
    (rank, score), (after, higher) = moved(model, evidence, item, Kind.LIKE)
    assert after <= rank
    assert higher > score
    (rank, score), (after, lower) = moved(model, evidence, item, Kind.DISLIKE)
    assert after >= rank
    assert lower < score


def test_without_its_own_word_a_vote_can_hurt_what_it_is_for():
    """So that the law above is known to be able to fail."""
    config = Config(parts=("closed_form",), tune=False)
    model = fit(community(artists_of(draws())), alone(), config)
    mute = dataclasses.replace(model, said_strength=0.0)
    n_items = model.catalogue.n_items
    hurt = 0
    for seed in range(60):
        item = 1 + seed * 7 % n_items
        (rank, _), (after, _) = moved(mute, listener(n_items, seed), item, Kind.LIKE)
        (rank_down, _), (after_down, _) = moved(mute, listener(n_items, seed), item, Kind.DISLIKE)
        hurt += after > rank or after_down < rank_down
    assert hurt


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_votes_are_explained_to_the_last_digit(model, seed):
    n_items = model.catalogue.n_items
    votes = Evidence.of([3, 5, 9], kind=[Kind.LIKE, Kind.DISLIKE, Kind.SKIP])
    evidence = Evidence.concat(listener(n_items, seed), votes)
    profile = model.fold_in(evidence)
    scores = model.score(profile)
    for one in model.explain_all(profile, [3, 5, 9, 100]):
        at = int(model.catalogue.items.index_of([one.item_id])[0])
        assert one.score == pytest.approx(float(scores.total[at]), abs=1e-4)
        by_name = {part.name: part for part in one.parts}
        assert by_name.keys() == scores.of(at).keys()
        said = by_name["said"]
        assert said.value == pytest.approx(scores.of(at)["said"], abs=1e-5)
        assert said.shares.sum() == pytest.approx(said.value)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([Kind.LIKE, Kind.DISLIKE, Kind.SKIP]))
def test_a_vote_counts_at_once_and_taking_it_back_restores_every_figure(model, seed, kind):
    evidence = listener(model.catalogue.n_items, seed)
    before = model.score(model.fold_in(evidence)).total
    voted = Evidence.concat(evidence, Evidence.of([7], kind=kind))
    assert not np.array_equal(model.score(model.fold_in(voted)).total, before)
    mask = np.arange(len(voted)) == len(voted) - 1
    assert np.array_equal(model.score(model.fold_in(voted.without(mask))).total, before)


def test_one_listener_alone_is_scored_as_among_many(model):
    """Skips and dislikes are folded in by the same numbers at a request and in a batch."""
    listeners = [listener(model.catalogue.n_items, seed) for seed in range(8)]
    signals = model.signals(Interactions.from_listeners(listeners))
    many = model.score_matrix(
        signals.artists.matrix(8, model.catalogue.n_artists),
        signals.items.matrix(8, model.catalogue.n_items),
        signals.nearby.matrix(8, model.catalogue.n_artists),
    )
    for row, evidence in enumerate(listeners):
        scores = model.score(model.fold_in(evidence))
        own = scores.total - (scores.sum_of({"said"}) if "said" in scores.part_names else 0)
        assert np.allclose(own, many[row], atol=1e-3)


def test_votes_and_plays_fade_each_by_its_half_life():
    whole, weighing = catalogue(), Weighing()

    def weights(kind, age):
        rows = Evidence.of([1, 3], kind=[kind, Kind.PLAY], age_days=[age, 0.0])
        signals = weigh(whole, rows, weighing)
        return signals.items.weight[0], signals.said.weight[0]

    for kind in (Kind.LIKE, Kind.DISLIKE, Kind.SKIP):
        fresh, half, old = (
            weights(kind, age) for age in (0, weighing.vote_half_life_days, 1_000_000)
        )
        assert half == pytest.approx(np.array(fresh) / 2)
        assert old == pytest.approx(np.array(fresh) * weighing.least_decay)
    assert weights(Kind.PICK, 5_000) == weights(Kind.PICK, 0)
    plays = Evidence.of([1, 3], value=[100.0, 60.0], age_days=[weighing.half_life_days, 0.0])
    once, other = weigh(whole, plays, weighing).items.weight
    assert other > once, "a hundred plays, half faded, are fewer than sixty"


def test_what_was_turned_down_makes_nobody_a_regular():
    loved = Evidence.of([1, 3])
    turned_down = Evidence.of(np.arange(51, 99, 2), kind=Kind.DISLIKE)
    whole = catalogue()

    def thin(rows):
        return thinness(weigh(whole, rows, Weighing()).artists.matrix(1, 150))[0, 0]

    assert thin(Evidence.concat(loved, turned_down)) == thin(loved)
    more = Evidence.concat(loved, Evidence.of([9], level=Level.ARTIST, kind=Kind.PICK))
    assert thin(more) < thin(loved)


def test_a_kept_model_says_the_same(model, tmp_path):
    save(model, tmp_path / "kept")
    again = load(tmp_path / "kept")
    evidence = listener(model.catalogue.n_items, 5)
    for one in (model, again):
        assert one.said_strength == 2.0
    assert np.array_equal(
        *(one.score(one.fold_in(evidence)).total for one in (model, again)), equal_nan=False
    )
    assert again.taste_noise == model.taste_noise
