"""Many small least-squares problems at once: what one sweep of alternating least squares solves."""

from collections.abc import Iterator

import numpy as np

from recsys.types import Floats, Ints

_CELLS = 1_000_000  # numbers held by one batch, 4 MB in float32: with fewer the calls take the time
_LEAST = 16  # unknowns from which on a few products cost less than elimination
EXACT = 1e-5
"""Share of the right side that may be left over: what float32 elimination leaves, too."""
_MOST_STEPS = 25  # three to five are usual; beyond these elimination costs no more


def batches(lengths: Ints, d: int) -> Iterator[tuple[int, Ints]]:
    """Rows of like length n > 0 and the width to fill them up to, an eighth more at most.

    So many go together as a batch may hold.
    """
    eighth = np.exp2(np.floor(np.log2(np.maximum(lengths, 1))) - 3)
    eighth = np.maximum(eighth, 1).astype(np.int64)
    widths = -(-lengths // eighth) * eighth
    order = np.argsort(widths, kind="stable")
    sizes, starts = np.unique(widths[order], return_index=True)
    for n, members in zip(sizes.tolist(), np.split(order, starts[1:]), strict=True):
        step = max(1, _CELLS // (max(n, d) * max(min(n, d), 1)))
        if n:
            yield from ((n, members[at : at + step]) for at in range(0, len(members), step))


def solve_rows(
    v: Floats, c: Floats, p: Floats, prior: Floats, *, left_over: float = EXACT
) -> Floats:
    """Minimise ``sum_j c_j (p_j - x v_j)^2 + x B x`` for each row, B diagonal, shape (b, d).

    With z = B^-1/2 v the system is ``(I + Z' C Z)`` of d x d, near the identity: B holds the weight
    of all that is not in the row, which is most of it, so a few steps solve it. A short row is solved
    by elimination as ``(I + C^1/2 Z Z' C^1/2)`` of n x n (push-through identity).

    Parameters
    ----------
    v : ndarray of shape (b, n, d), float32
        Overwritten.
    c, p : ndarray of shape (b, n), float32
        c is 0 where a row is filled up.
    prior : ndarray of shape (b, d), float32
        The diagonals of B.
    left_over : float
        Share of the right side at which the steps may end; elimination is always exact.
    """
    n = v.shape[1]
    root: Floats = np.sqrt(prior)
    v *= (1 / root)[:, None, :]
    if n >= _LEAST:
        turned = _by_steps(v, c, p, left_over)
        if turned is not None:
            return turned / root
    return _by_elimination(v, c, p) / root


def _by_steps(z: Floats, c: Floats, p: Floats, left_over: float) -> Floats | None:
    """Solve ``(I + Z' C Z) x = Z' C p`` for each row by conjugate gradients, shape (b, d).

    Only products with Z are taken; the system itself is never built. The steps go on until of no row
    more than that share of the right side is left over; None where they do not get there.

    References
    ----------
    Takács, Pilászy, Tikk, "Applications of the conjugate gradient method for implicit feedback
    collaborative filtering", RecSys 2011, algorithm 1; there a fixed number of steps approximates.
    """
    across = z.transpose(0, 2, 1)
    left: Floats = (across @ (c * p)[:, :, None])[:, :, 0]
    x = np.zeros_like(left)
    step = left.copy()
    squares = _squares(left)
    enough = left_over**2 * squares
    for _ in range(_MOST_STEPS):
        seen = z @ step[:, :, None]
        seen *= c[:, :, None]
        moved = (across @ seen)[:, :, 0] + step
        length = _ratio(squares, np.einsum("bd,bd->b", step, moved))
        x += length * step
        left -= length * moved
        before, squares = squares, _squares(left)
        if (squares <= enough).all():
            return x
        step *= _ratio(squares, before)
        step += left
    return None


def _by_elimination(z: Floats, c: Floats, p: Floats) -> Floats:
    """Solve ``(I + Z' C Z) x = Z' C p`` exactly; of the two forms the smaller one is built."""
    n, d = z.shape[1:]
    scale: Floats = np.sqrt(c)
    z = z * scale[:, :, None]
    if n < d:
        short = _solved(z @ z.transpose(0, 2, 1), scale * p)
        found: Floats = (short[:, None, :] @ z)[:, 0]
        return found
    right = np.asarray(((scale * p)[:, None, :] @ z)[:, 0], np.float32)
    return _solved(z.transpose(0, 2, 1) @ z, right)


def _solved(matrix: Floats, right: Floats) -> Floats:
    """Solve ``(I + matrix) x = right``, shapes (b, m, m) and (b, m); the matrix is overwritten."""
    diagonal = np.arange(right.shape[1])
    matrix[:, diagonal, diagonal] += 1
    if right.shape[1] == 1:
        return right / matrix[:, 0]
    found: Floats = np.linalg.solve(matrix, right[:, :, None])[:, :, 0]
    return found


def _squares(rows: Floats) -> Floats:
    found: Floats = np.einsum("bm,bm->b", rows, rows)
    return found


def _ratio(above: Floats, below: Floats) -> Floats:
    """Divide, shape (b, 1); 0 for rows that are solved already."""
    found: Floats = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return found[:, None]
