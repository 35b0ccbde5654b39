"""Time per sweep of iALS beside implicit's and beside plain numpy, in one run on the same data."""

import time
from importlib import import_module
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from recsys.cli.bench_data import listening
from recsys.models.als import ALS
from recsys.parallel import cores
from recsys.sparse import csr
from recsys.types import Csr, Floats

SWEEPS = 3
REPEATS = 3
_PLAIN_AT_MOST = 200_000  # pairs: beyond that plain numpy takes minutes


def peer() -> Any | None:
    """Return implicit's class, or None where the library is not installed."""
    try:
        return import_module("implicit.cpu.als").AlternatingLeastSquares
    except ImportError:
        return None


def sweeps(n_users: int, n_items: int, n: int, n_factors: int) -> dict[str, Any]:
    """Seconds per sweep of each contender: the fastest of three runs, taken in turns.

    implicit is asked twice: as it comes (three steps of conjugate gradients per row, which
    approximates) and by elimination in every sweep. This package solves the last sweep as exactly as
    that; in the sweeps before it up to 1e-2 of a row's right side is left over, so the ratio to
    "implicit, exact" is of times to a finished fit, not of equal work per sweep.
    """
    pairs = listening(n_users, n_items, n)
    contenders: dict[str, Any] = {
        "recsys": lambda: ALS(n_factors=n_factors, n_iterations=SWEEPS).fit(pairs)
    }
    implicit = peer()
    if implicit is not None:
        matrix = csr_matrix(pairs)

        def other(*, use_cg: bool) -> None:
            implicit(
                factors=n_factors,
                iterations=SWEEPS,
                num_threads=cores(),
                use_cg=use_cg,
                random_state=0,
            ).fit(matrix, show_progress=False)

        contenders["implicit"] = lambda: other(use_cg=True)
        contenders["implicit, exact"] = lambda: other(use_cg=False)
    if pairs.nnz <= _PLAIN_AT_MOST:
        contenders["plain numpy"] = lambda: plain(pairs, n_factors)
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(REPEATS):
        for name, run in contenders.items():
            started = time.perf_counter()
            run()
            best[name] = min(best[name], (time.perf_counter() - started) / SWEEPS)
    row: dict[str, Any] = {
        "listeners": n_users,
        "items": n_items,
        "interactions": pairs.nnz,
        "factors": n_factors,
        "seconds per sweep": {name: round(value, 4) for name, value in best.items()},
        "ratio": {
            name: round(best["recsys"] / value, 3)
            for name, value in best.items()
            if name != "recsys"
        },
    }
    return row


def plain(pairs: Csr, n_factors: int) -> Floats:
    """Solve the textbook's iALS one row after another: what the batches are measured against."""
    unobserved, regularisation = 0.05, 0.01
    rng = np.random.default_rng(0)
    items = (0.1 * rng.standard_normal((pairs.shape[1], n_factors))).astype(np.float32)
    columns = csr(pairs.T)
    for _ in range(SWEEPS):
        users = _one_by_one(pairs, items, unobserved, regularisation)
        items = _one_by_one(columns, users, unobserved, regularisation)
    return items


def _one_by_one(rows: Csr, fixed: Floats, unobserved: float, regularisation: float) -> Floats:
    gram = unobserved * (fixed.T @ fixed)
    eye = np.eye(fixed.shape[1], dtype=np.float32)
    found = np.zeros((rows.shape[0], fixed.shape[1]), np.float32)
    for row in range(rows.shape[0]):
        own = slice(rows.indptr[row], rows.indptr[row + 1])
        if own.stop > own.start:
            y, c = fixed[rows.indices[own]], rows.data[own]
            ridge = regularisation * (len(c) + unobserved * len(fixed))
            found[row] = np.linalg.solve(gram + ridge * eye + (y.T * c) @ y, y.T @ c)
    return found
