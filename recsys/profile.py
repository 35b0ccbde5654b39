"""One listener as the models see them, and what they are told."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from recsys.evidence import Evidence
from recsys.interactions import Signals
from recsys.part import thinness
from recsys.types import Csr, Doubles, Floats, Ints


@dataclass(frozen=True, eq=False)
class Profile:
    """The result of a fold-in; made for one model and not to be mixed with another's.

    Parameters
    ----------
    evidence : Evidence
        The rows it was made of, in the order that explanations refer to.
    signals : Signals
        Weight of each row at the artist and at the item level.
    artists, items : csr_array of shape (1, n_artists) and (1, n_items), float32
        Signed confidence per target.
    folded : tuple
        What each part's model made of it, in the order of the parts.
    known_items : ndarray of int64
        Indices of the items that the evidence names, whatever it says of them.
    """

    evidence: Evidence
    signals: Signals
    artists: Csr
    items: Csr
    folded: tuple[Any, ...]
    known_items: Ints

    @property
    def is_cold(self) -> bool:
        """Whether nothing in the evidence is known to the catalogue."""
        return self.artists.nnz == 0

    @cached_property
    def thin(self) -> Floats:
        """How little is known of the listener, shape (1, 1), 0..1."""
        return thinness(self.artists)

    @cached_property
    def familiarity(self) -> Floats:
        """How well the listener knows each artist, shape (n_artists,), 0..1 (1 - exp(-weight))."""
        weight = np.zeros(self.artists.shape[1], np.float32)
        weight[self.artists.indices] = self.artists.data
        known: Floats = 1 - np.exp(-np.maximum(weight, 0))
        return known


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of all items for one listener, in log-odds.

    Parameters
    ----------
    part_names : tuple of str
    parts : ndarray of shape (n_parts, n_items), float32
        Additive; the first part is the bias.
    """

    part_names: tuple[str, ...]
    parts: Floats

    @cached_property
    def total(self) -> Floats:
        """Sum of the parts, shape (n_items,), added in float32 in the order of the parts."""
        total: Floats = self.parts.sum(axis=0, dtype=np.float32)
        return total

    @cached_property
    def probability(self) -> Floats:
        """Sigmoid of the total, shape (n_items,), 0..1: chance that the item is to their taste."""
        wide: Doubles = self.total.astype(np.float64)
        return (1.0 / (1.0 + np.exp(-wide))).astype(np.float32)

    def of(self, item: int) -> dict[str, float]:
        """Give the parts of one item (by index), by name."""
        return dict(zip(self.part_names, self.parts[:, item].tolist(), strict=True))
