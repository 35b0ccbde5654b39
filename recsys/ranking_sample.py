"""Labelled candidates of held-out listeners: what the weights of the parts are learned on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from scipy.sparse import vstack

from recsys.recipe import Candidate
from recsys.sparse import csr
from recsys.types import Bools, Csr, Doubles, Floats, Ints


@dataclass(frozen=True, eq=False)
class Asked:
    """What is known of listeners, and what they should be shown.

    Parameters
    ----------
    artists, items : csr_array of shape (n_users, n_artists) and (n_users, n_items)
        What is known of them.
    nearby : csr_array of shape (n_users, n_artists)
        What people close to them play.
    wanted : csr_array of shape (n_users, n_items) or (n_users, n_artists)
        Held-out confidence; only what is above 0 is wanted.
    listeners, item_listeners : ndarray of shape (n_artists,) and (n_items,), int
        How many each artist and item had when the parts were fitted.
    """

    artists: Csr
    items: Csr
    nearby: Csr
    wanted: Csr
    listeners: Ints
    item_listeners: Ints

    def __add__(self, other: "Asked") -> "Asked":
        """Ask of the listeners of both; the parts are the same."""
        return Asked(
            csr(vstack([self.artists, other.artists])),
            csr(vstack([self.items, other.items])),
            csr(vstack([self.nearby, other.nearby])),
            csr(vstack([self.wanted, other.wanted])),
            self.listeners,
            self.item_listeners,
        )


@dataclass(frozen=True, eq=False)
class Sample:
    """One row per (listener, candidate), listeners one after another.

    Parameters
    ----------
    raw : ndarray of shape (n_parts, n_rows), float32
        Raw scores of the parts.
    columns : ndarray of shape (n_rows, n_columns), float64
        Every part once per basis function of its curve.
    part_of, knees : ndarray of shape (n_columns,)
        Place of the part, and its knee in raw units.
    spread : ndarray of shape (n_columns,)
        Standard deviation among the near candidates.
    label : ndarray of shape (n_rows,), bool
        Whether the candidate was held out.
    user : ndarray of shape (n_rows,), int64
    near : ndarray of shape (n_rows,), bool
        Whether some part ranks it high; the ranking is learned on these alone, chosen without the
        labels. The far ones only serve the calibration.
    stands_for : ndarray of shape (n_rows,), float64
        How many items of the catalogue a row stands for.
    rare : ndarray of shape (n_rows, 2), float32
        How few listen to the candidate, and to its artist, by ``Level``.
    level_of : ndarray of shape (n_columns,)
        Level of each column's part.
    cold : ndarray of shape (n_rows,), bool
        Whether the candidate's artist has no listener.
    thin : ndarray of shape (n_rows,), float32
        How little is known of the listener.
    n_wanted : ndarray of int64
        Held-out items of each listener, by code.
    """

    raw: Floats
    columns: Doubles
    part_of: Ints
    knees: Doubles
    spread: Doubles
    label: Bools
    user: Ints
    near: Bools
    stands_for: Doubles
    rare: Floats
    level_of: Ints
    cold: Bools
    thin: Floats
    n_wanted: Ints

    @property
    def n_positives(self) -> int:
        """Number of held-out items among the near candidates."""
        return int((self.label & self.near).sum())


@dataclass(frozen=True, eq=False)
class Fold:
    """Parts fitted without some held-out rows, and what those rows ask of them.

    Parameters
    ----------
    parts : sequence of Candidate
    asked : Asked
    missed : mapping of str to ndarray of shape (n_plays,), float64
        What parts that know how sure they are miss of strangers (``posterior.left_out_squares``).
    """

    parts: Sequence[Candidate]
    asked: Asked
    missed: Mapping[str, Doubles] = field(default_factory=dict)


def with_shared_parts(folds: Sequence[Fold]) -> list[Fold]:
    """Leave out parts that not every fold had the data for."""
    shared = set.intersection(*({part.name for part in fold.parts} for fold in folds))
    return [
        replace(fold, parts=[part for part in fold.parts if part.name in shared]) for fold in folds
    ]
