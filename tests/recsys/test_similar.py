"""What other places say is similar: merged by rank, lent to bare artists, one more part of the score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys import Catalogue, Evidence, Interactions, Level, Options
from recsys.models.elsewhere import Elsewhere
from recsys.similar import borrowed_popularity, borrowed_tags, merged
from recsys.sparse import csr
from recsys.training import fit
from tests.recsys.tastes import catalogue, community, draws

N = 12
rows = st.lists(
    st.tuples(st.integers(0, N - 1), st.integers(0, N - 1), st.integers(0, 3), st.integers(1, 40)),
    max_size=40,
)


def of(listed):
    return merged(*np.array(listed, np.int64).reshape(-1, 4).T, N)


@given(rows)
def test_merged_lies_between_0_and_1_and_nobody_is_similar_to_themselves(listed):
    found = of(listed)
    assert found.shape == (N, N)
    assert ((found.data > 0) & (found.data < 1)).all()
    assert not found.diagonal().any()
    assert {(a, b) for a, b, *_ in listed if a != b} == set(zip(*found.nonzero(), strict=True))


@given(rows, st.randoms())
def test_the_order_of_the_rows_does_not_matter(listed, random):
    shuffled = random.sample(listed, len(listed))
    assert np.allclose(of(listed).toarray(), of(shuffled).toarray())


def test_borrowed_fame_stays_between_0_and_1_and_what_is_known_stays():
    n = 400
    rng = np.random.default_rng(0)
    seeds, others = np.repeat(np.arange(n), 20), rng.integers(0, n, 20 * n)
    fame = np.where(rng.random(n) < 0.5, 1.0, np.nan).astype(np.float32)
    found = borrowed_popularity(fame, merged(seeds, others, 0 * seeds, 1 + seeds % 30, n))
    assert np.array_equal(found[fame == 1], fame[fame == 1])
    assert found.max() <= 1
    assert found == pytest.approx(1.0)


def test_a_better_place_is_worth_more_and_agreement_more_than_either():
    one = of([(0, 1, 0, 1), (0, 2, 0, 5), (0, 3, 0, 5), (0, 3, 1, 5), (0, 4, 0, 5), (0, 4, 0, 7)])
    first, fifth, agreed, twice = one.toarray()[0, 1:5]
    assert first > fifth
    assert agreed > fifth
    assert twice == pytest.approx(fifth), "one list that says it twice is one list"


def test_bare_artists_borrow_and_described_ones_keep_what_they_have():
    similar = of([(0, 2, 0, 1), (1, 2, 0, 1), (0, 1, 0, 3)])
    tags = csr(np.array([[3, 0], [0, 9]] + [[0, 0]] * (N - 2), np.float32))
    found = borrowed_tags(tags, similar).toarray()
    assert found[:2].tolist() == [[3, 0], [0, 9]]
    assert found[2] == pytest.approx([0.25, 0.25])
    assert not found[3:].any()
    fame = np.full(N, np.nan, np.float32)
    fame[:2] = 0.2, 0.8
    assert borrowed_popularity(fame, similar)[2] == pytest.approx(0.5)
    assert np.isnan(borrowed_popularity(fame, similar)[3:]).all()


def test_likeness_holds_both_ways_a_little_less_backwards():
    model = Elsewhere(of([(0, 1, 0, 1)]), discount=0.0).fit(csr(np.zeros((0, N))))
    near = model.similarity(np.array([0, 1]), np.array([0, 1]))
    assert near[0, 1] == pytest.approx(0.6)
    assert near[1, 0] == pytest.approx(0.3)


def with_strangers(similar_rows, *, origin=None):
    """The generated community's catalogue and ten artists nobody knows anything of."""
    whole, n = catalogue(), len(catalogue().artists) + 10
    artists = np.arange(1, n + 1)
    items = np.concatenate([whole.items.ids, 10_000 + np.arange(10)])
    owner = np.concatenate([whole.artist_of, np.arange(n - 10, n)])
    tags = csr(np.vstack([whole.tags.toarray(), np.zeros((10, whole.tags.shape[1]))]))
    return Catalogue.build(
        items,
        artists,
        owner,
        tags=tags,
        tag_names=whole.tag_names,
        similar=None if similar_rows is None else merged(*np.array(similar_rows).T, n),
        origin=origin,
    )


STRANGER = 150
"""Index of the first of them; the artists before it are those of the community."""


def test_without_similarity_there_is_no_such_part():
    model = fit(community(draws()), with_strangers(None))
    assert model.part("similar_elsewhere") is None


@pytest.fixture(scope="module")
def model():
    said = [(seed, STRANGER + k, 0, k + 1) for seed in (3, 4, 5, 30) for k in range(10)]
    return fit(community(draws()), with_strangers(said))


def picked(*artists):
    return Evidence.of(np.array(artists) + 1, level=Level.ARTIST)


def test_a_stranger_is_recommended_to_whoever_loves_what_it_is_similar_to(model):
    def rank_for(*artists):
        return int(model.ranks(model.fold_in(picked(*artists)), [10_000], options=Options())[0])

    assert rank_for(3, 4, 5) < rank_for(60, 61, 62)
    assert rank_for(3, 4, 5) <= 30


def test_its_share_of_the_score_is_explained_like_any_other(model):
    profile = model.fold_in(picked(3, 60))
    explained = {part.name: part for part in model.explain(profile, 10_000).parts}
    part = explained["similar_elsewhere"]
    assert part.value > 0
    assert part.shares.tolist() == pytest.approx([part.value, 0.0], abs=1e-5)


def test_a_part_that_speaks_to_hardly_anybody_does_not_shout():
    rows = community(draws())
    one_seed = fit(rows, with_strangers([(140, STRANGER, 0, 1)]))
    profile = one_seed.fold_in(picked(140, 141))
    parts = {p.name: p.value for p in one_seed.explain(profile, 10_000).parts}
    assert 0 < parts["similar_elsewhere"] < 8


def test_on_an_empty_server_it_speaks_as_soon_as_one_listener_picks():
    said = [(seed, STRANGER + k, 0, k + 1) for seed in (3, 4, 5) for k in range(3)]
    rows = Interactions.from_listeners([picked(3, 4, 5)])
    found = fit(rows, with_strangers(said))
    parts = {p.name: p.value for p in found.explain(found.fold_in(picked(3, 4, 5)), 10_000).parts}
    assert parts["similar_elsewhere"] > 0.5


def test_one_place_alone_cannot_fill_a_list():
    said = [(3, STRANGER + k, 0, k + 1) for k in range(10)]
    origin = np.full(160, -1, np.int32)
    origin[STRANGER:] = [0] * 6 + [1] * 4
    model = fit(community(draws()), with_strangers(said, origin=origin))
    profile = model.fold_in(picked(3))
    strangers = np.arange(10_000, 10_010)

    def counted(cap):
        options = Options(among=np.concatenate([strangers, np.arange(1, 7)]), origin_cap=cap)
        picks = model.recommend(profile, n=8, options=options)
        owner = [int(p.artist_id) - 1 for p in picks]
        return [sum(origin[a] == number for a in owner) for number in (0, 1)]

    assert counted(None)[0] > 2
    assert counted(2) == [2, 2]
