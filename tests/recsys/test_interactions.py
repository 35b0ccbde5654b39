"""From plays to confidence: no unit, and what is old counts less."""

import numpy as np
import pytest

from recsys import Catalogue, Evidence, Interactions, Kind, Weighing
from recsys.interactions import matrices, weigh
from tests.recsys.tastes import catalogue

AGES = np.array([0.0, 30.0, 400.0, 2_000.0])


def plays(*, times=1.0, aged=True, seed=0):
    """Three listeners with several rows for some tracks and artists."""
    rng = np.random.default_rng(seed)
    user = np.sort(rng.integers(0, 3, 200))
    rows = Evidence.of(
        rng.integers(1, 120, 200),
        value=rng.integers(1, 60, 200) * times,
        age_days=rng.choice(AGES, 200) if aged else 0.0,
    )
    return Interactions.of(user, rows, n_users=3)


@pytest.mark.parametrize("aged", [True, False])
@pytest.mark.parametrize("times", [2.0**-14, 2.0**-6, 2.0**10])
@pytest.mark.parametrize("scale", ["rank", "bm25", "same"])
def test_the_unit_of_plays_does_not_matter(times, aged, scale):
    weighing = Weighing(scale=scale)
    usual = matrices(plays(aged=aged), catalogue(), weighing)
    other = matrices(plays(times=times, aged=aged), catalogue(), weighing)
    for one, two in zip(usual, other, strict=True):
        assert one.nnz > 100
        assert (one != two).nnz == 0


def test_shares_of_all_plays_say_what_the_plays_say():
    counts = np.random.default_rng(3).integers(1, 9, 150)
    found = []
    for values in (counts, 0.001 * counts, counts / counts.sum()):
        rows = Evidence.of(np.arange(1, 300, 2), value=values)
        whole = Interactions.of(np.zeros(150, np.int64), rows, n_users=1)
        found.append(matrices(whole, catalogue(), Weighing())[0].toarray())
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def confidence(values, ages):
    """One listener's confidence in two artists; the rows are about the first but for the last one."""
    rows = Evidence.of([1] * (len(values) - 1) + [3], value=values, age_days=ages)
    whole = Interactions.of(np.zeros(len(rows), np.int64), rows, n_users=1)
    artists, _ = matrices(whole, catalogue(), Weighing())
    return artists.toarray()[0, :2]


def test_what_was_only_played_long_ago_counts_less_however_often():
    weighing = Weighing()
    fresh, aged = confidence([200.0, 9.0], [0, 0]), confidence([200.0, 9.0], [540, 0])
    assert aged[0] == pytest.approx(fresh[0] / 2), "one half-life"
    assert aged[1] == fresh[1]
    ancient = confidence([2_000.0, 9.0], [100_000, 0])
    assert ancient[0] == pytest.approx(fresh[0] * weighing.least_decay)


def test_one_play_of_late_keeps_an_old_favourite_fresh():
    fresh = confidence([200.0, 9.0], [0, 0])
    again = confidence([200.0, 1.0, 9.0], [540, 0, 0])
    assert again == pytest.approx(fresh)


@pytest.mark.parametrize("tracks", [1, 2])
def test_neither_unknown_ids_nor_the_number_of_rows_weigh_anything(tracks):
    """What a listener has of other catalogues, or told in ten rows instead of one, is the same taste."""
    artists = np.repeat(np.arange(20), tracks)
    known = Catalogue.build(np.arange(1, 20 * tracks + 1), np.arange(1, 21), artists)
    played = Evidence.of(np.arange(1, 15), value=10.0)
    voted = Evidence.of([16, 17], kind=[Kind.LIKE, Kind.DISLIKE])
    plain = weigh(known, Evidence.concat(played, voted), Weighing())
    foreign = Evidence.of(np.arange(900, 960), value=3.0)
    in_rows = Evidence.of(np.repeat(np.arange(1, 15), 10))
    for other in (Evidence.concat(played, foreign, voted), Evidence.concat(in_rows, voted)):
        said = weigh(known, other, Weighing())
        for level, width in (("artists", 20), ("items", 20 * tracks)):
            one, two = (getattr(each, level).matrix(1, width) for each in (plain, said))
            assert one.toarray() == pytest.approx(two.toarray())
