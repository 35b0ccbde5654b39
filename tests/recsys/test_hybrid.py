"""The recommender as a whole: additive, explainable, learning from each vote."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import Evidence, Interactions, Kind, Level, Options, SnapshotError, snapshot
from recsys.base import ranks_of
from recsys.config import Config
from recsys.evaluation import Case, bootstrap, compare, feedback_loop, ndcg
from recsys.group_lists import Rule, group_list, match
from recsys.metrics import per_user
from recsys.training import fit
from tests.recsys.tastes import (
    N_GROUPS,
    PER_GROUP,
    alone,
    artists_of,
    catalogue,
    community,
    draws,
)


@pytest.fixture(scope="module")
def model():
    return fit(community(draws()), catalogue())


@pytest.fixture(scope="module")
def ada():
    return Evidence.of(np.arange(1, 30, 3), value=5.0)


def test_the_serving_half_needs_neither_pandas_nor_scikit_learn():
    code = (
        "import sys, recsys, recsys.snapshot, recsys.group_lists, recsys.leanings, recsys.filters;"
        "sys.exit(bool({'pandas', 'sklearn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_metrics_match_the_worked_example():
    relevant = np.zeros((2, 20), bool)
    relevant[0, [1, 3, 9]] = True
    relevant[1, 1] = True
    found = per_user(relevant, np.array([4, 1]))
    assert found["precision@10"][0] == pytest.approx(0.3)
    assert found["recall@20"].tolist() == pytest.approx([0.75, 1.0])
    assert found["map@10"].tolist() == pytest.approx([0.325, 0.5])
    assert found["ndcg@10"].tolist() == pytest.approx([0.527275, 0.630930], abs=1e-6)
    assert found["mrr@20"].tolist() == [0.5, 0.5]
    assert found["hit@10"].tolist() == [1, 1]


def test_parts_sum_to_the_score_and_shares_to_the_parts(model, ada):
    profile = model.fold_in(ada)
    scores = model.score(profile)
    for item in (1, 44, 200, 300):
        explained = model.explain(profile, item)
        index = int(model.catalogue.items.index_of([item])[0])
        assert explained.score == pytest.approx(float(scores.total[index]), abs=1e-4)
        for part in explained.parts:
            assert part.shares.sum() + part.prior == pytest.approx(part.value, abs=1e-5)


@given(st.lists(st.integers(0, 4), min_size=40, max_size=60), st.randoms())
def test_ranks_are_the_same_counted_and_sorted(values, random):
    scores = np.array(values, np.float32)
    eligible = np.array([random.random() < 0.8 for _ in values])
    wanted = np.array([-1, *range(len(values))])
    one_by_one = [int(ranks_of(scores, eligible, wanted[[k]])[0]) for k in range(len(wanted))]
    assert ranks_of(scores, eligible, wanted).tolist() == one_by_one
    assert sorted(r for r in one_by_one if r) == list(range(1, int(eligible.sum()) + 1))


def test_explaining_several_items_at_once_says_the_same_as_one_by_one(model, ada):
    profile = model.fold_in(ada)
    items, like = [1, 44, 300], Evidence.of([7], kind=Kind.LIKE)
    for item, found in zip(items, model.explain_all(profile, items, like=like), strict=True):
        alone_ = model.explain(profile, item, like=like)
        assert found.item_id == item
        assert found.score == pytest.approx(alone_.score, abs=1e-9)
        assert np.allclose(found.evidence, alone_.evidence)
        assert found.parts[-1].name == "like"


def test_score_and_calibration_are_the_log_odds_of_the_probability(model, ada):
    assert model.link.knees, "held-out rows were there to learn it"
    profile = model.fold_in(ada)
    scores = model.score(profile)
    best = int(np.argmax(scores.total))
    found = model.explain(profile, int(model.catalogue.items.ids[best]))
    odds = found.score + found.calibration
    assert found.probability == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-6)
    assert scores.probability[best] == pytest.approx(found.probability, abs=1e-5)
    assert scores.probability[best] == scores.probability.max()


@settings(max_examples=20)
@given(
    st.lists(st.integers(1, 2 * N_GROUPS * PER_GROUP), max_size=12, unique=True), st.integers(1, 30)
)
def test_lists_are_unique_never_padded_and_leave_out_what_is_known(model, items, n):
    profile = model.fold_in(Evidence.of(items, kind=Kind.LIKE))
    picks = model.recommend(profile, n=n, options=Options())
    ids = [p.item_id for p in picks]
    assert len(set(ids)) == len(ids) <= n
    assert not set(ids) & set(items)
    assert len({p.artist_id for p in picks}) == len(picks)


def test_a_like_lifts_what_is_similar_a_dislike_lowers_it_and_undo_restores(model, ada):
    near = np.arange(PER_GROUP * 3 + 2, PER_GROUP * 3 + 20)
    voted = [2 * (PER_GROUP * 3) + 1]
    before = model.artist_ranks(model.fold_in(ada), near).mean()
    liked = Evidence.concat(ada, Evidence.of(voted, kind=Kind.LIKE))
    disliked = Evidence.concat(ada, Evidence.of(voted, kind=Kind.DISLIKE))
    assert model.artist_ranks(model.fold_in(liked), near).mean() < before
    assert model.artist_ranks(model.fold_in(disliked), near).mean() > before
    back = liked.without(id=voted[0])
    assert np.array_equal(
        model.score(model.fold_in(back)).total, model.score(model.fold_in(ada)).total
    )


def test_it_finds_held_out_tastes_far_better_than_popularity():
    loved = artists_of(draws())
    known = [x[:14] for x in loved]
    cases = [
        Case(Evidence.of(k, value=5.0), Evidence.of(x[14:]))
        for k, x in zip(known, loved, strict=True)
    ]
    whole = fit(community(known), alone())
    plain = fit(community(known), alone(), Config(parts=("popularity",), learn_weights=False))
    reached = np.mean([ndcg(whole, case) for case in cases])
    baseline = np.mean([ndcg(plain, case) for case in cases])
    assert 0.12 < reached < 0.6
    assert reached > 2 * baseline
    verdict = compare(whole, plain, cases)
    assert not verdict.publish
    assert compare(plain, whole, cases).publish


def test_feedback_finds_more_than_no_feedback():
    loved = artists_of(draws(40, seed=9, each=30))
    model = fit(community(artists_of(draws())), alone())
    seeds = [Evidence.of(x[:1], kind=Kind.PICK) for x in loved]
    hidden = [x[1:] for x in loved]
    with_updates = feedback_loop(model, seeds, hidden, rounds=10, n=5).hits
    without = feedback_loop(model, seeds, hidden, rounds=10, n=5, update=False).hits
    low, _ = bootstrap((with_updates.sum(axis=1) - without.sum(axis=1)).astype(float))
    assert low > 0


def test_an_empty_server_gets_well_known_artists():
    nobody = Interactions.of(np.zeros(0, np.int64), Evidence.empty(), n_users=0)
    model = fit(nobody, catalogue())
    picks = model.recommend(model.fold_in(Evidence.empty()), n=5, options=Options(adventure=0.0))
    assert len(picks) == 5
    assert np.mean([p.artist_id for p in picks]) > 100  # popularity grows with the id here


def test_a_snapshot_serves_the_same_and_holds_nobody(model, ada, tmp_path):
    snapshot.save(model, tmp_path / "m")
    again = snapshot.load(tmp_path / "m")
    assert np.array_equal(
        again.score(again.fold_in(ada)).total, model.score(model.fold_in(ada)).total
    )
    users = community(draws()).n_users
    for path in (tmp_path / "m").glob("*.npy"):
        assert users not in np.load(path, allow_pickle=False).shape


def test_a_changed_or_missing_file_is_refused(model, tmp_path):
    snapshot.save(model, tmp_path / "m")
    victim = max((tmp_path / "m").glob("part.*.npy"), key=lambda p: p.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[-1] ^= 1
    victim.write_bytes(content)
    with pytest.raises(SnapshotError, match="was changed"):
        snapshot.load(tmp_path / "m")
    victim.unlink()
    with pytest.raises(SnapshotError):
        snapshot.load(tmp_path / "m")


@settings(max_examples=30)
@given(st.integers(2, 6), st.integers(1, 40), st.integers(0, 99))
def test_shares_sum_to_one_and_the_cap_holds(members, items, seed):
    scores = np.random.default_rng(seed).random((members, items))
    artist_of = np.arange(items) // 2
    for rule in Rule:
        found = group_list(scores, rule=rule, n=10, artist_of=artist_of)
        assert len(set(artist_of[found.items].tolist())) == len(found.items)
        assert np.allclose(found.shares.sum(axis=1), 1)
        assert found.totals.sum() == pytest.approx(1)
        assert ((found.satisfaction >= 0) & (found.satisfaction <= 1)).all()


def test_no_one_suffers_raises_the_worst_off():
    scores = np.array([[0.9, 0.9, 0.6, 0.6]] * 4 + [[0.05, 0.05, 0.5, 0.5]])
    joy = group_list(scores, rule=Rule.JOY, n=2, artist_of=np.arange(4))
    kind = group_list(scores, rule=Rule.NO_ONE_SUFFERS, n=2, artist_of=np.arange(4))
    assert kind.satisfaction.min() > joy.satisfaction.min()


def test_a_match_is_symmetric_and_likes_those_alike(model):
    first, second = (model.fold_in(Evidence.of(np.arange(s, 40, 4), value=9.0)) for s in (1, 2))
    other = model.fold_in(Evidence.of(np.arange(250, 300, 4), value=9.0))
    assert match(model, first, second) == match(model, second, first)
    assert match(model, first, second).percent > match(model, first, other).percent


def artists_alone(loved: list[np.ndarray]) -> Interactions:
    """The same community when only the artists of what it played are known."""
    user = np.repeat(np.arange(len(loved)), [len(x) for x in loved])
    evidence = Evidence.of(np.concatenate(artists_of(loved)), level=Level.ARTIST, value=5.0)
    return Interactions.of(user, evidence, n_users=len(loved))


def test_where_only_artists_are_known_tracks_are_ranked_all_the_same():
    loved = draws()
    model = fit(artists_alone(loved), catalogue())
    mine = artists_of(loved)[0]
    profile = model.fold_in(Evidence.of(mine[:10], level=Level.ARTIST, value=5.0))
    groups = {(int(a) - 1) // PER_GROUP for a in mine[:10]}
    near = model.recommend(profile, n=10, options=Options(adventure=0.0))
    assert np.mean([(p.artist_id - 1) // PER_GROUP in groups for p in near]) > 0.6
    unheard = model.recommend(profile, n=10, options=Options(exclude_known_artists=True))
    assert len(unheard) == 10
    assert not {p.artist_id for p in unheard} & set(mine[:10].tolist())


def test_an_artist_of_whom_a_track_is_known_is_not_left_out():
    model = fit(community(draws()), catalogue())
    both = Evidence.concat(Evidence.of([1, 2], level=Level.ARTIST), Evidence.of([1]))
    profile = model.fold_in(both)
    assert profile.known_artists.tolist() == [1]
    assert profile.known_items.tolist() == [0]


def test_settings_are_taken_over_until_the_data_has_outgrown_them():
    found = fit(community(draws()), catalogue()).info
    assert found["tuned_on"] == len(community(draws()))
    again = Config().tuned_as(found, n_interactions=int(1.4 * found["tuned_on"]))
    assert (again.tune, again.tuned_on) == (False, found["tuned_on"])
    assert fit(community(draws()), catalogue(), again).info["settings"] == found["settings"]
    assert Config().tuned_as(found, n_interactions=2 * found["tuned_on"]).tune
    assert Config().tuned_as({}, n_interactions=1).tune


def test_a_blend_is_taken_over_until_the_data_has_outgrown_it_or_the_parts_differ():
    rows = community(draws())
    first = fit(rows, catalogue())
    again = fit(rows, catalogue(), earlier=first)
    assert [(p.name, p.curve, p.cold_curve) for p in again.parts] == [
        (p.name, p.curve, p.cold_curve) for p in first.parts
    ]
    assert (again.bias, again.cold_bias) == (first.bias, first.cold_bias)
    profile = again.fold_in(rows.of_user(0))
    assert np.array_equal(again.score(profile).total, first.score(profile).total)
    fewer = Config(parts=tuple(p.name for p in first.parts[1:]))
    assert [p.curve for p in fit(rows, catalogue(), fewer, earlier=first).parts] != [
        p.curve for p in first.parts[1:]
    ]
    small = replace(first, info={**first.info, "tuned_on": len(rows) // 2})
    grown = fit(rows, catalogue(), earlier=small)
    assert grown.info["tuned_on"] == len(rows)


def test_what_people_nearby_play_lifts_it_in_proportion_and_is_not_the_listeners_own():
    loved = artists_of(draws(60))
    rng = np.random.default_rng(5)
    user = np.repeat(np.arange(len(loved)), [len(x) for x in loved])
    theirs = np.concatenate([rng.permutation(x) for x in loved])  # friends share the taste
    near = Evidence.of(theirs, level=Level.ARTIST, kind=Kind.NEARBY, value=3.0)
    rows = Interactions.concat(community(loved), Interactions.of(user, near, n_users=len(loved)))
    model = fit(rows, alone())
    assert model.part("nearby") is not None
    mine = Evidence.of(loved[0][:6], value=5.0)
    friends = Evidence.of([loved[0][9]], level=Level.ARTIST, kind=Kind.NEARBY, value=4.0)
    alone_, beside = (model.fold_in(e) for e in (mine, Evidence.concat(mine, friends)))
    assert beside.known_items.tolist() == alone_.known_items.tolist()
    change = model.score(beside).total - model.score(alone_).total
    lifted = int(model.catalogue.items.index_of([loved[0][9]])[0])
    assert change[lifted] > 0
    assert np.abs(np.delete(change, lifted)).max() < 1e-5
    explained = model.explain(beside, int(loved[0][9]))
    part = next(p for p in explained.parts if p.name == "nearby")
    assert part.shares[-1] == pytest.approx(float(change[lifted]), abs=1e-5)
    assert not part.shares[:-1].any()
