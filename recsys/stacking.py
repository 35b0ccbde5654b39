"""Stacking: the blend of the parts is learned on rows that the parts were not fitted on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from recsys.background import Aligned
from recsys.building import build
from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.evidence import Interactions, Kind, Level
from recsys.holdout import hold_out
from recsys.imagined import imagined_listeners
from recsys.interactions import audience, matrices, nearby_matrix
from recsys.part import Curve
from recsys.ranking_sample import Asked, Fold, Sample
from recsys.sampling import draw_sample
from recsys.sparse import csr, empty
from recsys.tuning import level_of
from recsys.types import Bools, Csr, Ints
from recsys.weights import Blend, learn_blend, on_one_scale, reached

_COLD_SHARE = 0.1  # of the artists that can play the part of new ones
_LEAST_COLD = 15
_MANY_COLD, _MOST_TURNS = 100, 4
_LEAST_USERS_FOR_COLD = 20
_MOST_USERS_FOR_COLD = 3_000  # more would say the same of tags, at the price of a larger fit
_NEWCOMERS = 0.1
_LEAST_USERS_FOR_NEWCOMERS = 20
_MOST_OF_A_NEWCOMER = 10
_SILENT = Curve((0.0,))
_FEW = 20_000  # rows so few that each is needed: four folds
_UNLIKE = 4.0  # standard errors; 1 in 16,000 by chance
_LEAST_PAIRED = 30
_SOME = 150_000  # up to so many: three; the blend is steadier, each fold costs a fit


def learn_blends(
    known: Interactions,
    held_out: Interactions,
    catalogue: Catalogue,
    config: Config,
    background: Aligned | None = None,
) -> tuple[Blend, Blend | None]:
    """Learn the blend on held-out rows with models fitted without them; and that of new artists.

    Where a few more fits cost little, other rows are held out in turn, as many each time: the blend
    is learned on all of them together. Rows held out at random are of no use where the given ones
    were not (later plays are harder to foresee, and the parts differ in how well they do): then the
    given ones teach alone.

    References
    ----------
    Breiman, "Stacked regressions", Machine Learning 1996, section 2 (stacking over folds).
    """
    n_listeners = _n_listeners(matrices(known, catalogue, config.weighing)[0])
    wanted = matrices(held_out, catalogue, config.weighing)
    level = level_of(wanted)
    folds = []
    for turn, (mine, asked) in enumerate(_in_turn(known, held_out, catalogue, config)):
        seeded = replace(config, random_state=config.random_state + turn)
        folds.append(_fold(mine, asked, catalogue, seeded, level, background))
    folds = _with_shared_parts(folds)
    parts = folds[0].parts
    draw = partial(
        draw_sample,
        catalogue=catalogue,
        level=level,
        most_users=config.validation_users,
        seed=config.random_state,
    )
    sample = draw(folds)
    blend = learn_blend(parts, sample, n_listeners)
    if len(folds) > 1 and _unlike_the_rest(folds, known.n_users, blend, sample):
        sample = draw(folds[:1])
        blend = learn_blend(parts, sample, n_listeners)
    first = folds[0].asked  # its newcomers among them, as they came
    cold = None
    if n_listeners and background is None:  # a prior has listeners of most artists
        cold = _cold_blend(first.artists, first.items, catalogue, config)
    if cold is None:
        return blend, None
    curves = {
        part.name: cold.curves.get(
            part.name, _SILENT if part.kind.level == Level.ARTIST else blend.curves[part.name]
        )
        for part in parts
    }
    return blend, on_one_scale(blend, curves, parts, sample)


def _in_turn(
    known: Interactions, held_out: Interactions, catalogue: Catalogue, config: Config
) -> Iterator[tuple[Interactions, Interactions]]:
    """Hold out the given rows first, then others of the same listeners, as many each time."""
    yield known, held_out
    if not len(held_out) or not len(known):
        return
    for turn in range(1, _n_folds(len(known) + len(held_out))):
        share = len(held_out) / max(len(known), 1)
        kept, other = hold_out(known, catalogue, share=share, seed=config.random_state + turn)
        if not len(other):  # nobody has rows to spare
            return
        yield Interactions.concat(kept, held_out), other


def _with_shared_parts(folds: Sequence[Fold]) -> list[Fold]:
    """Leave out parts that not every fold had the data for."""
    shared = set.intersection(*({part.name for part in fold.parts} for fold in folds))
    return [
        replace(fold, parts=[part for part in fold.parts if part.name in shared]) for fold in folds
    ]


def _unlike_the_rest(folds: Sequence[Fold], n_users: int, blend: Blend, sample: Sample) -> bool:
    """Whether the first held-out rows are clearly harder or easier than the others.

    By NDCG@10 of one blend, paired by listener: rows drawn alike differ by chance alone.
    """
    listeners, each = reached(blend, folds[0].parts, sample)
    starts = np.cumsum([0] + [fold.asked.wanted.shape[0] for fold in folds])
    turn = np.searchsorted(starts, listeners, side="right") - 1
    user = listeners - starts[turn]  # newcomers come after the others
    total = np.zeros((2, n_users))
    count = np.zeros((2, n_users))
    old = user < n_users
    np.add.at(total, (np.minimum(turn[old], 1), user[old]), each[old])
    np.add.at(count, (np.minimum(turn[old], 1), user[old]), 1)
    both = (count > 0).all(axis=0)
    if both.sum() < _LEAST_PAIRED:
        return False
    mine, others = total[:, both] / count[:, both]
    gap = mine - others
    return bool(abs(gap.mean()) > _UNLIKE * gap.std() / np.sqrt(len(gap)))


def _n_folds(n_rows: int) -> int:
    """Choose how often to hold out."""
    if n_rows < _FEW:
        return 4
    return 3 if n_rows < _SOME else 1


def _fold(
    known: Interactions,
    held_out: Interactions,
    catalogue: Catalogue,
    config: Config,
    level: Level,
    background: Aligned | None,
) -> Fold:
    new = np.zeros(known.n_users, np.bool_)
    if config.learn_weights:
        new = _newcomers(known.n_users, config.random_state)
    artists, items = matrices(known.where(~new[known.user]), catalogue, config.weighing)
    near = known.where(known.kind == Kind.NEARBY)
    parts = build(artists, items, catalogue, config, nearby=len(near) > 0, background=background)
    heard = audiences(artists, items, catalogue, background)
    if not _n_listeners(artists):
        known = imagined_listeners(catalogue, seed=config.random_state)
        held_out = known.where(np.zeros(len(known), np.bool_))
        new = np.zeros(known.n_users, np.bool_)
        near = held_out
        artists, items = matrices(known, catalogue, config.weighing)
    wanted = matrices(held_out.where(~new[held_out.user]), catalogue, config.weighing)
    nearby = nearby_matrix(near.where(~new[near.user]), catalogue, config.weighing)
    asked = Asked(artists, items, nearby, wanted[0 if level == Level.ARTIST else 1], *heard)
    if new.any():
        asked += _as_newcomers(known, held_out, new, catalogue, config, level, heard)
    return Fold(parts, asked)


def _newcomers(n_users: int, seed: int) -> Bools:
    """Choose listeners who take no part in the fit of the parts, shape (n_users,), bool."""
    if n_users < _LEAST_USERS_FOR_NEWCOMERS:
        return np.zeros(n_users, np.bool_)
    chosen: Bools = np.random.default_rng(seed).random(n_users) < _NEWCOMERS
    return chosen


def _as_newcomers(
    known: Interactions,
    held_out: Interactions,
    new: Bools,
    catalogue: Catalogue,
    config: Config,
    level: Level,
    heard: tuple[Ints, Ints],
) -> Asked:
    """Show the newcomers as they came: 1 to 10 rows are known of them, the others are wanted."""
    rng = np.random.default_rng(config.random_state)
    theirs = known.kind == Kind.NEARBY
    mine = known.where(new[known.user] & ~theirs)
    nearby = nearby_matrix(known.where(new[known.user] & theirs), catalogue, config.weighing)
    order = np.lexsort((rng.random(len(mine)), mine.user))
    count = np.bincount(mine.user, minlength=known.n_users)
    place = np.empty(len(mine), np.int64)
    place[order] = np.arange(len(mine)) - np.repeat(np.cumsum(count) - count, count)
    kept = place < rng.integers(1, _MOST_OF_A_NEWCOMER + 1, known.n_users)[mine.user]
    rest = Interactions.concat(mine.where(~kept), held_out.where(new[held_out.user]))
    artists, items = matrices(mine.where(kept), catalogue, config.weighing)
    wanted = matrices(rest, catalogue, config.weighing)[0 if level == Level.ARTIST else 1]
    return Asked(artists, items, nearby, wanted, *heard)


def _cold_blend(artists: Csr, items: Csr, catalogue: Catalogue, config: Config) -> Blend | None:
    """Learn what to trust about artists that nobody here has heard.

    A tenth of the well-described artists with a few listeners plays their part: all that is known
    of their listeners is held out, and only the parts that need no listeners may speak. Where they
    are few, other tenths take turns. None where there are too few of them, or too few listeners, to
    learn from.
    """
    listeners = np.bincount(artists.indices, minlength=catalogue.n_artists)
    described = np.diff(catalogue.tags.indptr) > 0
    able = np.flatnonzero(described & (listeners >= 3))
    n = int(_COLD_SHARE * len(able))
    if not config.learn_weights or n < _LEAST_COLD or _n_listeners(artists) < _LEAST_USERS_FOR_COLD:
        return None
    rng = np.random.default_rng(config.random_state)
    if artists.shape[0] > _MOST_USERS_FOR_COLD:
        some = np.sort(rng.choice(artists.shape[0], _MOST_USERS_FOR_COLD, replace=False))
        artists, items = csr(artists[some]), csr(items[some])
    order = rng.permutation(able)
    turns = int(np.clip(_MANY_COLD // n, 1, _MOST_TURNS))
    folds = []
    cold = np.zeros((turns, catalogue.n_artists), np.bool_)
    for turn, new in enumerate(cold):
        new[order[turn * n : (turn + 1) * n]] = True
        folds.append(_without_listeners(artists, items, new, catalogue, config))
    if not all(fold.parts for fold in folds):
        return None
    folds = _with_shared_parts(folds)
    sample = draw_sample(
        folds,
        catalogue,
        level=Level.ARTIST,
        most_users=config.validation_users,
        seed=config.random_state,
        among=cold,
    )
    blend = learn_blend(folds[0].parts, sample, _n_listeners(artists), rising=True)
    return blend if blend.n_positives else None


def _without_listeners(
    artists: Csr, items: Csr, new: Bools, catalogue: Catalogue, config: Config
) -> Fold:
    """Fit the parts as if nobody had heard some artists, and ask for them."""
    left_artists, left_items = _without(artists, new), _without(items, new[catalogue.artist_of])
    asked = Asked(
        left_artists,
        left_items,
        empty(artists.shape),
        _without(artists, ~new),
        audience(left_artists),
        audience(left_items),
    )
    return Fold(build(left_artists, left_items, catalogue, config, cold=True), asked)


def audiences(
    artists: Csr, items: Csr, catalogue: Catalogue, background: Aligned | None
) -> tuple[Ints, Ints]:
    """Count the listeners of artists and of items, those behind a prior among them."""
    by_artist, by_item = audience(artists), audience(items)
    if background is None:
        return by_artist, by_item
    by_artist = by_artist + background.listeners
    return by_artist, by_artist if catalogue.is_flat else by_item


def _without(matrix: Csr, columns: Bools) -> Csr:
    left = matrix.copy()
    left.data = np.where(columns[left.indices], 0, left.data)
    left.eliminate_zeros()
    return left


def _n_listeners(matrix: Csr) -> int:
    return int((np.diff(matrix.indptr) > 0).sum())
