"""How sure a fold-in is: the normal distribution of a listener's factors, and what it misses."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve_triangular

from recsys.types import Csr, Doubles, Floats

if TYPE_CHECKING:
    from recsys.models.als import ALS

UNSURE = ("latent", "background")
"""Parts that know how sure they are: factors that listeners are folded into."""
_MOST_LISTENERS = 100
PLAIN_NOISE = 0.5
"""s^2 where there is nobody to measure it on; half of what knowing nothing would leave (p = 1)."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Factors around their mean are normal with covariance ``s^2 system^-1``.

    Parameters
    ----------
    system : ndarray of shape (n_factors, n_factors), float64
        A of the fold-in: ``a0 Y'Y + ridge I + Y_u' C Y_u``.
    """

    system: Doubles

    def moves(self, factors: Floats, n: int, *, noise: float, seed: int = 0) -> Floats:
        """Draw n deviations x from the mean; give what they add to x y_i, (n, n_items), float32.

        With A = L L' the rows x = L'^-1 z have covariance A^-1, and x y_i = z' (L^-1 y_i). The same
        seed gives the same z, so two listeners are compared by what is known of them alone.

        Parameters
        ----------
        factors : ndarray of shape (n_items, n_factors)
            Y.
        noise : float
            s^2, dimensionless (``noise_of``).
        """
        lower = np.linalg.cholesky(self.system)
        turned = solve_triangular(lower, factors.T, lower=True, check_finite=False)
        wide = np.float32(np.sqrt(noise)) * turned.astype(np.float32)
        moved: Floats = _standard_normal(len(self.system), n, seed) @ wide
        return moved


@lru_cache(maxsize=8)
def _standard_normal(n_factors: int, n: int, seed: int) -> Floats:
    z = np.random.default_rng(seed).standard_normal((n, n_factors), np.float32)
    z.flags.writeable = False  # shared by all who ask
    return z


def left_out_squares(model: "ALS", user_items: Csr) -> Doubles:
    """Noise of each play that the fold-in was not told, shape (n_plays,): their mean is s^2.

    A play of confidence c has the variance ``s^2 / c``, and its residual r in a fit that was told it
    ``(1 - h) s^2 / c`` with the leverage ``h = c y'A^-1 y``: so ``c r^2 / (1 - h)`` is s^2 on average, and
    no fit has to be repeated. At most 100 listeners are asked; items without factors say nothing.

    Parameters
    ----------
    model : ALS
        Fitted without these listeners: factors that have seen a play miss less of it, the less the
        more of them there are.
    user_items : csr_array of shape (n_users, n_items)

    References
    ----------
    Allen, "The relationship between variable selection and data augmentation and a method for
    prediction", Technometrics 1974 (PRESS).
    """
    able = np.flatnonzero(np.diff(user_items.indptr) >= 2)
    if len(able) > _MOST_LISTENERS:
        able = np.sort(np.random.default_rng(0).choice(able, _MOST_LISTENERS, replace=False))
    squares: list[Doubles] = []
    for user in able.tolist():
        row = user_items[user : user + 1]
        placed = np.abs(model.item_factors_[row.indices]).max(axis=1, initial=0) > 0
        weights = row.data[placed].astype(np.float64)
        y = model.item_factors_[row.indices[placed]].astype(np.float64)
        near = y @ np.linalg.solve(model.posterior(row).system, y.T)
        target = np.where(weights > 0, 1.0, -model.dislike)
        left = target - near @ (np.abs(weights) * target)
        leverage = np.abs(weights) * np.diagonal(near)
        squares.append((weights * left**2 / np.maximum(1 - leverage, 1e-3))[weights > 0])
    return np.concatenate([np.zeros(0), *squares])


def noise_of(squares: Doubles) -> float:
    """Return s^2: the mean of ``left_out_squares``, the usual where there are none."""
    return float(np.clip(squares.mean(), 1e-6, 1.0)) if len(squares) else PLAIN_NOISE
