"""Drawing the candidates that the weights are learned on, and labelling them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys.catalogue import Catalogue
from recsys.evidence import Level
from recsys.holdout import ENOUGH
from recsys.parallel import in_threads
from recsys.part import bend, rarity, thinness
from recsys.ranking_sample import Asked, Fold, Sample
from recsys.recipe import Candidate
from recsys.sparse import liked_and_new
from recsys.types import Bools, Csr, Doubles, Floats, Ints

_NEAR = 60  # best candidates of every personal part, per listener
_FAR = 50  # others, drawn at random, per listener
_CELLS = 6_000_000  # raw scores that each thread holds at a time


def draw_sample(
    folds: Sequence[Fold],
    catalogue: Catalogue,
    *,
    level: Level,
    most_users: int,
    seed: int,
    among: Bools | None = None,
) -> Sample:
    """Rank the catalogue for held-out listeners by every part and label the best of each.

    Parameters
    ----------
    folds : sequence of Fold
        With the same parts in the same order; listeners of different folds are told apart.
    level : Level
        Axis of what is wanted.
    most_users : int
        Of each fold. Where there are more they are drawn by lot, and no further once those drawn have
        15,000 held-out rows.
    seed : int
    among : ndarray of shape (n_folds, n), bool, optional
        The only candidates of each fold, on the same axis; without it all that the listener does not
        know.
    """
    rng = np.random.default_rng(seed)
    found: list[_Rows] = []
    n_wanted: list[Ints] = []
    thin: list[Floats] = []
    for turn, fold in enumerate(folds):
        before = sum(len(one) for one in thin)
        asked = fold.asked
        positive = liked_and_new(
            asked.wanted, asked.items if level == Level.ITEM else asked.artists
        )
        only = None if among is None else among[turn]
        rows = _rows_of(fold, positive, catalogue, level, most_users, rng, only)
        found += [replace(one, user=one.user + before) for one in rows]
        n_wanted.append(np.diff(positive.indptr).astype(np.int64))
        thin.append(thinness(fold.asked.artists)[:, 0])
    return _sample(found, folds[0].parts, np.concatenate(n_wanted), np.concatenate(thin))


def _rows_of(
    fold: Fold,
    positive: Csr,
    catalogue: Catalogue,
    level: Level,
    most_users: int,
    rng: np.random.Generator,
    among: Bools | None,
) -> list["_Rows"]:
    parts, asked = fold.parts, fold.asked
    artists, items = asked.artists, asked.items
    users = np.flatnonzero(np.diff(positive.indptr) > 0)
    if not len(users):  # nothing to learn from, but the spread of the parts still shows
        users = np.flatnonzero(np.diff(artists.indptr) > 0)
    if len(users) > most_users:
        users = rng.choice(users, most_users, replace=False)
        upto = np.cumsum(np.diff(positive.indptr)[users])
        users = np.sort(users[: 1 + int(np.searchsorted(upto, ENOUGH))])
    known = items if level == Level.ITEM else artists
    n = catalogue.n_items if level == Level.ITEM else catalogue.n_artists
    audiences = _audiences(asked, catalogue, level)
    step = max(1, _CELLS // max(n * len(parts), 1))
    lots = rng.spawn(len(users))  # one each, so that the order of the threads changes nothing
    found: list[list[_Rows]] = [[] for _ in range(0, len(users), step)]

    def work(turn: int) -> None:
        mine = slice(turn * step, (turn + 1) * step)
        chunk = users[mine]
        inputs = artists[chunk], items[chunk], asked.nearby[chunk]
        raw = _raw(parts, inputs, catalogue, level)
        for row, (user, lot) in enumerate(zip(chunk.tolist(), lots[mine], strict=True)):
            free = np.ones(n, np.bool_) if among is None else among.copy()
            free[known.indices[known.indptr[user] : known.indptr[user + 1]]] = False
            wanted = positive.indices[positive.indptr[user] : positive.indptr[user + 1]]
            found[turn].append(
                _one(raw[:, row], parts, free, wanted.astype(np.int64), user, audiences, lot)
            )

    in_threads(work, range(len(found)), at_once=1)
    return [one for rows in found for one in rows]


def _audiences(asked: Asked, catalogue: Catalogue, level: Level) -> Ints:
    """Count the listeners of each candidate and of its artist, shape (n, 2), by ``Level``."""
    if level == Level.ITEM:
        both = [asked.item_listeners, asked.listeners[catalogue.artist_of]]
    else:
        both = [asked.listeners, asked.listeners]
    return np.stack(both, axis=1).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Rows:
    raw: Floats
    label: Bools
    user: Ints
    near: Bools
    stands_for: Doubles
    audience: Ints


def _raw(
    parts: Sequence[Candidate], inputs: tuple[Csr, Csr, Csr], catalogue: Catalogue, level: Level
) -> Floats:
    artists, items, nearby = inputs
    layers = []
    for part in parts:
        at_artists = part.kind.level == Level.ARTIST
        own = artists if at_artists else items
        values = part.model.score(part.model.fold_in(nearby if part.kind.reads_nearby else own))
        if catalogue.is_flat or at_artists == (level == Level.ARTIST):
            layers.append(values)
        elif at_artists:
            layers.append(values.take(catalogue.artist_of, axis=1))
        else:
            layers.append(_best_of_artist(values, catalogue))
    return np.stack(layers)


def _best_of_artist(values: Floats, catalogue: Catalogue) -> Floats:
    """Let an artist stand where the best of their items stands; those without any get 0.

    Parameters
    ----------
    values : ndarray of shape (n_users, n_items)
    catalogue : Catalogue

    Returns
    -------
    ndarray of shape (n_users, n_artists)
    """
    best = np.zeros((len(values), catalogue.n_artists), np.float32)
    order = np.argsort(catalogue.artist_of, kind="stable")
    artists, starts = np.unique(catalogue.artist_of[order], return_index=True)
    if len(artists):
        best[:, artists] = np.maximum.reduceat(values.take(order, axis=1), starts, axis=1)
    return best


def _one(
    raw: Floats,
    parts: Sequence[Candidate],
    free: Bools,
    wanted: Ints,
    user: int,
    audiences: Ints,
    rng: np.random.Generator,
) -> _Rows:
    pool = np.flatnonzero(free)
    near = np.zeros(len(free), np.bool_)
    for layer, part in zip(raw, parts, strict=True):
        if part.kind.personal and len(pool):
            near[_largest(layer, pool, _NEAR)] = True
    positive = np.zeros(len(free), np.bool_)
    positive[wanted] = True
    far = pool[~near[pool]]
    missed, others = far[positive[far]], far[~positive[far]]
    drawn = rng.choice(others, min(_FAR, len(others)), replace=False)
    chosen = np.flatnonzero(near)
    every = np.concatenate([chosen, missed, drawn])
    stands_for = np.ones(len(every))
    stands_for[len(chosen) + len(missed) :] = len(others) / max(len(drawn), 1)
    return _Rows(
        raw=raw.take(every, axis=1),
        label=positive[every],
        user=np.full(len(every), user, np.int64),
        near=np.arange(len(every)) < len(chosen),
        stands_for=stands_for,
        audience=audiences[every],
    )


def _sample(found: list[_Rows], parts: Sequence[Candidate], n_wanted: Ints, thin: Floats) -> Sample:
    n_parts = len(parts)
    raw = np.concatenate([r.raw for r in found], axis=1) if found else np.zeros((n_parts, 0))
    near = np.concatenate([r.near for r in found]) if found else np.zeros(0, np.bool_)
    columns, part_of, knees = [], [], []
    for k, part in enumerate(parts):
        scale = float(raw[k, near].std()) if near.any() else 0.0
        for knee in part.kind.bends:
            at = knee * (scale or 1.0)
            columns.append(bend(raw[k].astype(np.float32), at).astype(np.float64))
            part_of.append(k)
            knees.append(at)
    whole = np.stack(columns).T  # each column in one piece
    audience = np.concatenate([r.audience for r in found]) if found else np.zeros((0, 2), np.int64)
    user = np.concatenate([r.user for r in found]) if found else np.zeros(0, np.int64)
    return Sample(
        raw=raw.astype(np.float32),
        columns=whole,
        part_of=np.array(part_of, np.int64),
        knees=np.array(knees),
        spread=whole[near].std(axis=0) if near.any() else np.zeros(len(knees)),
        label=np.concatenate([r.label for r in found]) if found else np.zeros(0, np.bool_),
        user=user,
        thin=thin[user],
        near=near,
        stands_for=np.concatenate([r.stands_for for r in found]) if found else np.zeros(0),
        rare=rarity(audience),
        level_of=np.array([int(parts[k].kind.level) for k in part_of], np.int64),
        cold=audience[:, Level.ARTIST] == 0,
        n_wanted=n_wanted,
    )


def _largest(values: Floats, pool: Ints, depth: int) -> Ints:
    if depth >= len(pool):
        return pool
    return pool[np.argpartition(-values[pool], depth)[:depth]]
