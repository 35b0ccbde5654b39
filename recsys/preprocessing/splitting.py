"""Train, valid and test by time: nothing of a listener from later is known earlier.

With one cut for all (``global_cut``) that holds of everybody; after ``leave_last`` others may have played
later what they play in train.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from recsys.errors import DataError
from recsys.preprocessing.events import counted
from recsys.preprocessing.report import Step
from recsys.types import Bools, Ints

TEST, VALID, LEAST = 0.2, 0.1, 5


@dataclass(frozen=True, eq=False)
class Split:
    """Three tables of pairs as ``counted`` makes them; no pair is in two of them.

    Parameters
    ----------
    train, valid, test : DataFrame
    steps : tuple of Step
        Plays that are in none of them, and why.
    """

    train: "pd.DataFrame"
    valid: "pd.DataFrame"
    test: "pd.DataFrame"
    steps: tuple[Step, ...] = ()


def leave_last(
    events: "pd.DataFrame",
    *,
    test: float = TEST,
    valid: float = VALID,
    least: int = LEAST,
    **counting: Any,
) -> Split:
    """Hold out what each listener heard first most lately.

    Of a listener with n >= ``least`` items the ``max(1, round(test n))`` whose first play is latest
    are test, the ``max(1, round(valid n))`` before them valid. A play of a training item after the
    listener's first held-out play, or at the same time, does not count: it could not have been known.

    Parameters
    ----------
    events : DataFrame
    **counting
        Keywords of ``counted``.
    """
    _check_shares(test, valid)
    pairs = counted(events).sort_values(["user", "first_at", "item"], kind="stable")
    n = pairs.groupby("user")["item"].transform("size").to_numpy(np.int64)
    from_last = pairs.groupby("user").cumcount(ascending=False).to_numpy(np.int64)
    n_test = np.where(n >= least, np.maximum(1, np.round(test * n)), 0).astype(np.int64)
    n_valid = np.where(n >= least, np.maximum(1, np.round(valid * n)), 0).astype(np.int64)
    part = np.select([from_last < n_test, from_last < n_test + n_valid], [2, 1], 0)
    first = pairs["first_at"].to_numpy(np.int64)
    starts = [_earliest(pairs["user"], first, part >= k) for k in (1, 2)]
    place = pd.MultiIndex.from_frame(pairs[["user", "item"]])
    part_of = pd.Series(part, index=place).reindex(
        pd.MultiIndex.from_frame(events[["user", "item"]])
    )
    return _cut(events, part_of.to_numpy(np.int64), starts, counting)


def global_cut(
    events: "pd.DataFrame", *, test: float = TEST, valid: float = VALID, **counting: Any
) -> Split:
    """Cut everybody's log at two instants; what a listener heard before is never to be found again.

    The last ``test`` share of all plays is the time of test, the ``valid`` share before it that of
    valid. A pair belongs where its first play falls. Listeners without a training play are left
    out: nothing could be known of them.
    """
    _check_shares(test, valid)
    if not len(events):
        none = counted(events)
        return Split(none, none, none)
    at = np.sort(events["at"].to_numpy(np.int64))
    cuts = [
        at[min(int(np.ceil((1 - share) * len(at))), len(at) - 1)] for share in (test + valid, test)
    ]
    first = events.groupby(["user", "item"])["at"].transform("min").to_numpy(np.int64)
    part = (first >= cuts[0]).astype(np.int64) + (first >= cuts[1])
    heard = events["user"].isin(events.loc[part == 0, "user"]).to_numpy(np.bool_)
    log = events[heard]
    starts = [pd.Series(cut, index=log["user"].unique()) for cut in cuts]
    late = Step("latecomers", len(events), len(events) - len(log), 0, "no play before the cut")
    split = _cut(log, part[heard], starts, counting)
    return replace(split, steps=(late, *split.steps))


def _cut(
    events: "pd.DataFrame", part: Ints, starts: "list[pd.Series[Any]]", counting: dict[str, Any]
) -> Split:
    """Add up each part by what was played before the next part begins (for the same listener)."""
    at = events["at"].to_numpy(np.float64)
    tables = []
    n_counted = 0
    for k in range(3):
        mine: Bools = part == k
        if k < 2:
            ends = events["user"].map(starts[k]).to_numpy(np.float64)
            mine = mine & ~(at >= ends)  # NaN: nothing of that listener is held out
        now = float(at[mine].max()) if mine.any() else 0.0
        n_counted += int(mine.sum())
        tables.append(counted(events[mine], **{"now": now, **counting}))
    why = "of train or valid, but not before the listener's next part begins"
    again = Step("later plays", len(events), len(events) - n_counted, 0, why)
    train, valid, test = tables
    return Split(train, valid, test, (again,))


def _earliest(users: "pd.Series[Any]", first: Ints, held: Bools) -> "pd.Series[Any]":
    return pd.Series(first[held]).groupby(users.to_numpy()[held]).min()


def _check_shares(test: float, valid: float) -> None:
    if not (0 < test < 1 and 0 < valid < 1 and test + valid < 1):
        raise DataError("the shares of test and valid must be above 0 and leave something to train")
