"""The gate of every training: rows that no listener can have made do not teach the shared model."""

import numpy as np

from recsys.evidence import Evidence, Interactions, Kind
from recsys.preprocessing.report import Report, Step
from recsys.types import Bools, Doubles, Floats, Ints

NO_PEOPLE = "listeners that are no people"
"""Name of the step that leaves out whole listeners."""
PLAYS_PER_DAY = 1_440.0
"""Most that a person plays, on the mean of the days with plays: one a minute, around the clock."""
PLAYS_OF_ONE = 250_000.0
"""Most plays of one thing: three minutes each, that is a year and a half without a pause."""
CATALOGUE_SHARE, LEAST_ITEMS, BEYOND_OTHERS = 0.5, 1_000, 5.0
"""Nobody has a larger share of all items, where there are so many items or more and others to compare
with, unless it is no more than so many times the 99th percentile of the listeners."""


def clean(
    rows: Interactions,
    *,
    n_items: int,
    plays_per_day: Doubles | None = None,
) -> tuple[Interactions, Report]:
    """Merge repeated rows, leave out listeners that are no people, cap counts.

    Codes of listeners stay as they are. Only the training passes here: whoever is left out is still
    served, from their own evidence.

    Parameters
    ----------
    rows : Interactions
    n_items : int
        Size of the catalogue.
    plays_per_day : ndarray of shape (n_users,), float64, optional
        Of each listener, over the days on which they played something; NaN or 0 where no play has a
        date.

    Returns
    -------
    rows, report
        Clean rows come back as they are, bit for bit and in their order.
    """
    merged, repeats = _merged(rows)
    kept, bots = _without_bots(merged, n_items, plays_per_day)
    capped, cap = _capped(kept)
    return capped, Report((repeats, bots, cap))


def _merged(rows: Interactions) -> tuple[Interactions, Step]:
    keys = rows.user, rows.id, rows.level, rows.kind, rows.age_days
    order = np.lexsort(keys[::-1])
    same = np.zeros(len(rows), np.bool_)
    same[1:] = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys])
    n = int(same.sum())
    why = "the same listener, thing, kind and time: plays are added up, a verdict counts once"
    if not n:
        return rows, Step("repeated rows", len(rows), 0, 0, why)
    group = np.empty(len(rows), np.int64)
    group[order] = np.cumsum(~same) - 1
    first = np.full(int(group.max()) + 1, len(rows), np.int64)
    np.minimum.at(first, group, np.arange(len(rows)))
    total = np.bincount(group, rows.value.astype(np.float64))
    summed = np.isin(rows.kind[first], (Kind.PLAY, Kind.SKIP))
    value = np.where(summed, total, rows.value[first]).astype(np.float32)
    keep = np.sort(first)
    by_row = np.zeros(len(rows), np.float32)
    by_row[first] = value
    grown = int((by_row[keep] != rows.value[keep]).sum())
    found = _with_values(rows.where(_mask(keep, len(rows))), by_row[keep])
    return found, Step("repeated rows", len(rows), n, grown, why)


def _without_bots(
    rows: Interactions, n_items: int, plays_per_day: Doubles | None
) -> tuple[Interactions, Step]:
    bots = _too_wide(rows, n_items)
    if plays_per_day is not None:
        bots = bots | (np.nan_to_num(plays_per_day) > PLAYS_PER_DAY)
    keep = ~bots[rows.user]
    step = Step(
        NO_PEOPLE,
        len(rows),
        int((~keep).sum()),
        0,
        f"{int(bots.sum())} with over {PLAYS_PER_DAY:g} plays per day, or with over "
        f"{CATALOGUE_SHARE:.0%} of {LEAST_ITEMS} items or more",
    )
    return (rows if keep.all() else rows.where(keep)), step


def _too_wide(rows: Interactions, n_items: int) -> Bools:
    nobody = np.zeros(rows.n_users, np.bool_)
    if n_items < LEAST_ITEMS or rows.n_users < 2:
        return nobody
    own = rows.kind != Kind.NEARBY
    pairs = np.unique(np.stack([rows.user[own], rows.level[own], rows.id[own]]), axis=1)
    has: Ints = np.bincount(pairs[0], minlength=rows.n_users).astype(np.int64)
    wide = has > CATALOGUE_SHARE * n_items
    if not wide.any():
        return nobody
    others = has[~wide & (has > 0)]
    usual = float(np.percentile(others, 99)) if len(others) else float("inf")
    found: Bools = wide & (has > BEYOND_OTHERS * usual)
    return found


def _capped(rows: Interactions) -> tuple[Interactions, Step]:
    over = (rows.kind == Kind.PLAY) & (rows.value > PLAYS_OF_ONE)
    why = f"more than {PLAYS_OF_ONE:g} plays of one thing count as that many"
    step = Step("counts beyond reason", len(rows), 0, int(over.sum()), why)
    if not over.any():
        return rows, step
    value = np.where(over, np.float32(PLAYS_OF_ONE), rows.value)
    return _with_values(rows, value.astype(np.float32)), step


def _with_values(rows: Interactions, value: Floats) -> Interactions:
    evidence = Evidence(rows.level, rows.id, rows.kind, value, rows.age_days)
    return Interactions.of(rows.user, evidence, n_users=rows.n_users)


def _mask(places: Ints, n: int) -> Bools:
    mask = np.zeros(n, np.bool_)
    mask[places] = True
    return mask
