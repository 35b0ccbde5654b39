"""CSV tables of a folder: columns by position, ids of any kind."""

import csv
import gzip
import hashlib
import itertools
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.cli.column_order import says_columns, tell_swapped
from recsys.cli.ids import as_ids
from recsys.errors import DataError
from recsys.types import Doubles

ENDINGS = (".csv.gz", ".csv")
_PLAYS = "the third column must hold plays > 0 (where there is none, each row counts as 1)"
_COMMA = re.compile(r"-?\d+,\d+")
_NAMELESS = ("", "Unnamed: 0")  # in a file, and as pandas reads it
_UNKNOWN = ("NA", "N/A", "NaN", "nan", "NULL", "null", "None")


def plays_of(path: Path) -> "pd.DataFrame":
    """Read user, item and plays (1 where there is no third column).

    Raises
    ------
    DataError
        When it is no such table, or its first line names no columns.
    """
    frame = columns(path, ("user", "item"), 3, header=True, text=(0, 1))
    heads = [str(name) for name in frame.columns]
    _refuse_row(path, heads, frame)
    tell_swapped(path.name, heads)
    user, item = (frame.iloc[:, place] for place in (0, 1))
    plays = frame.iloc[:, 2] if frame.shape[1] > 2 else pd.Series(1.0, index=frame.index)
    number = amounts(path, plays, _PLAYS)
    return pd.DataFrame({"user": user, "item": item, "plays": number.astype(np.float32)})


def _refuse_row(path: Path, head: list[str], frame: "pd.DataFrame") -> None:
    """Refuse a first line that is a row: it ends in a number, and does not read like names.

    Names are free, and a number may be one: a year, or what pandas calls a column without a name. But
    where its listener or item comes again, or it neither says what a column holds nor ends in 0, which
    nobody played, a row would be lost.
    """
    known = says_columns(head) or head[-1].strip() == "0"
    if ends_in_number(head) and (
        not known
        or any(
            head[place].strip() in {str(name).strip() for name in frame.iloc[:, place].unique()}
            for place in (0, 1)
        )
    ):
        raise no_header(path)


def ends_in_number(head: Sequence[str]) -> bool:
    """Whether a first line ends in a number, as a row does; 0, 1, 2 are names."""
    names = pd.to_numeric(pd.Series(head), errors="coerce")
    return bool(not np.isnan(names.iloc[-1]) and not (np.diff(names) == 1).all())


def no_header(path: Path) -> DataError:
    """Say that the first line of a table is a row."""
    return DataError(f"{path.name} has no header; its first line must name the columns")


def amounts(path: Path, values: "pd.Series[Any]", rule: str, *, zero: bool = False) -> Doubles:
    """Read numbers above 0 (or from 0 on) that single precision can hold, else say the rule."""
    found = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        single = found.astype(np.float32)
    is_wrong = ~(np.isfinite(single) & ((single >= 0) if zero else (single > 0)))
    if is_wrong.any():
        first = int(is_wrong.argmax())
        line = line_of(path, int(values.index[first]))
        told = str(values.iloc[first])
        point = f" (write {told.replace(',', '.')})" if _COMMA.fullmatch(told.strip()) else ""
        raise DataError(f"{path.name}: {rule}; line {line} holds {told}{point}")
    return found


def columns(
    path: Path,
    needed: Sequence[str],
    most: int | None,
    *,
    blanks: int | None = None,
    unknown: Collection[str] = _UNKNOWN,
    header: bool = False,
    text: Collection[int | str] | None = None,
) -> "pd.DataFrame":
    """Read a table; columns are numbered from 0 unless the header is wanted.

    It has at least one column for each word of ``needed``, which say what these hold, and ``most``
    are read.

    An id may be any word, "NA" and "null" as well; in columns that may have blanks, which are those
    from the place ``blanks`` on, the words of ``unknown`` are some.
    The columns of ``text``, by place or name (None: all), are ids and kept to the letter: "007" is
    not "7".
    Tabs or semicolons may separate the columns where the header holds no comma.

    Raises
    ------
    DataError
        When there is no such file, it is no CSV, has too few columns, or empty cells where there
        may be none.
    """
    if path.is_dir():
        raise DataError(f"{path} is a folder; name a file")
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    try:
        head = [str(name) for name in pd.read_csv(path, nrows=0).columns]
        mark = separator(head[0]) if len(head) == 1 else ","
        names = head if mark == "," else list(pd.read_csv(path, nrows=0, sep=mark).columns)
        names = names[:most]
        words = [
            name
            for place, name in enumerate(names)
            if text is None or place in text or name in text
        ]
        frame = pd.read_csv(
            path,
            sep=mark,
            dtype=dict.fromkeys(words, str),
            keep_default_na=False,
            na_values=[""],
            low_memory=False,
        )
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not in UTF-8; save it as that") from error
    except pd.errors.EmptyDataError as error:
        raise DataError(
            f"{path.name} is empty; its first line must name the columns, as in {','.join(needed)}"
        ) from error
    except (ValueError, OSError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else "it cannot be read"
        raise DataError(f"{path.name} is not a readable CSV file: {reason}") from error
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(f"{path.name}: its rows have more cells than the header")
    if frame.shape[1] < len(needed):
        raise too_few(path, needed, frame.shape[1])
    frame = frame.iloc[:, :most]
    if blanks is not None:
        others = frame.columns[blanks:]
        frame[others] = frame[others].mask(frame[others].isin(unknown))
    for name in words:
        frame[name] = as_ids(frame[name])
    if text is None or all(isinstance(column, int) for column in text):  # columns count by place
        tell_index(path.name, names[0], frame.iloc[:, 0])
    _refuse_blanks(path, frame.iloc[:, :blanks])
    if not header:
        frame.columns = pd.RangeIndex(frame.shape[1])
    return frame


def tell_index(name: str, header: str, cells: Iterable[Any]) -> None:
    """Warn of a table, by its file name, whose first column is nameless and numbers the rows."""
    if header not in _NAMELESS:
        return
    numbers = [str(cell) for cell in cells]
    if len(set(numbers)) == len(numbers) > 0 and all(map(str.isdigit, numbers)):
        print(
            f"warning: {name}: is the first column an index? it has no name, and in each row a number "
            "of its own; write it with index=False",
            file=sys.stderr,
        )


def too_few(path: Path, needed: Sequence[str], n: int) -> DataError:
    """Say which columns a table must have that has only ``n``."""
    return DataError(f"{path.name} needs {len(needed)} columns ({', '.join(needed)}), not {n}")


def _refuse_blanks(path: Path, frame: "pd.DataFrame") -> None:
    """Say where the first empty cell of these columns is, if there is one."""
    empty = frame.isna().to_numpy()
    if empty.any():
        row, column = np.argwhere(empty)[0].tolist()
        line = line_of(path, int(frame.index[row]))
        raise DataError(f"{path.name} has an empty cell: {frame.columns[column]} in line {line}")


def line_of(path: Path, row: int) -> int:
    """Find the line of a row, numbered from 0, in a file that `columns` could read."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
        head = file.readline()
        cells = csv.reader(itertools.chain([head], file), delimiter=separator(head))
        lines = (cells.line_num for one in cells if len(one) > 1 or "".join(one).strip())
        return next(itertools.islice(lines, row + 1, None))


def separator(header: str) -> str:
    """Say what separates the columns: the comma, or what the header holds in place of it."""
    return next((mark for mark in (",", "\t", ";") if mark in header), ",")


def find(folder: Path, *names: str) -> Path:
    """Find a table of a folder that must be there, by the first of its names that exists."""
    for name in names:
        found = maybe(folder, name)
        if found is not None:
            return found
    there = ", ".join(sorted(path.name for path in folder.glob("*.csv*"))) or "no table"
    wanted = " or ".join(f"{name}.csv[.gz]" for name in names)
    raise DataError(f"{folder} holds no {wanted}; it holds {there}")


def maybe(folder: Path, name: str) -> Path | None:
    """Find a table of a folder, compressed or not.

    Raises
    ------
    DataError
        When there is no such folder, or it holds two such tables that differ.
    """
    if not folder.exists():
        raise DataError(f"there is no folder {folder}")
    if not folder.is_dir():
        raise DataError(
            f"{folder} is a file; name a folder, as `prepare` makes one of a log of plays"
        )
    paths = [folder / f"{name}{ending}" for ending in ENDINGS]
    found = [path for path in paths if path.is_file()]
    if len(found) > 1 and not _unpacked(*found):
        raise DataError(
            f"{folder} holds both {name}.csv.gz and {name}.csv, and they differ; take away the one "
            "that is not meant"
        )
    return found[0] if found else None


def _unpacked(packed: Path, plain: Path) -> bool:
    """Whether one file is the other, unpacked."""
    try:
        with gzip.open(packed) as one, plain.open("rb") as other:
            made, there = (hashlib.file_digest(file, "sha256").digest() for file in (one, other))
    except (OSError, EOFError):
        return False
    return made == there
