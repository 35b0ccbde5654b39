"""Stacking: the blend of the parts is learned on rows that the parts were not fitted on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from recsys.background import Aligned
from recsys.building import build
from recsys.catalogue import Catalogue
from recsys.cold_start import cold_blend
from recsys.config import Config
from recsys.evidence import Interactions, Kind, Level
from recsys.holdout import Holdout, hold_out, newcomers
from recsys.imagined import imagined_listeners
from recsys.interactions import audience, matrices, n_listeners, nearby_matrix
from recsys.part import Curve
from recsys.posterior import UNSURE, left_out_squares, noise_of
from recsys.ranking_sample import Asked, Fold, Sample, with_shared_parts
from recsys.recipe import Candidate
from recsys.sampling import draw_sample
from recsys.tuning import level_of
from recsys.types import Bools, Csr, Doubles, Ints
from recsys.weights import Blend, learn_blend, on_one_scale, reached

_MOST_OF_A_NEWCOMER = 10
_SILENT = Curve((0.0,))
_FEW = 20_000  # rows so few that each is needed: four folds
_UNLIKE = 4.0  # standard errors; 1 in 16,000 by chance
_LEAST_PAIRED = 30
_SOME = 150_000  # up to so many: three; the blend is steadier, each fold costs a fit


@dataclass(frozen=True, eq=False)
class Learned:
    """What the held-out rows taught.

    Parameters
    ----------
    blend : Blend
    cold : Blend or None
        That of artists without listeners.
    kept : Fold or None
        The models that the rows were held out from, where these are so few that they may be kept.
    noise : mapping of str to float
        s^2 of the parts that know how sure they are, by name.
    """

    blend: Blend
    cold: Blend | None
    kept: Fold | None = None
    noise: Mapping[str, float] = field(default_factory=dict)


def learn_blends(
    holdout: Holdout, catalogue: Catalogue, config: Config, background: Aligned | None = None
) -> Learned:
    """Learn the blend on held-out rows with models fitted without them; and that of new artists.

    Where a few more fits cost little, other rows are held out in turn, as many each time: the blend
    is learned on all of them together. Rows held out at random are of no use where the given ones
    were not (later plays are harder to foresee, and the parts differ in how well they do): then the
    given ones teach alone.

    References
    ----------
    Breiman, "Stacked regressions", Machine Learning 1996, section 2 (stacking over folds).
    """
    known, held_out = holdout.known, holdout.held_out
    n_users = n_listeners(matrices(known, catalogue, config.weighing)[0])
    wanted = matrices(held_out, catalogue, config.weighing)
    level = level_of(wanted)
    folds = []
    for turn, (mine, asked) in enumerate(_in_turn(known, held_out, catalogue, config)):
        seeded = replace(config, random_state=config.random_state + turn)
        folds.append(_fold(mine, asked, catalogue, seeded, level, background, holdout.asked))
    folds = with_shared_parts(folds)
    parts = folds[0].parts
    kept = None if holdout.asked is None else folds[0]
    noise = {
        name: noise_of(np.concatenate([fold.missed[name] for fold in folds if name in fold.missed]))
        for name in folds[0].missed
    }
    draw = partial(
        draw_sample,
        catalogue=catalogue,
        level=level,
        most_users=config.validation_users,
        seed=config.random_state,
    )
    sample = draw(folds)
    blend = learn_blend(parts, sample, n_users)
    if len(folds) > 1 and _unlike_the_rest(folds, known.n_users, blend, sample):
        sample = draw(folds[:1])
        blend = learn_blend(parts, sample, n_users)
    first = folds[0].asked  # its newcomers among them, as they came
    cold = None
    if n_users and background is None:  # a prior has listeners of most artists
        cold = cold_blend(first.artists, first.items, catalogue, config)
    if cold is None:
        return Learned(blend, None, kept, noise)
    curves = {
        part.name: cold.curves.get(
            part.name, _SILENT if part.kind.level == Level.ARTIST else blend.curves[part.name]
        )
        for part in parts
    }
    return Learned(blend, on_one_scale(blend, curves, parts, sample), kept, noise)


def _in_turn(
    known: Interactions, held_out: Interactions, catalogue: Catalogue, config: Config
) -> Iterator[tuple[Interactions, Interactions]]:
    """Hold out the given rows first, then others of the same listeners, as many each time."""
    yield known, held_out
    n_known = int((known.kind != Kind.NEARBY).sum())
    if not len(held_out) or not n_known:
        return
    for turn in range(1, _n_folds(n_known + len(held_out))):
        share = len(held_out) / n_known
        kept, other = hold_out(known, catalogue, share=share, seed=config.random_state + turn)
        if not len(other):  # nobody has rows to spare
            return
        yield Interactions.concat(kept, held_out), other


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
    asked_only: Bools | None,
) -> Fold:
    new = np.zeros(known.n_users, np.bool_)
    if config.learn_weights:
        new = newcomers(known.n_users, config.random_state)
    if asked_only is not None:
        new &= asked_only
    artists, items = matrices(known.where(~new[known.user]), catalogue, config.weighing)
    near = known.where(known.kind == Kind.NEARBY)
    parts = build(artists, items, catalogue, config, nearby=len(near) > 0, background=background)
    heard = audiences(artists, items, catalogue, background)
    if not n_listeners(artists):
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
    strangers = Interactions.concat(
        known.where(new[known.user]), held_out.where(new[held_out.user])
    )
    missed = _missed(parts, matrices(strangers, catalogue, config.weighing)[0], artists)
    return Fold(parts, asked, missed)


def _missed(parts: Sequence[Candidate], strangers: Csr, everybody: Csr) -> dict[str, Doubles]:
    """Ask those whom the factors have not seen: newcomers, or of a prior everybody here."""
    rows = dict(zip(UNSURE, (strangers, everybody), strict=True))
    models: dict[str, Any] = {part.name: part.model for part in parts if part.name in rows}
    return {name: left_out_squares(model, rows[name]) for name, model in models.items()}


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


def audiences(
    artists: Csr, items: Csr, catalogue: Catalogue, background: Aligned | None
) -> tuple[Ints, Ints]:
    """Count the listeners of artists and of items, those behind a prior among them."""
    by_artist, by_item = audience(artists), audience(items)
    if background is None:
        return by_artist, by_item
    by_artist = by_artist + background.listeners
    return by_artist, by_artist if catalogue.is_flat else by_item
