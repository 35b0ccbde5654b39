"""Sparse matrices are of one kind, whatever they are made of."""

import numpy as np
import pytest

from recsys.models.frozen import FrozenNeighbours
from recsys.sparse import csr, liked_and_new


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_indices_take_32_bits(kind):
    made = csr((np.ones(2), np.array([4, 1], kind), np.array([0, 2], kind)), (1, 5))
    assert made.indices.dtype == made.indptr.dtype == np.int32
    assert made.dtype == np.float32
    assert made.toarray().tolist() == [[0, 1, 0, 0, 1]]


def test_indices_take_64_bits_where_32_are_too_few():
    far = 2**31 + 5
    made = csr((np.ones(1), (np.array([0]), np.array([far]))), (1, far + 1))
    assert made.indices.dtype == np.int64
    assert made.indices.tolist() == [far]


@pytest.mark.parametrize("n_known", [0, 1, 40, 1300])
@pytest.mark.parametrize("norm", [0.0, 0.5])
def test_one_listener_scores_as_among_others(n_known, norm):
    rng = np.random.default_rng(n_known)
    n = 1500
    near = rng.standard_normal((n, n)) * (rng.random((n, n)) < 0.05)
    model = FrozenNeighbours(csr(near), norm=norm)
    rows = np.zeros((2, n), np.float32)
    rows[0, rng.choice(n, n_known, replace=False)] = rng.standard_normal(n_known)
    rows[1, :3] = 1.0
    both = csr(rows)
    model.fit(both)
    together = model.score(model.fold_in(both))
    alone = model.score(model.fold_in(both[:1]))
    assert alone.dtype == np.float32
    np.testing.assert_allclose(alone, together[:1], atol=1e-4)
    exact = rows[0].astype(np.float64) @ near / max(np.abs(rows[0]).sum(), 1.0) ** norm
    np.testing.assert_allclose(alone[0], exact, atol=5e-5)


def test_only_what_is_liked_and_not_known_can_be_found():
    wanted = csr(np.array([[1.0, 2.0, -1.0, 0.0], [0.5, 0.0, 3.0, 1.0]]))
    known = csr(np.array([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, -2.0, 0.0]]))
    found = liked_and_new(wanted, known)
    assert found.toarray().tolist() == [[1.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.0, 1.0]]
    assert found.nnz == 3, "no stored zeros"
