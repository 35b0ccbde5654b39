"""One listener as the models see them, and what they are told."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.evidence import Evidence
from recsys.interactions import Signals
from recsys.link import PLAIN, Link
from recsys.part import thinness
from recsys.types import Csr, Floats, Ints


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
    nearby : csr_array of shape (1, n_artists), float32
        What people close to the listener play, log(1 + people).
    folded : tuple
        What each part's model made of it, in the order of the parts.
    known_items : ndarray of int64
        Indices of the items that the evidence names, whatever it says of them.
    known_artists : ndarray of int64
        Indices of the artists that it names without naming an item of theirs.
    """

    evidence: Evidence
    signals: Signals
    artists: Csr
    items: Csr
    nearby: Csr
    folded: tuple[Any, ...]
    known_items: Ints
    known_artists: Ints

    @cached_property
    def said(self) -> Csr:
        """Net votes on each artist, (1, n_artists): likes minus dislikes, faded with age."""
        return self.signals.said.matrix(1, self.artists.shape[1])

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
    """Scores of all items for one listener, in log-odds, as additive parts.

    What is said of an artist holds for each of their items, so it is kept once per artist.

    Parameters
    ----------
    artist_of : ndarray of shape (n_items,)
    artist_parts, item_parts : tuple of str
        Names of the rows below.
    by_artist : ndarray of shape (n_artist_parts, n_artists), float32
        The first row is the bias.
    by_item : ndarray of shape (n_item_parts, n_items), float32
    link : Link
        From the sum of the parts to a probability.
    """

    artist_of: NDArray[Any]
    artist_parts: tuple[str, ...]
    item_parts: tuple[str, ...]
    by_artist: Floats
    by_item: Floats
    link: Link = PLAIN

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names of all parts."""
        return self.artist_parts + self.item_parts

    @cached_property
    def total(self) -> Floats:
        """Sum of the parts, shape (n_items,), float32."""
        return self.sum_of(self.part_names)

    @cached_property
    def probability(self) -> Floats:
        """Chance that an item is to their taste, shape (n_items,), 0..1; rises with the total."""
        return self.link.probability(self.total)

    def sum_of(self, names: Collection[str]) -> Floats:
        """Sum of some parts, shape (n_items,), added in float32 in the order of the parts."""
        by_artist = np.zeros(self.by_artist.shape[1], np.float32)
        for name, row in zip(self.artist_parts, self.by_artist, strict=True):
            if name in names:
                by_artist += row
        total: Floats = by_artist[self.artist_of]
        for name, row in zip(self.item_parts, self.by_item, strict=True):
            if name in names:
                total += row
        return total

    def of(self, item: int) -> dict[str, float]:
        """Give the parts of one item (by index), by name."""
        return self.of_each(np.array([item]))[0]

    def of_each(self, items: Ints) -> list[dict[str, float]]:
        """Give the parts of several items (by index), by name."""
        values = np.concatenate([self.by_artist[:, self.artist_of[items]], self.by_item[:, items]])
        return [dict(zip(self.part_names, row, strict=True)) for row in values.T.tolist()]
