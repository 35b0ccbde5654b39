"""The figures of `python -m recsys report`: what each section of the page is drawn from."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from recsys.building import LEAST_USERS_FOR_FACTORS
from recsys.calibration import Calibration, calibration
from recsys.cli import communities, tasks
from recsys.cli.feedback import feedback, read_feedback
from recsys.cli.measuring import (
    HYBRID,
    fitted,
    interval,
    judge,
    lead,
    measure,
    pairs_of,
    variety,
)
from recsys.cli.plays import measure_plays
from recsys.cli.side_information import SideFiles
from recsys.cli.tables import maybe
from recsys.cli.tasks import Task
from recsys.cli.tuned_settings import tried
from recsys.evidence import Kind, Level
from recsys.hybrid import HybridRecommender
from recsys.metrics import hits, means, per_user
from recsys.recommendation import Options
from recsys.types import Ints

Progress = Callable[[str], None]
SIZES = (5, 10, 20, 50, 100, 200, 500)
LEAST_MEMBERS = dict.fromkeys(("latent", "lifted"), LEAST_USERS_FOR_FACTORS)
"""Members below which a model is not built."""
PRICES: dict[str, dict[str, Any]] = {
    "by score alone": {},
    "one per artist": {"artist_cap": 1},
    "diversity 0.5": {"diversity": 0.5},
    "diversity 2": {"diversity": 2.0},
    "adventure 0.3": {"adventure": 0.3},
    "adventure 0.7": {"adventure": 0.7},
    "explore 10 %": {"explore": 0.1},
    "as the bot does": {"artist_cap": 1, "diversity": 0.5, "adventure": 0.3},
}
"""Re-rankings whose price is measured, each against the list by score alone."""


def protocols(folder: Path) -> list[str]:
    """Say which protocols the files of a folder allow."""

    def has(*names: str) -> bool:
        return all(maybe(folder, name) is not None for name in names)

    cold = has("cold_artists") or has("cold_items")
    found = []
    if has("train", "test") and (has("valid") or not cold):
        found.append("holdout")
    if has("train", "heldout"):
        found.append("strong")
    if has("train", "test") and cold:
        found.append("cold")
    if has("train", "members"):
        found.append("feedback")
    return found


def quality(
    task: Task, names: Sequence[str], model: HybridRecommender, seconds: float, told: Progress
) -> list[dict[str, Any]]:
    """Measure single models beside the hybrid, with intervals over listeners.

    ``lead`` is the paired difference of the hybrid to each, with its 95 % interval.
    """
    hybrid = judge(model, task, HYBRID, seconds)
    rows = []
    for name in (*names, HYBRID):
        told(name)
        found = hybrid if name == HYBRID else measure(task, name)
        rows.append(
            {
                "model": name,
                **found.figures,
                "interval": interval(found),
                "lead": lead(hybrid, found),
                "fit_seconds": found.fit_seconds,
                "settings": tried(found.info),
            }
        )
    return rows


def learning_curve(
    task: Task, names: Sequence[str], *, draws: int, told: Progress, seed: int = 0
) -> list[dict[str, Any]]:
    """Fit models that know only n members, for growing n; communities are drawn at random."""
    able = np.flatnonzero(np.bincount(task.wanted.user, minlength=task.wanted.n_users) > 0)
    rng = np.random.default_rng(seed)
    sizes = [n for n in SIZES if n <= len(able) // 2]
    if len(able):
        sizes.append(len(able))
    rows = []
    for n in sizes:
        drawn: list[Ints] = [
            np.sort(rng.choice(able, n, replace=False))
            for _ in range(1 if n == len(able) else draws)
        ]
        for name in names:
            if n < LEAST_MEMBERS.get(name, 1):
                continue
            told(f"{name}, {n} members")
            (found,) = communities.closed(task, {("random", n): drawn}, name, seed=seed)
            figures = {"ndcg": found.ndcg, "sd": found.ndcg_sd, "draws": len(drawn)}
            rows.append({"model": name, "members": n, **figures})
    return rows


def small(
    folder: Path, task: Task, model: HybridRecommender, *, draws: int, told: Progress
) -> list[dict[str, Any]]:
    """Judge the hybrid in the first draws of each kind and size; none where no file names any."""
    if maybe(folder, "communities") is None:
        return []
    every = communities.read_draws(folder, task)
    some = {key: drawn[:draws] for key, drawn in every.items()}
    closed = communities.closed(task, some, HYBRID, progress=told)
    wide = communities.with_background(task, some, model)
    return [
        {
            "kind": own.kind,
            "members": own.n_members,
            "draws": own.n_draws,
            "of": len(drawn),
            "closed": own.ndcg,
            "closed, sd": own.ndcg_sd,
            "with background": other.ndcg,
            "with background, sd": other.ndcg_sd,
        }
        for drawn, own, other in zip(every.values(), closed, wide, strict=True)
    ]


def play_counts(task: Task) -> list[dict[str, Any]]:
    """Predict counts of held-out pairs; nothing where there is no valid, or one count alone."""
    told = None if task.valid is None else np.unique(task.valid.value)
    if told is None or len(told) < 2 or len(np.unique(task.train.value)) < 2:
        return []
    return [vars(row) for row in measure_plays(task)]


def calibrated(task: Task, model: HybridRecommender, *, most: int) -> Calibration:
    """Compare the probability of a like with what was held out, over all that was not known."""
    listeners = _listeners(task, most)
    known, wanted = (pairs_of(rows, task.catalogue.n_items) for rows in (task.known, task.wanted))
    said, came = [], []
    for user in listeners.tolist():
        scores = model.score(model.fold_in(task.known.of_user(user)))
        open_ = np.ones(task.catalogue.n_items, np.bool_)
        open_[known[[user]].indices] = False
        if task.among is not None:
            open_ &= task.among
        liked = np.zeros(task.catalogue.n_items, np.bool_)
        liked[wanted[[user]].indices] = True
        said.append(scores.probability[open_].astype(np.float64))
        came.append(liked[open_])
    return calibration(np.concatenate(said), np.concatenate(came))


def prices(
    task: Task, model: HybridRecommender, *, most: int, told: Progress
) -> list[dict[str, Any]]:
    """Measure what each re-ranking changes in NDCG@10 and what it buys."""
    catalogue = task.catalogue
    listeners = _listeners(task, most)
    profiles = [model.fold_in(task.known.of_user(user)) for user in listeners.tolist()]
    wanted = pairs_of(task.wanted, catalogue.n_items)[listeners]
    among = None if task.among is None else catalogue.items.ids[task.among]
    rows: list[dict[str, Any]] = []
    for name, changed in PRICES.items():
        if name == "one per artist" and catalogue.is_flat:
            continue
        told(name)
        plain: dict[str, Any] = {
            "adventure": 0.0,
            "diversity": 0.0,
            "artist_cap": 10,
            "among": among,
        }
        lists = np.full((len(listeners), 10), -1, np.int64)
        for k, profile in enumerate(profiles):
            options = Options(**{**plain, **changed, "seed": k})
            picks = model.recommend(profile, n=10, options=options)
            ids = np.array([pick.item_id for pick in picks], np.int64)
            lists[k, : len(ids)] = catalogue.items.index_of(ids)
        accuracy = means(per_user(hits(lists, wanted), np.diff(wanted.indptr)))
        rows.append({"re-ranking": name, **accuracy, **variety(task, lists)})
    for row in rows:
        row["ndcg@10, change"] = row["ndcg@10"] - rows[0]["ndcg@10"]
    return rows


def ablation(task: Task, model: HybridRecommender) -> list[dict[str, Any]]:
    """Take one part away after another; the weights of the others stay as they were learned."""
    whole = judge(model, task, HYBRID, 0.0)
    rows = []
    for part in model.parts:
        rest = replace(model, parts=tuple(one for one in model.parts if one is not part))
        without = judge(rest, task, HYBRID, 0.0)
        gap = whole.ndcg - without.ndcg
        error = float(gap.std(ddof=1) / np.sqrt(len(gap))) if len(gap) > 1 else 0.0
        mean = float(gap.mean())
        rows.append(
            {
                "part": part.name,
                "level": Level(part.level).name.lower(),
                "ndcg@10": without.figures["ndcg@10"],
                "adds": mean,
                "interval": (mean - 1.96 * error, mean + 1.96 * error),
            }
        )
    return sorted(rows, key=lambda row: -row["adds"])


def rounds(folder: Path, side: SideFiles) -> dict[str, Any]:
    """Play the ten rounds of the feedback protocol."""
    found = feedback(read_feedback(folder, side))
    updated, never = found.updated.hits, found.never.hits
    return {
        "members": len(updated),
        "updated": updated.mean(axis=0).cumsum().tolist(),
        "never": never.mean(axis=0).cumsum().tolist(),
        "gain": float(updated.sum() / max(int(never.sum()), 1) - 1),
    }


READERS = {"holdout": tasks.holdout, "strong": tasks.strong, "cold": tasks.cold}


def hybrid_of(task: Task) -> HybridRecommender:
    """Fit the default hybrid."""
    return fitted(task, HYBRID, 0)


def whose(task: Task, *, most: int) -> str:
    """Say of whom calibration and re-ranking are."""
    n_all = len(_listeners(task, most=task.wanted.n_users))
    n = min(n_all, most)
    return f"Of all {n} listeners." if n == n_all else f"Of {n} of {n_all} listeners, drawn by lot."


def _listeners(task: Task, most: int) -> Ints:
    own = task.wanted.kind != Kind.NEARBY
    count = np.bincount(task.wanted.user[own], minlength=task.wanted.n_users)
    able = np.flatnonzero(count > 0)
    if len(able) <= most:
        return able
    return np.sort(np.random.default_rng(0).choice(able, most, replace=False))
