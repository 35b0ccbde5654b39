"""Small communities: figures for where only a few listeners are known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from recsys.background import Background
from recsys.background_file import read_background, write_background
from recsys.cli.ids import codes
from recsys.cli.measuring import judge, measure
from recsys.cli.tables import columns, find
from recsys.cli.tasks import Task, befriended
from recsys.config import Config
from recsys.errors import DataError
from recsys.evidence import Interactions, Kind
from recsys.hybrid import HybridRecommender
from recsys.pretraining import pretrain
from recsys.sparse import csr
from recsys.training import fit
from recsys.types import Ints

_COLUMNS = ("kind", "n", "draw", "user")


@dataclass(frozen=True)
class CommunityFigures:
    """NDCG@10 and MAP@10 of the draws of one kind and size: mean, and spread over the draws.

    One draw has no spread: it is None.
    """

    kind: str
    n_members: int
    n_draws: int
    ndcg: float
    ndcg_sd: float | None
    map: float


def read_draws(folder: Path, task: Task) -> dict[tuple[str, int], list[Ints]]:
    """Read ``communities`` (kind, n, draw, user) into the codes of the members of each draw."""
    frame = columns(find(folder, "communities"), _COLUMNS, 4, text=(0, 3))
    member = codes(task.user_ids, frame[3])
    if (member < 0).any():
        raise DataError("communities names listeners that are in none of the other files")
    size = pd.to_numeric(frame[1], errors="coerce").to_numpy(np.float64)
    if not (np.isfinite(size) & (np.floor(size) == size)).all():
        raise DataError("the second column of communities must hold whole numbers")
    judged = np.bincount(task.wanted.user, minlength=len(task.user_ids)) > 0
    found: dict[tuple[str, int], list[Ints]] = {}
    for key, rows in frame.groupby([frame[0].astype(str), size, 2]).indices.items():
        members = np.unique(member[rows])
        if not judged[members].any():
            raise DataError(f"communities: nobody of the draw {key} stands in test")
        found.setdefault(_kind_and_size(key), []).append(members)
    return found


def _kind_and_size(key: Any) -> tuple[str, int]:
    return str(key[0]), int(key[1])


def closed(
    task: Task,
    draws: dict[tuple[str, int], list[Ints]],
    name: str,
    *,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> list[CommunityFigures]:
    """Fit one model per draw that knows nobody but the members, and who of them are friends."""
    found = []
    for (kind, n), members_of_draws in draws.items():
        ndcg, average_precision = [], []
        for k, members in enumerate(members_of_draws):
            progress(f"{kind} {n}: draw {k + 1} of {len(members_of_draws)}")
            result = measure(apart(task, members), name, seed=seed)
            ndcg.append(result.figures["ndcg@10"])
            average_precision.append(result.figures["map@10"])
        found.append(_figures(kind, n, ndcg, average_precision))
    return found


def with_background(
    task: Task, draws: dict[tuple[str, int], list[Ints]], model: HybridRecommender
) -> list[CommunityFigures]:
    """Judge the members of each draw by a model that knows everybody else's listening too.

    Where friends are known, those outside the draw count as well.
    """
    found = []
    for (kind, n), members_of_draws in draws.items():
        results = [judge(model, among(task, one), "", 0.0) for one in members_of_draws]
        found.append(
            _figures(
                kind,
                n,
                [r.figures["ndcg@10"] for r in results],
                [r.figures["map@10"] for r in results],
            )
        )
    return found


def pretrained(
    task: Task,
    draws: dict[tuple[str, int], list[Ints]],
    *,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> list[CommunityFigures]:
    """Learn a prior of the non-members of each draw alone, and fit the members on top of it.

    This is how a server uses a prior: it goes through a file, and the members' model never sees a row
    of anybody else.
    """
    found = []
    for (kind, n), members_of_draws in draws.items():
        results = []
        for k, members in enumerate(members_of_draws):
            progress(f"{kind} {n}: draw {k + 1} of {len(members_of_draws)}")
            prior = prior_without(task, members, seed=seed)
            own = apart(task, members)
            aligned = prior.align(task.catalogue, [str(item) for item in task.item_ids])
            config = Config(random_state=seed)
            model = fit(own.train, own.catalogue, config, validation=own.valid, background=aligned)
            results.append(judge(model, own, "", 0.0))
        found.append(
            _figures(
                kind,
                n,
                [r.figures["ndcg@10"] for r in results],
                [r.figures["map@10"] for r in results],
            )
        )
    return found


def prior_without(task: Task, members: Ints, *, seed: int = 0) -> Background:
    """Pretrain on everybody but the members, and read it back from a file."""
    others = np.setdiff1d(np.arange(len(task.user_ids)), members)
    rest = apart(replace(task, friends=None), others)
    prior = pretrain(
        rest.train,
        task.catalogue,
        [str(item) for item in task.item_ids],
        source="the non-members of the draw",
        licence="that of the data set",
        validation=rest.valid,
        config=Config(random_state=seed),
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "prior"
        write_background(prior, path)
        return read_background(path)


def apart(task: Task, members: Ints) -> Task:
    """Return the task of these listeners alone: of friends only those among them are known."""
    train, known = (rows.where(rows.kind != Kind.NEARBY) for rows in (task.train, task.known))
    own = among(replace(task, train=train, known=known), members)
    if task.friends is None:
        return own
    order = np.sort(members)
    return befriended(own, csr(task.friends[order][:, order]))


def among(task: Task, members: Ints) -> Task:
    """Return the task of these listeners; what is known of them and the catalogue stay whole."""
    place = np.full(len(task.user_ids), -1, np.int64)
    place[np.sort(members)] = np.arange(len(members))

    def only(rows: Interactions) -> Interactions:
        kept = rows.where(place[rows.user] >= 0)
        return Interactions.of(place[kept.user], kept.evidence, n_users=len(members))

    return Task(
        catalogue=task.catalogue,
        train=only(task.train),
        valid=None if task.valid is None else only(task.valid),
        known=only(task.known),
        wanted=only(task.wanted),
        heard=only(task.heard),
        user_ids=np.asarray(task.user_ids)[np.sort(members)],
        item_ids=task.item_ids,
        among=task.among,
    )


def mean_of(runs: Sequence[list[CommunityFigures]]) -> list[CommunityFigures]:
    """Average the figures of runs that differ in their random start."""
    return [
        replace(
            same[0],
            ndcg=float(np.mean([one.ndcg for one in same])),
            ndcg_sd=_mean([one.ndcg_sd for one in same]),
            map=float(np.mean([one.map for one in same])),
        )
        for same in zip(*runs, strict=True)
    ]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _figures(
    kind: str, n: int, ndcg: list[float], average_precision: list[float]
) -> CommunityFigures:
    return CommunityFigures(
        kind=kind,
        n_members=n,
        n_draws=len(ndcg),
        ndcg=float(np.mean(ndcg)),
        ndcg_sd=float(np.std(ndcg)) if len(ndcg) > 1 else None,
        map=float(np.mean(average_precision)),
    )
