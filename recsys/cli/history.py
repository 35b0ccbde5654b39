"""One listener's history as a file: item[, plays]."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from recsys.cli.ids import as_ids, codes
from recsys.cli.tables import amounts, columns, ends_in_number, no_header
from recsys.errors import DataError
from recsys.evidence import Evidence
from recsys.hybrid import HybridRecommender

_COLUMNS = "a history is item[, plays] of one listener"
_KINDS = ("item", "artist", "track", "song", "album", "title", "name", "id")
_HEADERS = {*_KINDS, *(f"{kind}s" for kind in _KINDS)}
_HEADERS |= {f"{kind}{mark}{end}" for kind in _KINDS for mark in " _" for end in ("id", "name")}


@dataclass(frozen=True, eq=False)
class History:
    """What the model knows of a history, and the names in the rows that it does not know."""

    evidence: Evidence
    unknown: tuple[str, ...]


def read_history(path: Path, model: HybridRecommender, names: object) -> History:
    """Read a history; without plays each row counts as 1.

    Raises
    ------
    DataError
        When it has other columns, or its first line is a row.
    """
    frame = columns(path, ("item",), None, blanks=2, header=True, text=(0,))
    if frame.iloc[:, 2:].notna().any(axis=None):
        told = ", ".join(map(str, frame.columns))
        raise DataError(f"{path.name} has the columns {told}; {_COLUMNS}")
    frame = frame.iloc[:, :2]
    _refuse_row(path, [str(name) for name in frame.columns], names)
    plays = frame.iloc[:, 1] if frame.shape[1] > 1 else pd.Series(1.0, index=frame.index)
    value = amounts(path, plays, f"the second column must hold plays > 0, as {_COLUMNS}")
    place = codes(names, frame.iloc[:, 0])
    known = place >= 0
    ids = model.catalogue.items.ids[place[known]]
    unknown = frame.iloc[:, 0][~known].astype(str)
    return History(Evidence.of(ids, value=value[known]), tuple(unknown))


def _refuse_row(path: Path, head: list[str], names: object) -> None:
    """Refuse a first line that is a row: it would be lost, and its item could be recommended."""
    is_item = codes(names, as_ids(pd.Series(head[:1])))[0] >= 0
    has_plays = np.isfinite(pd.to_numeric(pd.Series(head[1:]), errors="coerce")).all()
    is_named = head[0].strip().casefold() in _HEADERS
    if ends_in_number(head) and not is_named:
        raise no_header(path)
    if is_item and has_plays and (len(head) > 1 or not is_named):
        raise no_header(path)
