"""From many listeners' evidence to a model: the part that runs in a child process or on the CLI."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from recsys.base import Model
from recsys.blas import one_thread
from recsys.catalogue import Catalogue
from recsys.content_features import artist_features, item_features
from recsys.evidence import Interactions, Level
from recsys.hybrid import FAMILIAR, HybridRecommender
from recsys.interactions import Weighing, weigh
from recsys.models.als import ALS
from recsys.models.content import Content
from recsys.models.ease import EASE
from recsys.models.familiar import Familiar
from recsys.models.item_knn import ItemKNN
from recsys.models.popularity import Popularity
from recsys.part import Part
from recsys.types import Csr
from recsys.weights import Blend, Candidate, learn_blend, prior_blend


@dataclass(frozen=True)
class Config:
    """What a training is told; the defaults were chosen on validation data.

    Parameters
    ----------
    n_factors : int or None
        Factors of the latent model; None lets the number of listeners decide (8 to 128).
    latent, neighbours, closed_form : mapping
        Further keywords of ``ALS``, ``ItemKNN`` and ``EASE``.
    parts : tuple of str or None
        The only parts to build; None builds all that the data supports.
    learn_weights : bool
        Learn the blend on a holdout; otherwise the prior weights are used.
    least_shared_items : int
        Items with two listeners or more that must exist before item-level collaborative models run.
    validation_users : int
        Most listeners whose held-out rows teach the blend.
    random_state : int
    """

    weighing: Weighing = field(default_factory=Weighing)
    n_factors: int | None = None
    latent: Mapping[str, Any] = field(default_factory=dict)
    neighbours: Mapping[str, Any] = field(default_factory=dict)
    closed_form: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[str, ...] | None = None
    learn_weights: bool = True
    least_shared_items: int = 500
    validation_users: int = 1000
    random_state: int = 0


def fit(
    interactions: Interactions,
    catalogue: Catalogue,
    config: Config | None = None,
    *,
    validation: Interactions | None = None,
    trained_at: str | None = None,
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
    """
    with one_thread():
        return _fit(interactions, catalogue, config or Config(), validation, trained_at)


def _fit(
    interactions: Interactions,
    catalogue: Catalogue,
    config: Config,
    validation: Interactions | None,
    trained_at: str | None,
) -> HybridRecommender:
    whole = interactions if validation is None else _together(interactions, validation)
    artists, items = _matrices(whole, catalogue, config.weighing)
    candidates = build(artists, items, catalogue, config)
    blend = prior_blend(candidates, int((np.diff(artists.indptr) > 0).sum()))
    if config.learn_weights and whole.n_users:
        known, held_out = (
            hold_out(interactions, catalogue, seed=config.random_state)
            if validation is None
            else (interactions, validation)
        )
        blend = _learn(known, held_out, catalogue, config)
    parts = [
        Part(one.name, one.level, one.model, blend.curves[one.name], one.personal)
        for one in candidates
        if one.name in blend.curves
    ]
    stamp = trained_at or datetime.now(UTC).isoformat(timespec="seconds")
    info = {
        "n_users": whole.n_users,
        "n_interactions": len(whole),
        "parts": [part.name for part in parts],
        "weights": {part.name: part.curve.slope for part in parts},
        "validation_positives": blend.n_positives,
    }
    return HybridRecommender(
        catalogue=catalogue,
        weighing=config.weighing,
        parts=tuple(parts),
        bias=blend.bias,
        version=_version(stamp, info, parts),
        trained_at=stamp,
        info=info,
    )


def build(artists: Csr, items: Csr, catalogue: Catalogue, config: Config) -> list[Candidate]:
    """Fit the models that this much data supports, in the order of the parts."""
    n_users = int((np.diff(artists.indptr) > 0).sum())
    seed = config.random_state
    n_factors = config.n_factors or int(np.clip(n_users // 8, 8, 128))

    def latent() -> Model:
        keywords = {"n_factors": n_factors, "random_state": seed, **config.latent}
        return ALS(**keywords)

    def neighbours() -> Model:
        return ItemKNN(**config.neighbours)

    at_artists: dict[str, Model] = {
        "popularity": Popularity(catalogue.popularity),
        "latent": latent(),
        "neighbours": neighbours(),
        "closed_form": EASE(**config.closed_form),
        "content": Content(artist_features(catalogue)),
        FAMILIAR: Familiar(),
    }
    at_items: dict[str, Model] = {}
    if not catalogue.is_flat:
        at_items["track_popularity"] = Popularity(prior_listeners=20.0)
        described = item_features(catalogue)
        if described is not None:
            at_items["track_content"] = Content(described)
        listeners = np.bincount(items.indices, minlength=catalogue.n_items)
        if int((listeners >= 2).sum()) >= config.least_shared_items:
            at_items["track_latent"] = latent()
            at_items["track_neighbours"] = neighbours()
    found = []
    for level, models, matrix in (
        (Level.ARTIST, at_artists, artists),
        (Level.ITEM, at_items, items),
    ):
        for name, model in models.items():
            if config.parts is None or name in config.parts:
                personal = not name.endswith("popularity")
                found.append(Candidate(name, level, model.fit(matrix), personal))
    return found


def hold_out(
    rows: Interactions, catalogue: Catalogue, *, share: float = 0.2, seed: int = 0
) -> tuple[Interactions, Interactions]:
    """Split off ``share`` of the targets of each listener with five targets or more.

    Rows of one (listener, item or artist) stay together.
    """
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


def _learn(
    known: Interactions, held_out: Interactions, catalogue: Catalogue, config: Config
) -> Blend:
    artists, items = _matrices(known, catalogue, config.weighing)
    wanted_artists, wanted_items = _matrices(held_out, catalogue, config.weighing)
    at_items = catalogue.is_flat or 2 * wanted_items.nnz >= wanted_artists.nnz
    return learn_blend(
        build(artists, items, catalogue, config),
        catalogue,
        artists=artists,
        items=items,
        wanted=wanted_items if at_items else wanted_artists,
        level=Level.ITEM if at_items else Level.ARTIST,
        most_users=config.validation_users,
        seed=config.random_state,
    )


def _matrices(rows: Interactions, catalogue: Catalogue, weighing: Weighing) -> tuple[Csr, Csr]:
    signals = weigh(catalogue, rows, weighing)
    return (
        signals.artists.matrix(rows.n_users, catalogue.n_artists),
        signals.items.matrix(rows.n_users, catalogue.n_items),
    )


def _together(first: Interactions, second: Interactions) -> Interactions:
    evidence = type(first.evidence).concat(first.evidence, second.evidence)
    user = np.concatenate([first.user, second.user])
    return Interactions.of(user, evidence, n_users=max(first.n_users, second.n_users))


def _version(stamp: str, info: Mapping[str, Any], parts: list[Part]) -> str:
    digest = hashlib.sha256(repr((stamp, sorted(info.items()))).encode())
    for part in parts:
        digest.update(repr(part.curve).encode())
    return f"{stamp[:10]}-{digest.hexdigest()[:8]}"
