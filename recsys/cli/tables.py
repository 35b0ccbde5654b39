"""CSV tables of a folder: columns by position, ids of any kind."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.errors import DataError
from recsys.types import Doubles, Ints

_UNKNOWN = ("NA", "N/A", "NaN", "nan", "NULL", "null", "None")
_EXACT = 2**53  # whole numbers up to here are exact as floats


def plays_of(path: Path) -> "pd.DataFrame":
    """Read user, item and plays (1 where there is no third column).

    Raises
    ------
    DataError
        When it is no such table, or its first line names no columns.
    """
    frame = columns(path, 2, 3, header=True)
    names = pd.to_numeric(pd.Series([str(name) for name in frame.columns]), errors="coerce")
    if not np.isnan(names.iloc[-1]) and not (np.diff(names) == 1).all():  # 0, 1, 2 are names
        raise DataError(f"{path.name} has no header; its first line must name the columns")
    user, item = (whole(frame.iloc[:, place]) for place in (0, 1))
    plays = frame.iloc[:, 2] if frame.shape[1] > 2 else pd.Series(1.0, index=frame.index)
    number = amounts(path, plays, "the third column must hold plays > 0")
    return pd.DataFrame({"user": user, "item": item, "plays": number.astype(np.float32)})


def amounts(path: Path, values: "pd.Series[Any]", rule: str, *, zero: bool = False) -> Doubles:
    """Read numbers above 0 (or from 0 on) that single precision can hold, else say the rule."""
    found = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        single = found.astype(np.float32)
    if not (np.isfinite(single) & ((single >= 0) if zero else (single > 0))).all():
        raise DataError(f"{path.name}: {rule}")
    return found


def whole(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Make integers of ids that stand as 3.0: a gap elsewhere in a table turns them into that."""
    if not pd.api.types.is_float_dtype(values):
        return values
    number = values.to_numpy(np.float64)
    if not ((np.floor(number) == number) & (np.abs(number) < _EXACT)).all():
        return values
    return values.astype(np.int64)


def columns(
    path: Path, least: int, most: int | None, *, blanks: bool = False, header: bool = False
) -> "pd.DataFrame":
    """Read a table; columns are numbered from 0 unless the header is wanted.

    An id may be any word, "NA" and "null" as well; in columns that may have blanks those are some.

    Raises
    ------
    DataError
        When there is no such file, it is no CSV, has too few columns, or empty cells where there
        may be none.
    """
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    try:
        frame = pd.read_csv(path, keep_default_na=False, na_values=[""], low_memory=False)
    except (ValueError, OSError, EOFError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else "it cannot be read"
        raise DataError(f"{path.name} is not a readable CSV file: {reason}") from error
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(f"{path.name}: its rows have more cells than the header")
    if frame.shape[1] < least:
        raise DataError(f"{path.name} needs {least} columns, not {frame.shape[1]}")
    frame = frame.iloc[:, :most]
    if blanks:
        others = frame.columns[1:]
        frame[others] = frame[others].mask(frame[others].isin(_UNKNOWN))
    if not header:
        frame = pd.DataFrame({k: whole(frame.iloc[:, k]) for k in range(frame.shape[1])})
    if frame.iloc[:, 0].isna().any() or (not blanks and frame.isna().any().any()):
        raise DataError(f"{path.name} has an empty cell")
    return frame


def find(folder: Path, *names: str) -> Path:
    """Find a table of a folder that must be there, by the first of its names that exists."""
    for name in names:
        found = maybe(folder, name)
        if found is not None:
            return found
    raise DataError(f"{folder} holds no {names[0]}.csv or {names[0]}.csv.gz")


def maybe(folder: Path, name: str) -> Path | None:
    """Find a table of a folder, compressed or not."""
    paths = (folder / f"{name}{ending}" for ending in (".csv.gz", ".csv"))
    return next((path for path in paths if path.is_file()), None)


def sorted_ids(values: "pd.Series[Any]") -> Any:
    """Return the distinct ids in the order of ties: integers as such, else as text."""
    unique = values.unique()
    if pd.api.types.is_integer_dtype(values):
        return np.sort(np.asarray(unique, np.int64))
    text = [str(value) for value in unique]
    return np.array(sorted(set(text)), dtype=object)


def codes(ids: Any, values: "pd.Series[Any]") -> Ints:
    """Look up the places of values among the sorted ids; -1 where unknown."""
    wanted = values if pd.api.types.is_integer_dtype(values) and ids.dtype != object else None
    column = values.astype(str) if wanted is None else wanted
    names = pd.Index(ids if ids.dtype == object or wanted is not None else ids.astype(str))
    codes: Ints = names.get_indexer(pd.Index(column)).astype(np.int64)
    return codes
