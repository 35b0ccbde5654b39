"""`python -m recsys prepare`: a log of single plays to train, valid and test files, split by time."""

import argparse
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from recsys.cli.column_order import tell_swapped
from recsys.cli.ids import as_integers
from recsys.cli.printing import count
from recsys.cli.tables import columns, line_of
from recsys.errors import DataError
from recsys.preprocessing import events, splitting
from recsys.preprocessing.report import Report, Step

SPLITS = {"last": splitting.leave_last, "cut": splitting.global_cut}

_DECIMALS = 6
_LEAST_PLAYS = 10.0**-_DECIMALS
_NOTHING_TO_JUDGE = {
    "last": "warning: nothing is left to judge by: test holds only rows of listeners with "
    f"{splitting.LEAST} items or more; `fit` takes the folder as it is, `evaluate` needs a longer log",
    "cut": "warning: nothing is left to judge by: no listener of train came to anything new in the "
    "last part of the time; `fit` takes the folder as it is, for `evaluate` try --split last",
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LEAST_YEAR = 1990
_LEAST_TIME = (_LEAST_YEAR - 1970) * 365.25 * 86_400


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("prepare", help="clean a log of plays and split it by time")
    one.add_argument(
        "events",
        type=Path,
        metavar="EVENTS",
        help="user, item, time (seconds or ISO 8601) .csv[.gz]",
    )
    one.add_argument(
        "folder", type=Path, metavar="DIR", help="a new folder for train, valid and test .csv.gz"
    )
    one.add_argument(
        "--columns",
        metavar="NAMES",
        help="names of the user, item and time columns, where they are not the first three",
    )
    one.add_argument(
        "--split",
        choices=sorted(SPLITS),
        default="last",
        help="last: what each listener heard first most lately is test; cut: one instant for all "
        "(default: %(default)s)",
    )
    one.add_argument(
        "--unit",
        choices=("plays", "sessions"),
        default="plays",
        help="what a count counts (default: %(default)s)",
    )
    one.add_argument(
        "--gap",
        type=float,
        default=events.GAP_MINUTES,
        metavar="MINUTES",
        help="silence that ends a session (default: %(default)s)",
    )
    one.add_argument("--most", type=float, metavar="N", help="cap of a count")
    one.add_argument("--half-life", type=float, metavar="DAYS", help="a play that old counts half")
    one.add_argument(
        "--per-day",
        type=int,
        default=events.PLAYS_PER_DAY,
        metavar="N",
        help="plays of one listener on one day that are still believed (default: %(default)s)",
    )
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the files and say what was left out."""
    if options.folder.exists() and (not options.folder.is_dir() or any(options.folder.iterdir())):
        raise DataError(f"{options.folder} is not empty; name a new folder")
    for name in ("gap", "most", "half_life", "per_day"):
        value = getattr(options, name)
        if value is not None and not value > 0:
            raise DataError(f"--{name.replace('_', '-')} must be > 0")
    now = time.time()
    read, gaps = read_events(options.events, options.columns, now=now)
    log, report = events.cleaned(
        read,
        plays_per_day=options.per_day,
        earliest=_LEAST_TIME,
        now=now,
    )
    report = Report(gaps) + report
    if not len(log):
        raise DataError(
            f"{options.events.name}: no play is left ({report.in_words() or 'no rows'})"
        )
    split = SPLITS[options.split](
        log,
        unit=options.unit,
        gap_minutes=options.gap,
        most=options.most,
        half_life_days=options.half_life,
    )
    report += Report(split.steps)
    if not len(split.train):
        raise DataError(
            f"{options.events.name}: nothing is left to train on; the times must tell which play of a "
            "listener came first"
        )
    options.folder.mkdir(parents=True, exist_ok=True)
    sizes = {}
    n_faded = 0
    for name in ("train", "valid", "test"):
        table = getattr(split, name)
        path = options.folder / f"{name}.csv.gz"
        plays = table["plays"].round(_DECIMALS) if options.half_life else table["plays"]
        n_faded += int((plays < _LEAST_PLAYS).sum())
        plays = plays.clip(lower=_LEAST_PLAYS)  # a pair is known, however old: it must not get lost
        table[["user", "item"]].assign(plays=plays).to_csv(path, index=False)
        sizes[name] = {"pairs": len(table), "listeners": int(table["user"].nunique())}
    if options.half_life:
        n_pairs = sum(size["pairs"] for size in sizes.values())
        why = f"pairs so old that less than {_LEAST_PLAYS:f} plays are left are written as that"
        report += Report((Step("faded pairs", n_pairs, 0, n_faded, why),))
    facts = {
        "plays": len(log),
        "sessions": int(events.sessions(log, gap_minutes=options.gap).nunique()),
        "steps": report.as_list(),
        **sizes,
    }
    print(json.dumps(facts, indent=1)) if options.json else _show(report, facts)
    if not len(split.test):
        print(_NOTHING_TO_JUDGE[options.split], file=sys.stderr)
    return 0


def read_events(
    path: Path, names: str | None, *, now: float
) -> tuple["pd.DataFrame", tuple[Step, ...]]:
    """Read a log; times are seconds since 1970 or ISO 8601 (UTC where no zone is given).

    Rows with an empty cell or an unreadable time are left out, and counted.

    Raises
    ------
    DataError
        When it has no header or other columns, most times can't be read, or there is not one play
        between 1990 and ``now``.
    """
    ids = (0, 1) if names is None else names.split(",")[:2]
    frame = columns(
        path, ("user", "item", "time"), None, blanks=0, unknown=(), header=True, text=ids
    )
    wanted = [str(name) for name in frame.columns[:3]] if names is None else names.split(",")
    if len(wanted) != 3:
        raise DataError("--columns names three columns: user, item and time, as in who,what,when")
    if missing := [name for name in wanted if name not in frame.columns]:
        raise DataError(
            f"{path.name} has no column {', '.join(missing)}; it has the columns "
            f"{', '.join(map(str, frame.columns))}"
        )
    log = frame[wanted].set_axis(["user", "item", "at"], axis=1)
    if names is None and _is_time(wanted[2]):
        raise DataError(
            f"{path.name} has no header; its first line must name the columns (if {wanted[2]} is a "
            "name, say --columns)"
        )
    if names is None:
        tell_swapped(path.name, wanted, "time (or name them by --columns)")
    for name in ("user", "item"):
        blank = [word for word in log[name].unique() if str(word).isspace()]
        log[name] = log[name].mask(log[name].isin(blank))
    complete = log.dropna()
    gaps = _left_out(path, "rows with a gap", log, complete, "user, item or time is empty")
    at = _seconds(path, complete["at"], wanted[2])
    log = complete[["user", "item"]].assign(at=at).dropna()
    odd = _left_out(path, "unreadable times", complete, log, f"in {wanted[2]}")
    log = log.assign(user=as_integers(log["user"]), item=as_integers(log["item"]))
    if len(log) and log["at"].max() < _LEAST_TIME:
        raise DataError(
            f"{path.name}: by {wanted[2]} all plays are from before {_LEAST_YEAR}; a log has user, item "
            "and time of each play (is this a count?)"
        )
    if len(log) and log["at"].min() > now + events.DAY:
        raise DataError(
            f"{path.name}: by {wanted[2]} all plays are still to come; times are in seconds since "
            "1970 (are these milliseconds?)"
        )
    return log, (gaps, odd)


def _is_time(name: str) -> bool:
    number = pd.to_numeric(name, errors="coerce")
    return bool(_DATE.match(name) or number >= _LEAST_TIME)


def _left_out(path: Path, name: str, rows: "pd.DataFrame", left: "pd.DataFrame", why: str) -> Step:
    gone = rows.index.difference(left.index)
    if len(gone):
        if not len(left):
            raise DataError(f"{path.name}: in every row {why}; --columns names the three")
        why += f", first in line {line_of(path, int(gone[0]))}"
    return Step(name, len(rows), len(gone), 0, why)


def _seconds(path: Path, told: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    """Read each time as a number of seconds, else as ISO 8601, NaN where it is neither.

    A column where that is half of them is refused.
    """
    if pd.api.types.is_numeric_dtype(told):
        return told
    numbers = pd.to_numeric(told, errors="coerce")
    words = told.where(told.astype(str).str.match(r"\s*[+-]?\d"))  # pandas takes "now" for a time
    words = words.mask(numbers.notna())
    dates = pd.to_datetime(words, utc=True, errors="coerce", format="ISO8601")
    is_wrong = (numbers.isna() & dates.isna()).to_numpy()
    if len(told) and is_wrong.mean() >= 0.5:
        row = int(is_wrong.argmax())
        line = line_of(path, int(told.index[row]))
        raise DataError(
            f"{path.name}, line {line}: {name} is taken as the time, which must be "
            f"seconds since 1970 or ISO 8601, not {told.iloc[row]!r}; where another column is the "
            "time, say --columns USER,ITEM,TIME"
        )
    seconds = dates.astype("datetime64[s, UTC]").astype(np.int64).astype(np.float64)
    return numbers.astype(np.float64).fillna(seconds).mask(is_wrong)


def _show(report: Report, facts: dict[str, Any]) -> None:
    table = Table(
        title=f"believed: {count(facts['plays'], 'play')} in {count(facts['sessions'], 'session')}"
    )
    for column in ("step", "rows", "dropped", "changed", "why"):
        table.add_column(column, justify="left" if column in ("step", "why") else "right")
    for step in report.steps:
        table.add_row(
            step.name, str(step.rows), str(step.dropped), str(step.changed), Text(step.why)
        )
    console = Console()
    console.print(table)
    for name in ("train", "valid", "test"):
        one = facts[name]
        console.print(
            f"{name}: {count(one['pairs'], 'pair')} of {count(one['listeners'], 'listener')}"
        )
