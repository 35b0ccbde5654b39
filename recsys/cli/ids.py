"""Ids as the files write them: any text, kept to the letter; integers sort as numbers."""

import re
from typing import Any

import numpy as np
import pandas as pd

from recsys.types import Ints

_DIGITS = r"(?:0|-?[1-9][0-9]{0,99})"
_INTEGER = re.compile(_DIGITS)
_POINTED = re.compile(_DIGITS + r"\.0")


def sorted_ids(*columns: "pd.Series[Any]") -> Any:
    """Return the distinct ids of several files, shape (n,), str, in the order of ties.

    They sort as integers where every one is written as such ("7", not "007"), else as text. A file
    that writes all of its own as 3.0, which a gap elsewhere in a table makes of integers, means the
    integers of the others, unless those know 3.0 as it stands.

    Parameters
    ----------
    *columns : Series
        One for each file, as ``as_ids`` makes them.
    """
    files = [_names(column) for column in columns]
    others = {name for file in files if not _all(_POINTED, file) for name in file}
    pointed = {name for file in files if _all(_POINTED, file) for name in file}
    bare = {name.removesuffix(".0") for name in pointed}
    is_other = not bare.isdisjoint(others) and pointed.isdisjoint(others)
    found = others | (bare if is_other else pointed)
    return np.array(sorted(found, key=int if _all(_INTEGER, found) else None), dtype=object)


def codes(ids: Any, values: "pd.Series[Any]") -> Ints:
    """Look up the places of one file's values among the sorted ids; -1 where unknown.

    Where none of them is known as it stands, 3.0 and 3 are the same.
    """
    row, names = pd.factorize(values)
    known = pd.Index(np.asarray(ids)).astype(str)
    place = known.get_indexer(pd.Index(np.asarray(names, object)))
    if (place < 0).all() and (others := _otherwise(list(names))):
        place = known.get_indexer(pd.Index(others, dtype=object))
    found: Ints = np.append(place, -1)[row].astype(np.int64)
    return found


def as_ids(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Turn a column of text into dtype category, so that what follows looks at each name once.

    Blanks around integers, as in "1, 2", are left out; other names keep theirs.
    """
    row, names = pd.factorize(values)
    told = names.tolist()
    bare = [name.strip() for name in told]
    if bare != told and _all(_INTEGER, bare):
        row, names = pd.factorize(values.str.strip())
    return pd.Series(pd.Categorical.from_codes(row, names), index=values.index)


def as_integers(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Make integers of ids where all are written as such and fit, else text: no name is changed."""
    names = _names(values)
    fit = _all(_INTEGER, names) and max(abs(int(name)) for name in names) < 2**63
    return values.astype(np.int64 if fit else str)


def _names(values: "pd.Series[Any]") -> set[str]:
    return set(values.dropna().unique().tolist())


def _all(pattern: "re.Pattern[str]", names: "set[str] | list[str]") -> bool:
    return bool(names) and all(map(pattern.fullmatch, names))


def _otherwise(names: list[str]) -> list[str] | None:
    if _all(_POINTED, names):
        return [name.removesuffix(".0") for name in names]
    return [f"{name}.0" for name in names] if _all(_INTEGER, names) else None
