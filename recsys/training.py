"""From many listeners' evidence to a model: the part that runs in a child process or on the CLI."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from recsys.background import Aligned
from recsys.blas import one_thread
from recsys.building import build
from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.evidence import Interactions, Kind
from recsys.holdout import Holdout, set_aside
from recsys.hybrid import HybridRecommender
from recsys.interactions import matrices, n_listeners
from recsys.part import Part
from recsys.recipe import Candidate
from recsys.stacking import Learned, audiences, learn_blends
from recsys.strangers import with_strangers
from recsys.tuning import Trial, tuned
from recsys.weights import Blend

_SAME_PRIOR = ("source", "created", "listeners", "artists")


def fit(
    interactions: Interactions,
    catalogue: Catalogue,
    config: Config | None = None,
    *,
    validation: Interactions | None = None,
    trained_at: str | None = None,
    earlier: HybridRecommender | None = None,
    background: Aligned | None = None,
) -> HybridRecommender:
    """Train the whole recommender; also with zero listeners (priors and content only).

    Parameters
    ----------
    interactions : Interactions
    catalogue : Catalogue
    config : Config, optional
    validation : Interactions, optional
        Held-out rows of the same listeners (same codes) to learn the blend on; they are part of the
        final fit. Without it ``holdout.set_aside`` holds out some for that.
    trained_at : str, optional
        ISO 8601; now where not given.
    earlier : HybridRecommender, optional
        An earlier training on these listeners. Its settings and its blend are taken over unless the
        data has outgrown them or has parts that it had not; that is a fifth of the work.
    background : Aligned, optional
        A prior of other listeners, brought to this catalogue.
    """
    with one_thread():
        return _fit(
            interactions, catalogue, config or Config(), validation, trained_at, earlier, background
        )


def _fit(
    interactions: Interactions,
    catalogue: Catalogue,
    config: Config,
    validation: Interactions | None,
    trained_at: str | None,
    earlier: HybridRecommender | None,
    background: Aligned | None,
) -> HybridRecommender:
    whole = interactions if validation is None else Interactions.concat(interactions, validation)
    artists, items = matrices(whole, catalogue, config.weighing)
    nearby = bool((whole.kind == Kind.NEARBY).any())
    candidates: list[Candidate] = []
    learned = None
    trials: list[Trial] = []
    if earlier is not None and config.tune and earlier.weighing == config.weighing:
        known_config = config.tuned_as(earlier.info, n_interactions=len(whole))
        if not known_config.tune:
            config = known_config
            candidates = build(
                artists, items, catalogue, config, nearby=nearby, background=background
            )
            learned = _taken_over(candidates, earlier, background)
    if learned is None:
        holdout = _split(interactions, validation, whole, catalogue, config)
        chosen = tuned(
            matrices(holdout.known, catalogue, config.weighing),
            matrices(holdout.held_out, catalogue, config.weighing),
            catalogue,
            config,
            told=trials.append,
        )
        if not config.learn_weights:
            holdout = Holdout(whole, whole.where(np.zeros(len(whole), np.bool_)))
        if holdout.asked is None and (not candidates or chosen != config):
            candidates = build(
                artists, items, catalogue, chosen, nearby=nearby, background=background
            )
        config = chosen
        learned = learn_blends(holdout, catalogue, config, background)
    blend, cold_blend = learned.blend, learned.cold
    if (kept := learned.kept) is None:
        heard = audiences(artists, items, catalogue, background)
    else:
        candidates, heard = list(kept.parts), (kept.asked.listeners, kept.asked.item_listeners)
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
        if one.name in blend.curves  # else the folds had too little data to weigh it
    ]
    stamp = trained_at or datetime.now(UTC).isoformat(timespec="seconds")
    info = {
        "n_users": n_listeners(artists),
        "n_interactions": int((whole.kind != Kind.NEARBY).sum()),
        "parts": [part.name for part in parts],
        "left_out": [one.name for one in candidates if one.name not in blend.curves],
        "settings": config.settings,
        "trials": len(trials),
        "weights": {part.name: list(part.curve.slopes) for part in parts},
        "tuned_on": len(whole) if config.tune else config.tuned_on,
        "validation_positives": blend.n_positives,
    }
    if background is not None:
        share = background.share(n_listeners(artists))
        info["background"] = {**background.as_dict(), "share": round(share, 4)}
    model = HybridRecommender(
        catalogue=catalogue,
        weighing=config.weighing,
        parts=tuple(parts),
        bias=blend.bias,
        thin_bias=blend.thin_bias,
        link=blend.link,
        listeners=heard[0].astype(np.int32),
        item_listeners=heard[1].astype(np.int32),
        cold_bias=None if cold_blend is None else cold_blend.bias,
        taste_noise=learned.noise,
        version=_version(stamp, info, parts),
        trained_at=stamp,
        info=info,
    )
    return with_strangers(model, artists, items)


def _taken_over(
    candidates: list[Candidate], earlier: HybridRecommender, background: Aligned | None
) -> Learned | None:
    """Return the blend of an earlier model, None where it weighed other parts or had another prior.

    Parts that its held-out rows were too few for stay left out until all is chosen anew.
    """
    parts = {part.name: part for part in earlier.parts}
    now = None if background is None else background.as_dict()
    same_prior = _prior_of(earlier.info.get("background")) == _prior_of(now)
    weighed = {*parts, *earlier.info.get("left_out", ())}
    if {one.name for one in candidates} != weighed or not same_prior:
        return None
    n_positives = int(earlier.info["validation_positives"])
    warm = {name: part.curve for name, part in parts.items()}
    blend = Blend(warm, earlier.bias, n_positives, earlier.thin_bias, earlier.link)
    if earlier.cold_bias is None:
        return Learned(blend, None, noise=earlier.taste_noise)
    cold = {name: part.curve_of(cold=True) for name, part in parts.items()}
    return Learned(blend, Blend(cold, earlier.cold_bias, n_positives), noise=earlier.taste_noise)


def _prior_of(told: Mapping[str, Any] | None) -> list[Any] | None:
    return None if told is None else [told[name] for name in _SAME_PRIOR]


def _split(
    interactions: Interactions,
    validation: Interactions | None,
    whole: Interactions,
    catalogue: Catalogue,
    config: Config,
) -> Holdout:
    """Say what settings and weights are learned from."""
    if not (config.learn_weights or config.tune) or not whole.n_users:
        return Holdout(whole, whole.where(np.zeros(len(whole), np.bool_)))
    if validation is None:
        return set_aside(interactions, catalogue, config)
    return Holdout(interactions, validation)


def _version(stamp: str, info: Mapping[str, Any], parts: list[Part]) -> str:
    digest = hashlib.sha256(repr((stamp, sorted(info.items()))).encode())
    for part in parts:
        digest.update(repr((part.curve, part.cold_curve)).encode())
    return f"{stamp[:10]}-{digest.hexdigest()[:8]}"
