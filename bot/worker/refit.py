"""The refit job: trainable rows in, a verified snapshot folder and a recommendation out."""

import dataclasses
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.adapters.sqlite.judged_picks import read_judged
from bot.adapters.sqlite.training_rows import GESTURES, TrainingRows, read_training
from bot.domain.candidates import Origin
from bot.domain.sources import OpenSource
from bot.worker.prior import aligned
from recsys import Catalogue, Evidence, HybridRecommender, Interactions, Kind, RecsysError
from recsys.evaluation import LEAST_LISTENERS, Case, Comparison, compare
from recsys.in_the_large import told_by_votes
from recsys.preprocessing.rows import clean
from recsys.similar import borrowed_popularity, borrowed_tags, merged
from recsys.snapshot import load, save
from recsys.sparse import csr
from recsys.training import fit
from recsys.types import Csr

DATABASE_NAME: Final = "auxcord.sqlite3"
KEPT_MODELS: Final = 3
HELD_BACK: Final = 0.2
"""Share of the likes nobody has trained on yet that old and new model are compared on."""
LEAST_CASES: Final = 20
TIERS: Final = 5


def refit(data_dir: Path, *, serving: Path | None, force_publish: bool) -> dict[str, Any]:
    """Train, compare, write; return what the bot is told.

    The newest likes that neither model has seen are held back and both models rank them (decision
    D6); with fewer than 20 of them, of fewer than five members, or with `force_publish`, the new
    model trains on everything and is published.
    """
    rows = read_training(data_dir / DATABASE_NAME, now_ms=time.time_ns() // 1_000_000)
    catalogue = catalogue_of(rows)
    whole = _interactions(rows, np.ones(len(rows.id), np.bool_))
    before = None if serving is None else _loaded(serving)
    old = None if force_publish else before
    held = np.zeros(len(rows.id), np.bool_) if old is None else _held_back(rows, old)
    known, report = clean(
        _interactions(rows, ~held) if held.any() else whole,
        n_items=catalogue.n_items,
        plays_per_day=rows.plays_per_day,
    )
    background, trouble = aligned(data_dir, catalogue, rows.artist_names, rows.artist_mbids)
    model = fit(
        known,
        catalogue,
        trained_at=datetime.now(UTC).isoformat(),
        earlier=old,  # an erasure takes what was learned from the erased with it
        background=background,
    )
    model = told_by_votes(model, *read_judged(data_dir / DATABASE_NAME))
    if trouble is not None:
        model = dataclasses.replace(model, info={**model.info, "background_trouble": trouble})
    cut = dict(rows.row_cut)
    publish, reason = True, "first or forced"
    if held.any() and old is not None:
        cut[GESTURES] = int(rows.recorded[held].min()) - 1
        verdict = compare(old, model, _cases(rows, held))
        publish, reason = verdict.publish, _in_words(verdict)
    elif old is not None:
        reason = "too few new likes, or members who gave them, to compare on"
    folder = _write(model, data_dir / "models", cut)
    _prune(data_dir / "models", keep={folder.name, serving.name if serving else ""})
    return {
        "folder": str(folder),
        "row_cut": cut if publish else dict(rows.row_cut),
        "publish": publish,
        "reason": reason,
        "info": {
            "version": model.version,
            "trained_at": model.trained_at,
            "listeners": rows.n_users,
            "interactions": len(rows.id) - int(held.sum()),
            "tracks": int((rows.item_keys > 0).sum()),
            "artists": len(rows.artist_ids),
            "details": {**model.info, "preprocessing": report.as_list()},
        },
    }


def catalogue_of(rows: TrainingRows) -> Catalogue:
    """Return the catalogue the models share: every known track and artist."""
    names, country = np.unique(np.array(rows.artist_countries, dtype=str), return_inverse=True)
    unknown = int(np.flatnonzero(names == "")[0]) if "" in names else -1
    code = np.where(country == unknown, -1, country - (country > unknown) * (unknown >= 0))
    tier = rows.artist_tiers.astype(np.float32)
    popularity = np.where(tier > 0, (TIERS + 1 - tier) / TIERS, np.nan)
    at = np.searchsorted(rows.artist_ids, rows.tag_artists)
    tags = csr((rows.tag_weights, (at, rows.tag_ids)), (len(rows.artist_ids), len(rows.tag_names)))
    similar = _similar(rows)
    if similar is not None:
        tags = borrowed_tags(tags, similar)
        popularity = borrowed_popularity(popularity.astype(np.float32), similar)
    return Catalogue.build(
        rows.item_keys,
        rows.artist_ids,
        np.searchsorted(rows.artist_ids, rows.item_artists).astype(np.int32),
        tags=tags,
        tag_names=rows.tag_names,
        year=rows.item_years,
        country=code.astype(np.int32),
        country_names=tuple(str(n) for n in names if n),
        popularity=popularity.astype(np.float32),
        features=_sound(rows.item_sound),
        similar=similar,
        origin=_origin(rows),
    )


def _sound(measured: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return the sound of the items as numbers that lie close where songs sound alike, or None.

    Twice the tempo is the same beat, so tempo becomes a place on the circle of octaves.
    """
    octave = 2 * np.pi * np.log2(np.where(measured[:, -1] > 0, measured[:, -1], np.nan))
    columns = np.column_stack([measured[:, :-1], np.cos(octave), np.sin(octave)])
    known = ~np.isnan(columns).all(axis=0)
    return columns[:, known].astype(np.float32) if known.any() else None


def _similar(rows: TrainingRows) -> Csr | None:
    if not len(rows.similar_of):
        return None
    of, to = (np.searchsorted(rows.artist_ids, ids) for ids in (rows.similar_of, rows.similar_to))
    return merged(of, to, rows.similar_sources, rows.similar_places, len(rows.artist_ids))


def _origin(rows: TrainingRows) -> NDArray[np.int32] | None:
    """Return who alone names an artist, by number; -1 where two do, or the artist is known here."""
    if not len(rows.found_artists):
        return None
    services = [Origin(name).service for name in rows.source_names]
    numbers = {service: n for n, service in enumerate(OpenSource)}
    service = np.array([numbers[one] for one in services], np.int64)[rows.similar_sources]
    to = np.searchsorted(rows.artist_ids, rows.similar_to)
    least = np.full(len(rows.artist_ids), len(numbers), np.int64)
    most = np.full(len(rows.artist_ids), -1, np.int64)
    np.minimum.at(least, to, service)
    np.maximum.at(most, to, service)
    heard = rows.item_artists[np.isin(rows.item_keys, rows.id[rows.level == 0])]
    here = np.isin(rows.artist_ids, np.concatenate([heard, rows.id[rows.level == 1]]))
    found = np.isin(rows.artist_ids, rows.found_artists) & ~here
    return np.where(found & (least == most), most, -1).astype(np.int32)


def _interactions(rows: TrainingRows, keep: NDArray[np.bool_]) -> Interactions:
    return Interactions.of(rows.users[keep], _evidence(rows, keep), n_users=rows.n_users)


def _evidence(rows: TrainingRows, keep: NDArray[np.bool_]) -> Evidence:
    return Evidence.of(
        rows.id[keep],
        level=rows.level[keep],
        kind=rows.kind[keep],
        value=rows.value[keep],
        age_days=rows.age_days[keep],
    )


def _loaded(folder: Path) -> HybridRecommender | None:
    try:
        return load(folder)
    except (RecsysError, OSError):
        return None


def _held_back(rows: TrainingRows, old: HybridRecommender) -> NDArray[np.bool_]:
    """Mark the newest likes among those that the serving model has not seen."""
    seen = int(old.info.get("cut_gestures", 0))
    fresh = np.flatnonzero((rows.kind == Kind.LIKE) & (rows.recorded > seen))
    n = int(HELD_BACK * len(fresh))
    newest = fresh[np.argsort(-rows.recorded[fresh], kind="stable")[:n]]
    held = np.zeros(len(rows.id), np.bool_)
    if n >= LEAST_CASES and len(np.unique(rows.users[newest])) >= LEAST_LISTENERS:
        held[newest] = True
    return held


def _cases(rows: TrainingRows, held: NDArray[np.bool_]) -> list[Case]:
    cases = []
    for user in np.unique(rows.users[held]):
        mine = rows.users == user
        cases.append(Case(_evidence(rows, mine & ~held), _evidence(rows, mine & held)))
    return cases


def _in_words(found: Comparison) -> str:
    return (
        f"NDCG@10 {found.delta:+.4f} (standard error {found.standard_error:.4f}) "
        f"on {found.n_cases} listeners"
    )


def _write(model: HybridRecommender, models: Path, cut: dict[str, int]) -> Path:
    """Write the snapshot beside its final place and rename it: it is there whole or not at all."""
    models.mkdir(mode=0o700, parents=True, exist_ok=True)
    marked = _marked(model, cut)
    final = models / model.version
    temporary = models / f".new-{model.version}"
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.rmtree(final, ignore_errors=True)
    save(marked, temporary)
    temporary.rename(final)
    handle = os.open(models, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return final


def _marked(model: HybridRecommender, cut: dict[str, int]) -> HybridRecommender:
    """Return the model with the newest gesture it has seen, by which the next refit is compared."""
    return dataclasses.replace(model, info={**model.info, "cut_gestures": cut.get(GESTURES, 0)})


def _prune(models: Path, *, keep: set[str]) -> None:
    """Delete all but the newest snapshots, and what a killed refit left."""
    folders = sorted((p for p in models.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime)
    for folder in folders[:-KEPT_MODELS]:
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)
