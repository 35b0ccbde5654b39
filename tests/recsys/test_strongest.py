"""The strongest cells of blocks, by rows and by columns, against plain sorting."""

import numpy as np
import pytest

from recsys.models.strongest import strongest_of_columns, strongest_of_rows


def plainly(weights, k):
    """Keep the k largest of each row by size, the lower column first where they are equal."""
    kept = np.zeros_like(weights)
    for row, values in enumerate(weights):
        best = np.lexsort((np.arange(len(values)), -np.abs(values)))[:k]
        kept[row, best] = values[best]
    return kept


def dense(rng, n, width):
    return rng.standard_normal((n, width))


def mostly_zero(rng, n, width):
    return rng.standard_normal((n, width)) * (rng.random((n, width)) < 0.02)


def many_equal(rng, n, width):
    return rng.integers(-2, 3, (n, width))


def unlike_its_sample(rng, n, width):
    """Every 16th cell is large, so that a sample of those asks for too much."""
    found = rng.standard_normal((n, width))
    found[:, ::16] += 100
    return found


@pytest.mark.parametrize("made", [dense, mostly_zero, many_equal, unlike_its_sample])
@pytest.mark.parametrize("shape", [(9, 1000), (300, 500), (1, 50), (3, 7)])
@pytest.mark.parametrize("k", [1, 20, 90])
def test_both_keep_what_sorting_would(made, shape, k):
    weights = made(np.random.default_rng(k), *shape).astype(np.float32)
    wanted = plainly(weights, k)
    by_rows = strongest_of_rows(weights, k)
    by_columns = strongest_of_columns(np.ascontiguousarray(weights.T), k)
    np.testing.assert_array_equal(by_rows.toarray(), wanted)
    np.testing.assert_array_equal(by_columns.toarray(), wanted)
    assert by_columns.has_sorted_indices
    assert by_columns.shape == weights.shape
    assert not (by_columns.data == 0).any()
