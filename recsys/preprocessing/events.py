"""A log of single plays: impossible times and days, copies, sessions, and what they add up to.

An event log is a DataFrame with the columns ``user``, ``item`` and ``at`` (seconds since 1970, UTC).
"""

from typing import Literal

import numpy as np
import pandas as pd

from recsys.errors import DataError
from recsys.preprocessing.report import Report, Step

DAY = 86_400
PLAYS_PER_DAY = 1_440
"""One a minute, around the clock."""
GAP_MINUTES = 30.0
"""A longer silence begins a new session (the usual choice; Last.fm's own data sets use it)."""


def cleaned(
    events: "pd.DataFrame",
    *,
    plays_per_day: int = PLAYS_PER_DAY,
    earliest: float = 0.0,
    now: float | None = None,
) -> tuple["pd.DataFrame", Report]:
    """Leave out impossible times, copies, listeners that are no people, and such days of others.

    A play before ``earliest`` or more than a day after ``now`` (clocks and time zones differ) was
    dated by a wrong clock; a copy is the same listener, item and second. A day with more than
    ``plays_per_day`` plays is implausible; a listener most of whose days are is a script, and is
    left out whole.

    Parameters
    ----------
    earliest : float
        Seconds since 1970.
    now : float, optional
        Seconds since 1970; without it no play is too late.
    """
    told = checked(events)
    latest = np.inf if now is None else now + DAY
    log = told[told["at"].between(earliest, latest)]
    clocks = Step(
        "impossible times",
        len(told),
        len(told) - len(log),
        0,
        f"before {_date(earliest)}" + ("" if now is None else f" or after {_date(latest)}"),
    )
    single = log.drop_duplicates(["user", "item", "at"])
    copies = Step(
        "copies", len(log), len(log) - len(single), 0, "the same listener, item and second"
    )
    day = single["at"] // DAY
    plays = single.groupby([single["user"], day])["at"].transform("size")
    busy = (plays > plays_per_day).to_numpy()
    days = pd.DataFrame({"user": single["user"], "day": day, "busy": busy}).drop_duplicates()
    share = days.groupby("user")["busy"].mean()
    is_bot = single["user"].map(share > 0.5).to_numpy(np.bool_)
    bots = Step(
        "listeners that are no people",
        len(single),
        int(is_bot.sum()),
        0,
        f"{int((share > 0.5).sum())} with over {plays_per_day} plays on most of their days",
    )
    burst = busy & ~is_bot
    bursts = Step(
        "days beyond reason",
        len(single) - bots.dropped,
        int(burst.sum()),
        0,
        f"more than {plays_per_day} plays of one listener on one day",
    )
    kept = single[~is_bot & ~burst].reset_index(drop=True)
    return kept, Report((clocks, copies, bots, bursts))


def checked(events: "pd.DataFrame") -> "pd.DataFrame":
    """Refuse logs without the three columns or with unusable times."""
    missing = {"user", "item", "at"} - set(events.columns)
    if missing:
        raise DataError(f"the log has no column {', '.join(sorted(missing))}")
    at = pd.to_numeric(events["at"], errors="coerce")
    if not np.isfinite(at.to_numpy(np.float64)).all():
        raise DataError("every play needs a time")
    return events[["user", "item"]].assign(at=at.astype(np.int64))


def _date(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))


def sessions(events: "pd.DataFrame", *, gap_minutes: float = GAP_MINUTES) -> "pd.Series[int]":
    """Say which session each play belongs to: numbers from 0, in the order of listeners and time.

    A play begins a session when it is its listener's first or comes more than ``gap_minutes`` after
    the one before.
    """
    ordered = events.sort_values(["user", "at"], kind="stable")
    new = ordered["user"].ne(ordered["user"].shift()) | (ordered["at"].diff() > 60 * gap_minutes)
    number = pd.Series(new.cumsum().to_numpy(np.int64) - 1, index=ordered.index, name="session")
    return number.reindex(events.index)


def counted(
    events: "pd.DataFrame",
    *,
    unit: Literal["plays", "sessions"] = "plays",
    gap_minutes: float = GAP_MINUTES,
    most: float | None = None,
    half_life_days: float | None = None,
    now: float | None = None,
) -> "pd.DataFrame":
    """Add up the plays of each pair: columns ``user``, ``item``, ``plays``, ``first_at``, ``last_at``.

    Parameters
    ----------
    unit : "plays" or "sessions"
        Whether a track on repeat counts each time or once per session.
    most : float, optional
        Cap of the sum.
    half_life_days : float, optional
        A play that old counts half; without it age does not matter.
    now : float, optional
        Seconds since 1970 that ages are counted from; the newest play where not given.
    """
    log = events
    if unit == "sessions":
        log = events.assign(session=sessions(events, gap_minutes=gap_minutes))
        log = log.sort_values("at", kind="stable")
        log = log.drop_duplicates(["user", "item", "session"], keep="first")
    weight = np.ones(len(log))
    if half_life_days is not None:
        if half_life_days <= 0:
            raise DataError("the half-life must be > 0 days")
        newest = float(events["at"].max()) if now is None and len(events) else float(now or 0)
        age = np.maximum(newest - log["at"].to_numpy(np.float64), 0) / DAY
        weight = np.exp2(-age / half_life_days)
    pairs = log.assign(weight=weight).groupby(["user", "item"], sort=True)
    table = pairs["weight"].sum().rename("plays").reset_index()
    spans = events.groupby(["user", "item"], sort=True)["at"].agg(["min", "max"])
    table["first_at"], table["last_at"] = spans["min"].to_numpy(), spans["max"].to_numpy()
    if most is not None:
        table["plays"] = table["plays"].clip(upper=most)
    return table
