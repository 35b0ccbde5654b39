"""What listeners did: rows about an item or an artist, of a few kinds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys.errors import DataError
from recsys.types import Bools, Floats, Ints


class Kind(IntEnum):
    """What a row says. The numbers are stored, so they never change their meaning."""

    PLAY = 0
    PICK = 1
    LIKE = 2
    DISLIKE = 3
    SKIP = 4
    LISTED = 5
    NEARBY = 6
    """Not the listener's own: people close to them (friends, their server) listen to it."""


class Level(IntEnum):
    """Whether an id names an item or an artist."""

    ITEM = 0
    ARTIST = 1


@dataclass(frozen=True, eq=False)
class Evidence:
    """What one listener did, one row each; all arrays have the same length n_rows.

    Parameters
    ----------
    level : ndarray of uint8
        A ``Level``.
    id : ndarray of int64
        Outside id of the item or artist.
    kind : ndarray of uint8
        A ``Kind``.
    value : ndarray of float32
        Number of plays, or of people nearby; 1.0 for the other kinds; > 0.
    age_days : ndarray of float32
        Days since it happened; >= 0, and 0 for undated rows.
    """

    level: NDArray[np.uint8]
    id: Ints
    kind: NDArray[np.uint8]
    value: Floats
    age_days: Floats

    def __post_init__(self) -> None:
        _check_columns(self.level, self.id, self.kind, self.value, self.age_days)

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def empty(cls) -> "Evidence":
        """Make a listener of whom nothing is known."""
        return cls.of([])

    @classmethod
    def of(
        cls,
        ids: ArrayLike,
        *,
        level: Level | ArrayLike = Level.ITEM,
        kind: Kind | ArrayLike = Kind.PLAY,
        value: float | ArrayLike = 1.0,
        age_days: float | ArrayLike = 0.0,
    ) -> "Evidence":
        """Rows for ``ids``; the other columns are arrays or one value for all."""
        where = np.asarray(ids, np.int64).reshape(-1)
        return cls(
            level=_column(level, len(where), np.uint8),
            id=where,
            kind=_column(kind, len(where), np.uint8),
            value=_column(value, len(where), np.float32),
            age_days=_column(age_days, len(where), np.float32),
        )

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[float]]) -> "Evidence":
        """Rows of (level, id, kind, value, age_days); the last two may be left out."""
        full = [(*row, *(1.0, 0.0)[len(row) - 3 :]) for row in rows]
        if not full:
            return cls.empty()
        level, ids, kind, value, age_days = zip(*full, strict=True)
        return cls.of(
            ids, level=np.array(level), kind=np.array(kind), value=value, age_days=age_days
        )

    @classmethod
    def concat(cls, *parts: "Evidence") -> "Evidence":
        """Join the rows of all parts, in that order."""
        if not parts:
            return cls.empty()
        return cls(*(np.concatenate(column) for column in zip(*map(_columns, parts), strict=True)))

    def where(self, keep: Bools) -> "Evidence":
        """Only the rows marked True, in their order."""
        return Evidence(*(column[keep] for column in _columns(self)))

    def without(
        self, rows: Bools | None = None, *, id: int | None = None, level: Level | None = None
    ) -> "Evidence":
        """All rows but those of a mask, or but those about one id (of one level)."""
        drop = np.zeros(len(self), np.bool_) if rows is None else np.asarray(rows, np.bool_)
        if id is not None:
            same = self.id == id
            drop = drop | (same if level is None else same & (self.level == level))
        return self.where(~drop)


@dataclass(frozen=True, eq=False)
class Interactions:
    """What many listeners did: the columns of ``Evidence`` and ``user``, a code 0..n_users-1."""

    n_users: int
    user: Ints
    level: NDArray[np.uint8]
    id: Ints
    kind: NDArray[np.uint8]
    value: Floats
    age_days: Floats

    def __post_init__(self) -> None:
        _check_columns(self.level, self.id, self.kind, self.value, self.age_days)
        if len(self.user) != len(self.id):
            raise DataError("all columns must have the same length")
        if len(self.user) and not 0 <= int(self.user.min()) <= int(self.user.max()) < self.n_users:
            raise DataError("user must be a code in 0..n_users-1")

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def empty(cls) -> "Interactions":
        """Nobody has done anything yet."""
        return cls.from_listeners([])

    @classmethod
    def of(
        cls, user: ArrayLike, evidence: Evidence, *, n_users: int | None = None
    ) -> "Interactions":
        """Pair the rows of ``evidence`` with the codes of their listeners."""
        who = np.asarray(user, np.int64).reshape(-1)
        n = (int(who.max()) + 1 if len(who) else 0) if n_users is None else n_users
        return cls(n, who, *_columns(evidence))

    @classmethod
    def from_listeners(cls, listeners: Sequence[Evidence]) -> "Interactions":
        """Give listener k of the sequence the code k."""
        sizes = [len(one) for one in listeners]
        user = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
        return cls.of(user, Evidence.concat(*listeners), n_users=len(sizes))

    @classmethod
    def concat(cls, *parts: "Interactions") -> "Interactions":
        """Join the rows of the same listeners."""
        evidence = Evidence.concat(*(part.evidence for part in parts))
        user = np.concatenate([part.user for part in parts])
        return cls.of(user, evidence, n_users=max(part.n_users for part in parts))

    @property
    def evidence(self) -> Evidence:
        """The columns without ``user``."""
        return Evidence(self.level, self.id, self.kind, self.value, self.age_days)

    def of_user(self, code: int) -> Evidence:
        """Take the rows of one listener."""
        return self.evidence.where(self.user == code)

    def where(self, keep: Bools) -> "Interactions":
        """Only the rows marked True; listeners keep their codes."""
        return Interactions.of(self.user[keep], self.evidence.where(keep), n_users=self.n_users)


def _columns(rows: "Evidence | Interactions") -> tuple[Any, Any, Any, Any, Any]:
    return rows.level, rows.id, rows.kind, rows.value, rows.age_days


def _column(values: Any, n: int, dtype: Any) -> NDArray[Any]:
    column = np.asarray(values)
    return np.full(n, column, dtype) if column.ndim == 0 else column.astype(dtype).reshape(-1)


def _check_columns(
    level: NDArray[np.uint8], ids: Ints, kind: NDArray[np.uint8], value: Floats, age_days: Floats
) -> None:
    if not len(level) == len(ids) == len(kind) == len(value) == len(age_days):
        raise DataError("all columns must have the same length")
    if not len(ids):
        return
    if int(level.max()) > max(Level):
        raise DataError("level must be ITEM or ARTIST")
    if int(kind.max()) > max(Kind):
        raise DataError("kind must be one of Kind")
    if not (np.isfinite(value).all() and float(value.min()) > 0):
        raise DataError("value must be finite and > 0")
    if not (np.isfinite(age_days).all() and float(age_days.min()) >= 0):
        raise DataError("age_days must be finite and >= 0")
