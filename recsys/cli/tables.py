"""CSV tables of a folder: columns by position, ids of any kind."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.errors import DataError
from recsys.types import Ints


def plays_of(path: Path) -> "pd.DataFrame":
    """Read user, item and plays (1 where there is no third column)."""
    frame = columns(path, 2, 3)
    plays = frame[2] if 2 in frame else pd.Series(1.0, index=frame.index)
    numbers = pd.to_numeric(plays, errors="coerce")
    if numbers.isna().any() or bool((numbers <= 0).any()):
        raise DataError(f"{path.name}: the third column must hold plays > 0")
    return pd.DataFrame({"user": frame[0], "item": frame[1], "plays": numbers.astype(np.float32)})


def columns(
    path: Path, least: int, most: int | None, *, blanks: bool = False, header: bool = False
) -> "pd.DataFrame":
    """Read a table; columns are numbered from 0 unless the header is wanted.

    Raises
    ------
    DataError
        When there is no such file, it is no CSV, has too few columns, or empty cells where there
        may be none.
    """
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    try:
        frame = pd.read_csv(path)
    except (ValueError, OSError, EOFError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else "it cannot be read"
        raise DataError(f"{path.name} is not a readable CSV file: {reason}") from error
    if frame.shape[1] < least:
        raise DataError(f"{path.name} needs {least} columns, not {frame.shape[1]}")
    frame = frame.iloc[:, :most]
    if not header:
        frame.columns = pd.RangeIndex(frame.shape[1])
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
