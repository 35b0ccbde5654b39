"""Feature rows that know how famous their items are."""

import numpy as np

from recsys.content_features import by_renown, era_rows
from recsys.sparse import csr

TAGS = csr(np.array([[1, 0], [0.6, 0.8], [0, 1], [0, 0], [1, 0]], np.float32))


def test_beside_every_feature_stands_the_same_one_times_fame() -> None:
    found = by_renown(TAGS, np.array([1.0, 2.0, 3.0, 100.0, np.nan], np.float32)).toarray()
    assert found.shape == (5, 4)
    np.testing.assert_array_equal(found[:, :2], TAGS.toarray())
    fame = found[:, 2:].sum(axis=1) / np.maximum(TAGS.toarray().sum(axis=1), 1)
    np.testing.assert_allclose(fame[0], -fame[2], rtol=1e-6)
    assert fame[2] > 0
    assert fame[1] == 0, "of middling fame among the three that are described"
    assert (found[3:, 2:] == 0).all(), "without features, or without renown"


def test_fame_that_is_the_same_for_all_says_nothing() -> None:
    for renown in (np.full(5, 0.3, np.float32), np.full(5, np.nan, np.float32)):
        assert by_renown(TAGS, renown) is TAGS


def test_near_years_share_bins_and_one_far_off_costs_no_column_for_each_between() -> None:
    years = np.array([1950.0, 1953, 1956, np.nan, 1985])
    found = era_rows(years).toarray()
    near = found @ found.T
    np.testing.assert_allclose(np.diag(near), [1, 1, 1, 0, 1], rtol=1e-6)
    assert near[0, 1] > 0
    assert near[1, 2] > 0
    assert near[0, 2] == near[2, 4] == 0
    for far in (20190517.0, 1e30):
        more = era_rows(np.append(years, far))
        assert more.shape[1] <= found.shape[1] + 2
        np.testing.assert_array_equal((more @ more.T).toarray()[:5, :5], near)
