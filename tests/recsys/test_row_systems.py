"""Rows of iALS against the normal equations, solved the plain way."""

import numpy as np
import pytest

from recsys.models.row_systems import batches, solve_rows


def plainly(v: np.ndarray, c: np.ndarray, p: np.ndarray, prior: np.ndarray) -> np.ndarray:
    system = (v * c[:, None]).T @ v + np.diag(prior)
    return np.linalg.solve(system, v.T @ (c * p))


@pytest.mark.parametrize("n", [1, 5, 16, 90])
@pytest.mark.parametrize("weight", [0.1, 400.0], ids=["near the identity", "far from it"])
def test_every_row_solves_its_normal_equations(n: int, weight: float) -> None:
    rng = np.random.default_rng(n)
    b, d = 7, 60
    v = rng.standard_normal((b, n, d)) * 0.3
    c = rng.random((b, n)) * weight
    c[0, n // 2 + 1 :] = 0  # a row that is filled up
    p = np.where(rng.random((b, n)) < 0.2, -0.3, 1.0)
    prior = rng.random((b, d)) * 4 + 0.5
    wanted = np.stack([plainly(*row) for row in zip(v, c, p, prior, strict=True)])
    found = solve_rows(*(one.astype(np.float32) for one in (v, c, p, prior)))
    np.testing.assert_allclose(found, wanted, atol=2e-4 * np.abs(wanted).max())


def test_every_row_is_in_one_batch_that_is_wide_enough() -> None:
    lengths = np.random.default_rng(0).integers(0, 400, 3_000)
    seen = np.concatenate([rows for _, rows in batches(lengths, 64)])
    assert sorted(seen) == np.flatnonzero(lengths).tolist()
    for width, rows in batches(lengths, 64):
        assert (lengths[rows] <= width).all()
        assert (width <= 1.125 * lengths[rows] + 1).all()
