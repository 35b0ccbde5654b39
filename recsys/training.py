"""From many listeners' evidence to a model: the part that runs in a child process or on the CLI."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from recsys.blas import one_thread
from recsys.building import build
from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.evidence import Interactions, Kind, Level
from recsys.hybrid import HybridRecommender
from recsys.imagined import imagined_listeners
from recsys.interactions import Weighing, weigh
from recsys.part import Curve, Part
from recsys.ranking_sample import Asked, Fold, draw_sample
from recsys.recipe import Candidate
from recsys.sparse import empty
from recsys.tuning import tuned
from recsys.types import Bools, Csr, Ints
from recsys.weights import Blend, learn_blend, on_one_scale

_COLD_SHARE = 0.1  # of the artists that can play the part of new ones
_LEAST_COLD = 100
_LEAST_USERS_FOR_COLD = 300
_NEWCOMERS = 0.1
_LEAST_USERS_FOR_NEWCOMERS = 20
_MOST_OF_A_NEWCOMER = 10
_SILENT = Curve((0.0,))
_FEW, _FEW_FOLDS = 20_000, 4  # rows up to which the blend is learned on so many folds
_SOME, _SOME_FOLDS = 150_000, 2


def fit(
    interactions: Interactions,
    catalogue: Catalogue,
    config: Config | None = None,
    *,
    validation: Interactions | None = None,
    trained_at: str | None = None,
    earlier: HybridRecommender | None = None,
) -> HybridRecommender:
    """Train the whole recommender; also with zero listeners (priors and content only).

    Parameters
    ----------
    interactions : Interactions
    catalogue : Catalogue
    config : Config, optional
    validation : Interactions, optional
        Held-out rows of the same listeners (same codes) to learn the blend on; they are part of the
        final fit. Without it a fifth of each listener's targets is held out for that.
    trained_at : str, optional
        ISO 8601; now where not given.
    earlier : HybridRecommender, optional
        An earlier training on these listeners. Its settings and its blend are taken over unless the
        data has outgrown them or has parts that it had not; that is a fifth of the work.
    """
    with one_thread():
        return _fit(interactions, catalogue, config or Config(), validation, trained_at, earlier)


def _fit(
    interactions: Interactions,
    catalogue: Catalogue,
    config: Config,
    validation: Interactions | None,
    trained_at: str | None,
    earlier: HybridRecommender | None,
) -> HybridRecommender:
    whole = interactions if validation is None else together(interactions, validation)
    artists, items = matrices(whole, catalogue, config.weighing)
    nearby = bool((whole.kind == Kind.NEARBY).any())
    candidates: list[Candidate] = []
    blends = None
    if earlier is not None and config.tune:
        known_config = config.tuned_as(earlier.info, n_interactions=len(whole))
        if not known_config.tune:
            config = known_config
            candidates = build(artists, items, catalogue, config, nearby=nearby)
            blends = _taken_over(candidates, earlier)
    if blends is None:
        known, held_out = _split(interactions, validation, whole, catalogue, config)
        chosen = tuned(
            matrices(known, catalogue, config.weighing)[0],
            matrices(held_out, catalogue, config.weighing)[0],
            catalogue,
            config,
        )
        if not candidates or chosen != config:
            config = chosen
            candidates = build(artists, items, catalogue, config, nearby=nearby)
        blends = _blends(known, held_out, catalogue, config)
    blend, cold_blend = blends
    parts = [
        Part(
            name=one.name,
            level=one.kind.level,
            model=one.model,
            curve=blend.curves[one.name],
            cold_curve=None if cold_blend is None else cold_blend.curves[one.name],
            personal=one.kind.personal,
            reads_nearby=one.kind.reads_nearby,
        )
        for one in candidates
        if one.name in blend.curves
    ]
    stamp = trained_at or datetime.now(UTC).isoformat(timespec="seconds")
    info = {
        "n_users": whole.n_users,
        "n_interactions": int((whole.kind != Kind.NEARBY).sum()),
        "parts": [part.name for part in parts],
        "settings": {"latent": dict(config.latent), "closed_form": dict(config.closed_form)},
        "weights": {part.name: list(part.curve.slopes) for part in parts},
        "tuned_on": len(whole) if config.tune else config.tuned_on,
        "validation_positives": blend.n_positives,
    }
    return HybridRecommender(
        catalogue=catalogue,
        weighing=config.weighing,
        parts=tuple(parts),
        bias=blend.bias,
        listeners=_audience(artists).astype(np.int32),
        item_listeners=_audience(items).astype(np.int32),
        cold_bias=None if cold_blend is None else cold_blend.bias,
        version=_version(stamp, info, parts),
        trained_at=stamp,
        info=info,
    )


def _taken_over(
    candidates: list[Candidate], earlier: HybridRecommender
) -> tuple[Blend, Blend | None] | None:
    """Return the blend of an earlier model, None where it had other parts."""
    parts = {part.name: part for part in earlier.parts}
    if {one.name for one in candidates} != set(parts):
        return None
    n_positives = int(earlier.info["validation_positives"])
    blend = Blend({name: part.curve for name, part in parts.items()}, earlier.bias, n_positives)
    if earlier.cold_bias is None:
        return blend, None
    cold = {name: part.curve_of(cold=True) for name, part in parts.items()}
    return blend, Blend(cold, earlier.cold_bias, n_positives)


def _split(
    interactions: Interactions,
    validation: Interactions | None,
    whole: Interactions,
    catalogue: Catalogue,
    config: Config,
) -> tuple[Interactions, Interactions]:
    """Say what settings and weights are learned from, and on what; the latter may be empty."""
    if not config.learn_weights or not whole.n_users:
        return whole, whole.where(np.zeros(len(whole), np.bool_))
    if validation is None:
        return hold_out(interactions, catalogue, seed=config.random_state)
    return interactions, validation


def _blends(
    known: Interactions, held_out: Interactions, catalogue: Catalogue, config: Config
) -> tuple[Blend, Blend | None]:
    """Learn the blend on held-out rows with models fitted without them; and that of new artists.

    Where a few more fits cost little, other rows are held out in turn, as many each time: the blend
    is learned on all of them together.

    References
    ----------
    Breiman, "Stacked regressions", Machine Learning 1996, section 2 (stacking over folds).
    """
    n_listeners = _n_listeners(matrices(known, catalogue, config.weighing)[0])
    wanted = matrices(held_out, catalogue, config.weighing)
    level = Level.ITEM if 2 * wanted[1].nnz >= wanted[0].nnz else Level.ARTIST
    folds = []
    for turn, (mine, asked) in enumerate(_in_turn(known, held_out, catalogue, config)):
        seeded = replace(config, random_state=config.random_state + turn)
        folds.append(_fold(mine, asked, catalogue, seeded, level))
    parts = folds[0].parts
    sample = draw_sample(
        folds,
        catalogue,
        level=level,
        most_users=config.validation_users,
        seed=config.random_state,
    )
    blend = learn_blend(parts, sample, n_listeners)
    first = folds[0].asked
    cold = _cold_blend(first.artists, first.items, catalogue, config) if n_listeners else None
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
    if not len(held_out):
        return
    size = len(known) + len(held_out)
    for turn in range(1, _FEW_FOLDS if size < _FEW else _SOME_FOLDS if size < _SOME else 1):
        share = len(held_out) / max(len(known), 1)
        kept, other = hold_out(known, catalogue, share=share, seed=config.random_state + turn)
        yield together(kept, held_out), other


def _fold(
    known: Interactions, held_out: Interactions, catalogue: Catalogue, config: Config, level: Level
) -> Fold:
    new = _newcomers(known.n_users, config.random_state)
    artists, items = matrices(known.where(~new[known.user]), catalogue, config.weighing)
    near = known.where(known.kind == Kind.NEARBY)
    parts = build(artists, items, catalogue, config, nearby=len(near) > 0)
    heard = _audience(artists), _audience(items)
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
    rest = together(mine.where(~kept), held_out.where(new[held_out.user]))
    artists, items = matrices(mine.where(kept), catalogue, config.weighing)
    wanted = matrices(rest, catalogue, config.weighing)[0 if level == Level.ARTIST else 1]
    return Asked(artists, items, nearby, wanted, *heard)


def _cold_blend(artists: Csr, items: Csr, catalogue: Catalogue, config: Config) -> Blend | None:
    """Learn what to trust about artists that nobody here has heard.

    A tenth of the well-described artists with a few listeners plays their part: all that is known
    of their listeners is held out, and only the parts that need no listeners may speak. None where
    there are too few of them, or too few listeners, to learn from.
    """
    listeners = np.bincount(artists.indices, minlength=catalogue.n_artists)
    described = np.diff(catalogue.tags.indptr) > 0
    able = np.flatnonzero(described & (listeners >= 3))
    n = int(_COLD_SHARE * len(able))
    if not config.learn_weights or n < _LEAST_COLD or _n_listeners(artists) < _LEAST_USERS_FOR_COLD:
        return None
    rng = np.random.default_rng(config.random_state)
    new = np.zeros(catalogue.n_artists, np.bool_)
    new[rng.choice(able, n, replace=False)] = True
    left_artists, left_items = _without(artists, new), _without(items, new[catalogue.artist_of])
    parts = build(left_artists, left_items, catalogue, config, cold=True)
    if not parts:
        return None
    asked = Asked(
        left_artists,
        left_items,
        empty(artists.shape),
        _without(artists, ~new),
        _audience(left_artists),
        _audience(left_items),
    )
    sample = draw_sample(
        [Fold(parts, asked)],
        catalogue,
        level=Level.ARTIST,
        most_users=config.validation_users,
        seed=config.random_state,
        among=new,
    )
    blend = learn_blend(parts, sample, _n_listeners(artists))
    return blend if blend.n_positives else None


def _without(matrix: Csr, columns: Bools) -> Csr:
    left = matrix.copy()
    left.data = np.where(columns[left.indices], 0, left.data)
    left.eliminate_zeros()
    return left


def _audience(matrix: Csr) -> Ints:
    """Count the listeners of each column."""
    return np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.int64)


def _n_listeners(matrix: Csr) -> int:
    return int((np.diff(matrix.indptr) > 0).sum())


def hold_out(
    rows: Interactions, catalogue: Catalogue, *, share: float = 0.2, seed: int = 0
) -> tuple[Interactions, Interactions]:
    """Split off ``share`` of the targets of each listener with five targets or more.

    Rows of one (listener, item or artist) stay together; what people nearby play is known anyway.
    """
    theirs = rows.kind == Kind.NEARBY
    if theirs.any():
        kept, held = hold_out(rows.where(~theirs), catalogue, share=share, seed=seed)
        return together(kept, rows.where(theirs)), held
    rng = np.random.default_rng(seed)
    at_items = rows.level == Level.ITEM
    target = np.where(
        at_items, catalogue.items.index_of(rows.id), catalogue.artists.index_of(rows.id)
    )
    key = (rows.user * 2 + rows.level) * (catalogue.n_items + catalogue.n_artists + 1) + target
    pairs, first, pair = np.unique(key, return_index=True, return_inverse=True)
    user = rows.user[first]
    count = np.bincount(user, minlength=rows.n_users)
    shuffled = np.lexsort((rng.random(len(pairs)), user))
    place = np.empty(len(pairs), np.int64)
    place[shuffled] = np.arange(len(pairs)) - np.repeat(np.cumsum(count) - count, count)
    wanted = np.where(count >= 5, np.maximum(1, np.round(share * count)), 0)
    out = (place < wanted[user])[pair]
    return rows.where(~out), rows.where(out)


def matrices(rows: Interactions, catalogue: Catalogue, weighing: Weighing) -> tuple[Csr, Csr]:
    """Signed confidence of all listeners, (n_users, n_artists) and (n_users, n_items)."""
    signals = weigh(catalogue, rows, weighing)
    return (
        signals.artists.matrix(rows.n_users, catalogue.n_artists),
        signals.items.matrix(rows.n_users, catalogue.n_items),
    )


def nearby_matrix(rows: Interactions, catalogue: Catalogue, weighing: Weighing) -> Csr:
    """Return what people close to each listener play, (n_users, n_artists)."""
    return weigh(catalogue, rows, weighing).nearby.matrix(rows.n_users, catalogue.n_artists)


def together(first: Interactions, second: Interactions) -> Interactions:
    """Join the rows of the same listeners."""
    evidence = type(first.evidence).concat(first.evidence, second.evidence)
    user = np.concatenate([first.user, second.user])
    return Interactions.of(user, evidence, n_users=max(first.n_users, second.n_users))


def _version(stamp: str, info: Mapping[str, Any], parts: list[Part]) -> str:
    digest = hashlib.sha256(repr((stamp, sorted(info.items()))).encode())
    for part in parts:
        digest.update(repr((part.curve, part.cold_curve)).encode())
    return f"{stamp[:10]}-{digest.hexdigest()[:8]}"
