"""Who listens to which artist how much, summed up in bounded memory from files of any size."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from recsys.evidence import Evidence, Interactions
from recsys.names import name_key
from recsys.types import Bools, Doubles, Ints

_BUFFER = 2_000_000
_WIDE = 1 << 32


@dataclass(frozen=True)
class Heard:
    """Plays of one artist by one listener."""

    listener: str
    artist: str
    plays: float = 1.0
    mbid: str = ""


class Listening:
    """A sum over rows; of too many listeners a fair sample stays, chosen by the hash of their name.

    Parameters
    ----------
    most_listeners : int
    """

    def __init__(self, most_listeners: int) -> None:
        self._most = most_listeners
        self._bound = 1 << 64
        self._listeners: dict[str, int] = {}
        self._artists: dict[str, int] = {}
        self.names: list[str] = []
        """Of the artists by code, as first spelled."""
        self.mbids: list[str] = []
        self._next = 0
        self._pairs = array("q")
        self._plays = array("d")
        self._done: tuple[Ints, Doubles] = np.zeros(0, np.int64), np.zeros(0)
        self.n_rows = 0

    def add(self, rows: Iterator[Heard]) -> None:
        """Take all rows."""
        for row in rows:
            self._add(row)

    def _add(self, row: Heard) -> None:
        self.n_rows += 1
        listener = self._listener(row.listener)
        key = name_key(row.artist)
        if listener < 0 or not key:
            return
        artist = self._artists.setdefault(key, len(self._artists))
        if artist == len(self.names):
            self.names.append(row.artist)
            self.mbids.append(row.mbid)
        elif row.mbid and not self.mbids[artist]:
            self.mbids[artist] = row.mbid
        self._pairs.append(listener * _WIDE + artist)
        self._plays.append(row.plays)
        if len(self._pairs) >= _BUFFER:
            self._sum_up()

    def _listener(self, name: str) -> int:
        known = self._listeners.get(name)
        if known is not None:
            return known
        if _hash(name) >= self._bound:
            return -1
        self._listeners[name] = self._next
        self._next += 1
        while len(self._listeners) > self._most:
            self._bound //= 2
            self._listeners = {n: k for n, k in self._listeners.items() if _hash(n) < self._bound}
        return self._listeners.get(name, -1)

    def _sum_up(self) -> None:
        pairs = np.concatenate([self._done[0], np.frombuffer(self._pairs, np.int64)])
        plays = np.concatenate([self._done[1], np.frombuffer(self._plays, np.float64)])
        unique, place = np.unique(pairs, return_inverse=True)
        total = np.bincount(place, plays, len(unique)).astype(np.float64)
        kept = np.isin(unique // _WIDE, np.fromiter(self._listeners.values(), np.int64))
        self._done = unique[kept], total[kept]
        self._pairs, self._plays = array("q"), array("d")

    def interactions(self, *, least_listeners: int, most_artists: int) -> tuple[Interactions, Ints]:
        """Return the sums, with places as ids, and the codes of the artists at those places.

        Parameters
        ----------
        least_listeners : int
            Artists with fewer are left out.
        most_artists : int
            Those with the most listeners stay.
        """
        self._sum_up()
        pairs, plays = self._done
        listener, artist = pairs // _WIDE, pairs % _WIDE
        count = np.bincount(artist, minlength=len(self.names))
        order = np.argsort(-count, kind="stable")[:most_artists]
        codes = np.sort(order[count[order] >= least_listeners])
        place = np.full(len(self.names), -1, np.int64)
        place[codes] = np.arange(len(codes))
        stays: Bools = place[artist] >= 0
        people, user = np.unique(listener[stays], return_inverse=True)
        evidence = Evidence.of(place[artist[stays]], value=plays[stays])
        return Interactions.of(user, evidence, n_users=len(people)), codes


def _hash(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(errors="replace"), digest_size=8).digest(), "big")
