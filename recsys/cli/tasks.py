"""Protocols that rank a catalogue once: what may be known, and what should be found."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.catalogue import Catalogue
from recsys.cli.column_order import tell_apart
from recsys.cli.friends import read_friends, with_friends
from recsys.cli.ids import codes, sorted_ids
from recsys.cli.leaks import stands_in, tell_leaks, tell_learned, tell_nameless, tell_strangers
from recsys.cli.side_information import SideFiles, read_catalogue
from recsys.cli.tables import amounts, columns, find, maybe, plays_of
from recsys.errors import DataError
from recsys.evidence import Evidence, Interactions, Kind
from recsys.preprocessing.report import Report
from recsys.preprocessing.rows import NO_PEOPLE, clean
from recsys.types import Bools, Csr

COLD = ("cold_artists", "cold_items")
"""Either table names the cold items."""


@dataclass(frozen=True, eq=False)
class Task:
    """One measurement.

    Ids of any kind are numbered 0.. in sorted order (integers as integers, else as text), so that
    the index of an item, its id in the catalogue and the order of ties are the same; ``item_ids``
    and ``user_ids`` give the names of the files back, to the letter.

    Parameters
    ----------
    catalogue : Catalogue
        Of every item in any file.
    train : Interactions
        What models are fitted on.
    valid : Interactions or None
        Held-out rows of the same listeners to learn weights on, part of the final fit; None holds
        some of ``train`` out for that.
    known : Interactions
        What is known of the judged listeners; never ranked.
    wanted : Interactions
        What should be found.
    heard : Interactions
        The training data as the files hold it, ``valid`` included: before any row is left out or
        added.
    among : ndarray of shape (n_items,), bool, or None
        The only items to rank.
    report : Report
        What the preparation left out of the training.
    friends : csr_array of shape (n_users, n_users), or None
        Who knows whom; what friends play is then part of ``train`` and ``known``.
    """

    catalogue: Catalogue
    train: Interactions
    valid: Interactions | None
    known: Interactions
    wanted: Interactions
    heard: Interactions
    user_ids: Any
    item_ids: Any
    among: Bools | None = None
    report: Report = field(default_factory=Report)
    friends: Csr | None = None


def holdout(folder: Path, side: SideFiles, *, ranked: bool = True) -> Task:
    """Read a random or temporal holdout: the same listeners in ``train``, ``valid`` and ``test``.

    Without a ``valid`` file the training holds some of ``train`` out by itself. Where nothing is to be
    ``ranked`` but foretold, a pair that is known makes it easier.
    """
    frames = {"train": plays_of(find(folder, "train"))}
    if (path := maybe(folder, "valid")) is not None:
        frames["valid"] = plays_of(path)
    frames["test"] = _judged_by(folder)
    users, items, rows = _coded(frames)
    train, valid = rows["train"], rows.get("valid")
    heard = train if valid is None else Interactions.concat(train, valid)
    task = Task(
        catalogue=read_catalogue(items, folder, side),
        train=train,
        valid=valid,
        known=heard,
        wanted=rows["test"],
        heard=heard,
        user_ids=users,
        item_ids=items,
    )
    task = ready(task, side, ranked=ranked)
    tell_apart(rows)
    return task


def ready(task: Task, side: SideFiles, *, ranked: bool = True) -> Task:
    """Prepare the training rows, and add what friends play where a file says who they are.

    Raises
    ------
    DataError
        When nothing is known of any of the judged listeners.
    """
    task = prepared(task)
    if side.friends is not None:
        task = befriended(task, read_friends(side.friends, task.user_ids))
    tell_strangers(task.wanted, task.known)
    if ranked:
        tell_leaks(task.wanted, task.known, task.heard, among=task.among)
    else:
        n_known = int(stands_in(task.wanted, task.known).sum())
        tell_learned("pairs to foretell", n_known, len(task.wanted))
    return task


def prepared(task: Task) -> Task:
    """Let the training rows through the gate; what is known and wanted of the judged stays whole.

    Listeners that are no people are found on ``train`` and ``valid`` together, so that neither keeps
    a half of them.
    """
    n_items = task.catalogue.n_items
    if task.valid is None:
        train, report = clean(task.train, n_items=n_items)
        return replace(task, train=train, report=report)
    whole, both = clean(Interactions.concat(task.train, task.valid), n_items=n_items)
    left = np.bincount(whole.user, minlength=whole.n_users) > 0
    train, report = clean(task.train.where(left[task.train.user]), n_items=n_items)
    valid, more = clean(task.valid.where(left[task.valid.user]), n_items=n_items)
    bots = Report(tuple(step for step in both.steps if step.name == NO_PEOPLE))
    return replace(task, train=train, valid=valid, report=bots + report + more)


def befriended(task: Task, friends: Csr) -> Task:
    """Add to what is known of each listener what their friends play, as far as it may be known."""
    train = with_friends(task.train, friends, task.catalogue)
    if task.known is task.train:
        return replace(task, train=train, known=train, friends=friends)
    everybody = (
        task.known if task.valid is not None else Interactions.concat(task.train, task.known)
    )
    near = with_friends(everybody, friends, task.catalogue)
    theirs = near.where(near.kind == Kind.NEARBY)
    known = Interactions.concat(task.known, theirs)
    return replace(task, train=train, known=known, friends=friends)


def everything(folder: Path, side: SideFiles) -> Task:
    """Read what a model for use is trained on: ``train``, and ``valid`` where there is one.

    Nobody is judged: ``wanted`` is empty, and a ``test`` file is left alone.
    """
    frames = {"train": plays_of(find(folder, "train"))}
    if maybe(folder, "valid") is not None:
        frames["valid"] = plays_of(find(folder, "valid"))
    users, items, rows = _coded(frames)
    train = rows["train"]
    task = Task(
        catalogue=read_catalogue(items, folder, side),
        train=train,
        valid=rows.get("valid"),
        known=train,
        wanted=train.where(np.zeros(len(train), np.bool_)),
        heard=Interactions.concat(*rows.values()),
        user_ids=users,
        item_ids=items,
    )
    task = ready(task, side)
    tell_apart(rows)
    return task


def strong(folder: Path, side: SideFiles) -> Task:
    """Read strong generalisation: the judged listeners take no part in the fit.

    ``train`` holds the plays of the others; ``heldout`` (user, item, count, role, part) names what
    is folded in ("foldin") and what should be found ("target"). The rows of part "valid" are
    training data for the listeners of part "test".
    """
    path = find(folder, "heldout")
    frame = columns(path, ("user", "item", "count", "role", "part"), 5, text=(0, 1, 3, 4))
    count = amounts(path, frame[2], "the third column must hold plays > 0")
    plays = pd.DataFrame({"user": frame[0], "item": frame[1], "plays": count.astype(np.float32)})
    role, part = frame[3], frame[4]
    judged = part == "test"
    frames = {
        "train": plays_of(find(folder, "train")),
        "valid": plays[~judged],
        "known": plays[judged & (role == "foldin")],
        "wanted": plays[judged & (role == "target")],
    }
    if not len(frames["known"]) or not len(frames["wanted"]):
        raise DataError("heldout holds no rows of role foldin and target in part test")
    users, items, rows = _coded(frames)
    heard = Interactions.concat(rows["train"], rows["valid"])
    task = Task(
        catalogue=read_catalogue(items, folder, side),
        train=heard,
        valid=None,
        known=rows["known"],
        wanted=rows["wanted"],
        heard=heard,
        user_ids=users,
        item_ids=items,
    )
    return ready(task, side)


def cold(folder: Path, side: SideFiles) -> Task:
    """Read cold-start items: only those of ``cold_artists`` (or ``cold_items``) are ranked."""
    frames = {"train": plays_of(find(folder, "train")), "test": _judged_by(folder)}
    listed = _cold_items(folder, frames["train"]["item"], frames["test"]["item"])
    users, items, rows = _coded(frames, more_items=listed)
    among = np.zeros(len(items), np.bool_)
    among[codes(items, listed)] = True
    task = Task(
        catalogue=read_catalogue(items, folder, side),
        train=rows["train"],
        valid=None,
        known=rows["train"],
        wanted=rows["test"],
        heard=rows["train"],
        user_ids=users,
        item_ids=items,
        among=among,
    )
    return ready(task, side)


def _cold_items(
    folder: Path, trained: "pd.Series[Any]", wanted: "pd.Series[Any]"
) -> "pd.Series[Any]":
    """Read the names of cold items; those of none in ``test`` would measure nothing but 0."""
    path = find(folder, *COLD)
    found = [maybe(folder, name) for name in COLD]
    lists = [columns(one, ("item",), 1)[0].drop_duplicates() for one in found if one is not None]
    if len({frozenset(one) for one in lists}) > 1:
        raise DataError(
            f"{folder} holds both {' and '.join(COLD)}, and they differ; take away the one that is not "
            "meant"
        )
    listed = lists[0]
    if (codes(sorted_ids(wanted), listed) < 0).all():
        raise DataError(
            f"{path.name}: none of its {len(listed)} names is an item of test, so there is nothing to "
            "find; write ids of items as train and test do"
        )
    unknown = codes(sorted_ids(trained, wanted), listed) < 0
    tell_nameless(path.name, int(unknown.sum()), len(listed))
    return listed


def _judged_by(folder: Path) -> "pd.DataFrame":
    """Read ``test``: what should be found."""
    frame = plays_of(find(folder, "test"))
    if not len(frame):
        raise DataError("test holds no rows: there is nothing to find")
    return frame


def _coded(
    frames: Mapping[str, "pd.DataFrame"], more_items: "pd.Series[Any] | None" = None
) -> tuple[Any, Any, dict[str, Interactions]]:
    listed = [frame["item"] for frame in frames.values()]
    users = sorted_ids(*(frame["user"] for frame in frames.values()))
    items = sorted_ids(*listed, *([] if more_items is None else [more_items]))
    rows = {
        name: Interactions.of(
            codes(users, frame["user"]),
            Evidence.of(codes(items, frame["item"]), value=frame["plays"].to_numpy()),
            n_users=len(users),
        )
        for name, frame in frames.items()
    }
    return users, items, rows
