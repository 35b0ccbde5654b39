"""Filters, re-ranking and exploration: the laws of a list."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import Catalogue, DataError, Evidence, Interactions, Kind, Level, Options
from recsys.base import rank, ranks_of
from recsys.filters import eligible_artists, eligible_items
from recsys.reranking import adventure_term, shortlist
from recsys.training import fit
from tests.recsys.tastes import N_GROUPS, PER_GROUP, catalogue, community, draws

N_ITEMS = 2 * N_GROUPS * PER_GROUP
IDS = st.lists(st.integers(1, N_ITEMS), max_size=10, unique=True)
PLAIN = {"adventure": 0.0, "diversity": 0.0, "artist_cap": 99}


@pytest.fixture(scope="module")
def model():
    return fit(community(draws()), catalogue())


@pytest.fixture(scope="module")
def ada(model):
    return model.fold_in(Evidence.of(np.arange(1, 30, 3), value=5.0))


@settings(max_examples=40)
@given(IDS, IDS, IDS, st.booleans(), st.booleans())
def test_what_is_excluded_never_appears_and_among_bounds_the_rest(
    model, left_out, artists, among, known, by_artist
):
    profile = model.fold_in(
        Evidence.concat(Evidence.of([1, 2, 301]), Evidence.of([9], level=Level.ARTIST))
    )
    options = Options(
        exclude_items=np.array(left_out, np.int64),
        exclude_artists=np.array(artists, np.int64),
        exclude_known=known,
        exclude_known_artists=by_artist,
        among=np.array(among, np.int64) if among else None,
        **PLAIN,
    )
    allowed = eligible_items(model.catalogue, profile, options)
    ids = set(model.catalogue.items.ids[allowed].tolist())
    assert not ids & set(left_out)
    owners = model.catalogue.artists.ids[model.catalogue.artist_of[allowed]]
    assert not set(owners.tolist()) & set(artists)
    assert not among or ids <= set(among)
    assert not known or not ids & {1, 2}
    assert not (known and by_artist) or 9 not in owners
    shown = [pick.item_id for pick in model.recommend(profile, n=400, options=options)]
    assert len(shown) == len(set(shown))
    assert set(shown) <= ids
    assert eligible_artists(model.catalogue, options).sum() == 150 - len(
        set(artists) & set(range(1, 151))
    )


def test_seeds_of_more_like_this_are_not_shown(model, ada):
    like = Evidence.concat(Evidence.of([200]), Evidence.of([120], level=Level.ARTIST))
    picks = model.recommend(ada, n=300, options=Options(like=like, **PLAIN))
    ids = {pick.item_id for pick in picks}
    assert 200 not in ids
    assert len(ids) > 200
    near = model.recommend(ada, n=5, options=Options(like=like, **PLAIN))
    assert {(p.artist_id - 1) // PER_GROUP for p in near} <= {3, 4}, "the groups of the seeds"


def test_without_re_ranking_the_list_is_the_ranking(model, ada):
    picks = model.recommend(ada, n=30, options=Options(**PLAIN))
    scores = [pick.score for pick in picks]
    assert scores == sorted(scores, reverse=True)
    assert [pick.rank for pick in picks] == [pick.score_rank for pick in picks] == [*range(1, 31)]
    assert all(pick.rerank == 0 and pick.policy == "exploit" for pick in picks)
    assert all(pick.propensity == 1 for pick in picks)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0, 1),
    st.floats(0, 3),
    st.integers(1, 2),
    st.integers(1, 25),
    st.floats(0, 1),
    st.integers(0, 9),
)
def test_score_and_term_sum_to_what_the_list_is_ordered_by(
    model, ada, adventure, diversity, cap, n, explore, seed
):
    options = Options(
        adventure=adventure, diversity=diversity, artist_cap=cap, explore=explore, seed=seed
    )
    picks = model.recommend(ada, n=n, options=options)
    owners = [pick.artist_id for pick in picks]
    assert max(map(owners.count, owners)) <= cap
    assert len(picks) == n
    term = adventure_term(model, ada, adventure)
    for pick in picks:
        at = int(model.catalogue.artists.index_of([pick.artist_id])[0])
        assert pick.rerank <= term[at] + 1e-4, "likeness to the list only ever costs"
        assert pick.rerank >= term[at] - diversity - 1e-4
        assert 0 < pick.propensity <= 1
        assert pick.explored == 0 or pick.policy == "explore"
        odds = pick.score + model.link.correction(pick.score)
        assert pick.probability == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-6)
    assert picks == model.recommend(ada, n=n, options=options), "the same seed, the same list"
    if explore == 0:
        assert all(pick.policy == "exploit" for pick in picks)


def test_diversity_spreads_the_list_and_costs_score(model, ada):
    def spread(diversity):
        options = Options(adventure=0.0, diversity=diversity)
        picks = model.recommend(ada, n=10, options=options)
        artists = model.catalogue.artists.index_of([p.artist_id for p in picks])
        near = model.artist_similarity(artists, artists)
        return (near.sum() - np.trace(near)) / 90, np.mean([p.score for p in picks])

    near, score = zip(*(spread(d) for d in (0.0, 2.0, 6.0)), strict=True)
    assert near[0] > near[1] > near[2]
    assert score[0] >= score[1] >= score[2]


def test_adventure_leads_away_from_what_is_known_by_heart(model, ada):
    assert not adventure_term(model, ada, 0.0).any()
    half, whole = (adventure_term(model, ada, a) for a in (0.5, 1.0))
    assert np.allclose(2 * half, whole, atol=1e-6)
    loved = model.catalogue.artists.index_of([1, 2, 4])
    others = np.setdiff1d(np.arange(150), ada.artists.indices)
    assert whole[loved].max() < whole[others].min()


@pytest.mark.parametrize(
    "wrong",
    [{"adventure": 1.1}, {"adventure": -0.1}, {"explore": 2}, {"diversity": -1}, {"artist_cap": 0}],
)
def test_dials_beyond_their_ends_are_refused(wrong):
    with pytest.raises(DataError):
        Options(**wrong)


@settings(max_examples=60)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30), st.integers(0, 40), st.randoms())
def test_a_ranking_is_stable_and_agrees_with_its_ranks(values, n, random):
    scores = np.array(values, np.float32)
    eligible = np.array([random.random() < 0.7 for _ in values])
    found = rank(scores, eligible, n)
    wanted = sorted(np.flatnonzero(eligible).tolist(), key=lambda k: (-scores[k], k))[:n]
    assert found.items.tolist() == wanted
    assert ranks_of(scores, eligible, found.items).tolist() == [*range(1, len(wanted) + 1)]


def test_a_skip_counts_against_less_than_a_dislike(model, ada):
    near = 2 * (PER_GROUP * 3) + 1
    total = {
        kind: model.score(
            model.fold_in(Evidence.concat(ada.evidence, Evidence.of([near], kind=kind)))
        ).total[near]
        for kind in (Kind.LIKE, Kind.SKIP, Kind.DISLIKE)
    }
    assert total[Kind.LIKE] > total[Kind.SKIP] >= total[Kind.DISLIKE]


@pytest.mark.parametrize("explore", [0.0, 1.0])
def test_where_nothing_may_be_shown_the_list_is_empty(model, ada, explore):
    nothing = Options(among=np.zeros(0, np.int64), explore=explore)
    assert model.recommend(ada, n=5, options=nothing) == ()
    assert model.recommend(ada, n=0, options=Options(explore=explore)) == ()
    bare = fit(Interactions.empty(), Catalogue.build([]))
    nobody = bare.fold_in(Evidence.empty())
    assert bare.recommend(nobody, n=5, options=Options(explore=explore)) == ()


@pytest.mark.parametrize("seed", range(20))
def test_the_shortlist_is_what_taking_the_best_one_by_one_gives(seed):
    rng = np.random.default_rng(seed)
    n_items, n = 2_000, 10
    merit = rng.integers(0, 500, n_items).astype(np.float32)  # many ties
    merit[rng.random(n_items) < 0.02] = -np.inf
    artists = np.where(merit > 200, rng.integers(-1, 4, n_items), rng.integers(0, 900, n_items))
    origin = np.where(rng.random(n_items) < 0.5, -1, artists % 7)
    eligible = rng.random(n_items) < 0.8
    capped = [(artists, 2), (origin, 3)]
    taken, counts = [], [{}, {}]
    for item in np.lexsort((np.arange(n_items), -merit)).tolist():
        groups = [int(group_of[item]) for group_of, _ in capped]
        if eligible[item] and np.isfinite(merit[item]) and _room(groups, counts, capped):
            taken.append(item)
    found = shortlist(merit, eligible, capped, n=n).tolist()
    assert len(found) >= n
    assert found == taken[: len(found)]


def _room(groups, counts, capped):
    """Whether both caps leave room; an item counts for the later cap only where the first took it."""
    for group, count, (_, cap) in zip(groups, counts, capped, strict=True):
        if group >= 0:
            count[group] = count.get(group, 0) + 1
            if count[group] > cap:
                return False
    return True
