"""The gate of every training, the scales of counts, and items as columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import Catalogue, DataError, Evidence, Interactions, Kind, Options, Weighing
from recsys.interactions import SCALES, scaled, weigh
from recsys.preprocessing.encoding import item_columns
from recsys.preprocessing.rows import PLAYS_OF_ONE, clean
from recsys.training import fit
from tests.recsys.tastes import alone, artists_of, catalogue, community, draws

ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),  # listener
        st.integers(0, 5),  # item
        st.sampled_from([Kind.PLAY, Kind.LIKE, Kind.SKIP]),
        st.integers(1, 400_000),
        st.sampled_from([0.0, 3.0]),
    ),
    max_size=60,
)


def interactions(rows):
    user, ids, kind, value, age = zip(*rows, strict=True) if rows else ([], [], [], [], [])
    evidence = Evidence.of(ids, kind=np.array(kind, int), value=value, age_days=age)
    return Interactions.of(np.array(user, int), evidence, n_users=4)


def test_clean_rows_go_through_as_they_are():
    rows = community(draws())
    kept, report = clean(rows, n_items=300, plays_per_day=np.full(rows.n_users, 40.0))
    assert kept is rows
    assert report.is_clean
    assert report.in_words() == ""


@settings(max_examples=80)
@given(ROWS)
def test_cleaning_twice_is_cleaning_once_and_loses_no_pair(rows):
    before = interactions(rows)
    once, report = clean(before, n_items=6)
    again, nothing = clean(once, n_items=6)
    assert again is once
    assert nothing.is_clean
    assert len(before) - report.dropped == len(once)
    assert set(zip(once.user, once.id, once.kind, once.age_days, strict=True)) == set(
        zip(before.user, before.id, before.kind, before.age_days, strict=True)
    )
    plays = once.kind == Kind.PLAY
    assert once.value[plays].max(initial=0) <= PLAYS_OF_ONE
    total = before.value[before.kind == Kind.PLAY].sum()
    if not report.steps[2].changed:
        assert once.value[plays].sum() == pytest.approx(total, rel=1e-6)


def test_repeated_plays_add_up_and_a_repeated_verdict_counts_once():
    rows = interactions(
        [
            (0, 1, Kind.PLAY, 2, 0.0),
            (0, 1, Kind.PLAY, 3, 0.0),
            (0, 2, Kind.LIKE, 1, 0.0),
            (0, 2, Kind.LIKE, 1, 0.0),
        ]
    )
    kept, report = clean(rows, n_items=6)
    assert kept.value.tolist() == [5.0, 1.0]
    assert (report.steps[0].dropped, report.steps[0].changed) == (2, 1)


def test_a_script_does_not_teach_the_model_but_is_still_served():
    loved = artists_of(draws())
    rows = community(loved)
    pace = np.full(rows.n_users, 30.0)
    pace[7], pace[8] = 5_000.0, np.nan
    kept, report = clean(rows, n_items=150, plays_per_day=pace)
    assert set(range(rows.n_users)) - set(kept.user.tolist()) == {7}
    assert report.dropped == len(loved[7])
    model = fit(kept, alone())
    assert (
        len(model.recommend(model.fold_in(rows.of_user(7)), n=5, options=Options(adventure=0.0)))
        == 5
    )


def test_whoever_has_most_of_a_large_catalogue_is_no_person():
    people = [Evidence.of(np.arange(20) + 7 * k) for k in range(30)]
    shop = Evidence.of(np.arange(900))
    rows = Interactions.from_listeners([*people, shop])
    kept, report = clean(rows, n_items=1_000)
    assert kept.user.max() == 29
    assert report.steps[1].dropped == 900
    few = Interactions.from_listeners([shop, shop])  # where everybody has that much, it is usual
    assert clean(few, n_items=1_000)[0] is few


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 500)), min_size=1, max_size=40),
    st.sampled_from(SCALES),
    st.integers(2, 50),
)
def test_scales_keep_the_order_lie_between_0_and_1_and_need_no_unit(rows, scale, factor):
    user = np.array([r[0] for r in rows])
    total = np.array([float(r[1]) for r in rows])
    found = scaled(user, total, scale)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[total == 0] == 0).all()
    for one in range(4):
        mine = np.flatnonzero(user == one)
        order = mine[np.argsort(total[mine], kind="stable")]
        assert (np.diff(found[order]) >= -1e-12).all()
    if scale != "log":  # a logarithm knows the unit; the others do not
        assert np.allclose(scaled(user, factor * total, scale), found)


def test_every_scale_fits_and_folds_in_alike_and_others_are_refused():
    rows = community(artists_of(draws()))
    seen = {scale: weigh(alone(), rows, Weighing(scale=scale)).artists.weight for scale in SCALES}
    assert len({weight.round(6).tobytes() for weight in seen.values()}) == len(SCALES)
    for weight in seen.values():
        assert 0.5 <= weight.min() <= weight.max() <= 1.5
    with pytest.raises(DataError, match="scale must be one of"):
        Weighing(scale="cube")  # type: ignore[arg-type]


def test_items_as_columns_have_no_gaps_and_say_where_there_were_some():
    features = np.array([[0.1, 5], [0.2, np.nan], [0.3, 7], [np.nan, 8]], np.float32)
    found = item_columns(
        Catalogue.build(
            np.arange(4),
            year=[1969, np.nan, 1971, 2003],
            country=[0, 1, -1, 0],
            country_names=("fr", "ml"),
            features=features,
            tags=np.eye(4, 3),
        )
    )
    assert np.isfinite(found).all()
    #       numbers, "is a guess", decade, countries
    assert found.shape == (4, 3 + 3 + 1 + 2)
    assert len(set(found[:, 3].round(3))) == 2, "one column tells a known year from a guess"
    assert found[:, 6].tolist() == [0, -1, 1, 2]
    assert found[:, 7:9].tolist() == [[1, 0], [0, 1], [0, 0], [1, 0]]
    assert item_columns(Catalogue.build(np.arange(3))).shape == (3, 0)
    assert item_columns(catalogue()).shape == (300, 2)
