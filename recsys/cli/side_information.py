"""What files say of the items beside who listens to them."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.catalogue import Catalogue
from recsys.cli.ids import codes
from recsys.cli.tables import amounts, columns, line_of, maybe
from recsys.errors import DataError
from recsys.sparse import csr
from recsys.types import Csr, Doubles, Floats, Ints

YEARS = 1000, 2200
"""The first and the last year that a work can be of; a date written as 20190517 is none, nor is an age."""
_GROUPING = "\x1f"  # the unit separator: no tag that somebody typed holds it


@dataclass(frozen=True)
class SideFiles:
    """What is known of the items beside who listens to them.

    Parameters
    ----------
    item_tags : Path or None
        Item, tag and (optional) count; ``item_tags.csv.gz`` beside the split is found by itself.
    item_groups : tuple of Path
        Item, then one column per grouping: the first grouping of all is the artist, the second the
        album, further ones are read as tags.
    item_features : Path or None
        Item, then numeric columns; blanks are allowed. A column with "year" in its name is the year
        of release as well, where all of it lies between 1000 and 2200; 0 then means that it is not
        known.
    friends : Path or None
        Pairs of listeners who know each other, in either direction or both.
    """

    item_tags: Path | None = None
    item_groups: tuple[Path, ...] = ()
    item_features: Path | None = None
    friends: Path | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that is named."""
        named = (self.item_tags, *self.item_groups, self.item_features, self.friends)
        return tuple(path for path in named if path is not None)


def read_catalogue(item_ids: Any, folder: Path, side: SideFiles) -> Catalogue:
    """Describe the items; those that no file names have nothing but their id."""
    n = len(item_ids)
    artist, album, others = _groupings(item_ids, side.item_groups)
    blocks = others
    tags_file = side.item_tags or maybe(folder, "item_tags")
    if tags_file is not None:
        item, tag, weight = read_tags(tags_file)
        blocks = [(_named(tags_file, item_ids, item), tag, weight), *blocks]
    tags, names = _tag_matrix(blocks, n)
    features, year = _features(item_ids, side.item_features)
    if artist is None:
        return Catalogue.build(
            np.arange(n),
            tags=tags,
            tag_names=names,
            popularity=_renown(tags),
            features=features,
            year=year,
        )
    alone = artist < 0
    artist[alone] = artist.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    owner = csr((np.ones(n), (artist, np.arange(n))), (int(artist.max()) + 1, n))
    by_artist = csr(owner @ tags)
    return Catalogue.build(
        np.arange(n),
        np.arange(owner.shape[0]),
        artist,
        tags=by_artist,
        tag_names=names,
        item_tags=tags,
        popularity=_renown(by_artist),
        features=features,
        year=year,
        album_of=album,
    )


def read_tags(path: Path) -> tuple["pd.Series[Any]", Any, Doubles]:
    """Read item, tag and count (1 where there is no third column); rows without a tag say nothing."""
    frame = columns(path, ("item", "tag"), 3, blanks=1, text=(0, 1))
    frame = frame[frame[1].notna()]
    count = frame[2] if 2 in frame else pd.Series(1.0, index=frame.index)
    weight = amounts(path, count, "the third column must hold counts >= 0", zero=True)
    return frame[0], frame[1].to_numpy(), weight


def is_grouping(tag_name: str) -> bool:
    """Say whether a tag of ``read_catalogue`` is the name of a grouping beyond artist and album."""
    return _GROUPING in tag_name


def _renown(tags: Csr) -> Any:
    """How much tagged, 0..1 on a log scale: the best hint at fame from outside; None without tags."""
    total = np.log1p(np.asarray(tags.sum(axis=1), np.float64).ravel())
    return total / total.max() if tags.nnz else None


def _named(path: Path, item_ids: Any, values: "pd.Series[Any]") -> Ints:
    """Look up which items the rows of a file name, -1 for others; refuse a file of others alone."""
    item = codes(item_ids, values)
    if len(item_ids) and len(item) and (item < 0).all():
        raise DataError(f"{path.name} names no item of the plays; write the ids as they are there")
    return item


def _groupings(
    item_ids: Any, paths: tuple[Path, ...]
) -> tuple[Ints | None, Ints | None, list[tuple[Ints, Any, Any]]]:
    found: list[Ints] = []
    others: list[tuple[Ints, Any, Any]] = []
    for path in paths:
        frame = columns(path, ("item", "artist"), None, blanks=1)
        item = _named(path, item_ids, frame[0])
        for place in range(1, frame.shape[1]):
            told = frame[place].notna().to_numpy() & (item >= 0)
            names = frame[place][told].astype(str).to_numpy()
            if len(found) < 2:
                _tell_repeated(path, item[told], names)
                _, group = np.unique(names, return_inverse=True)
                owner = np.full(len(item_ids), -1, np.int64)
                owner[item[told][::-1]] = group[::-1]  # the first row of an item counts
                found.append(owner)
            else:
                values = f"{path.name.split('.')[0]}:{place}:{_GROUPING}" + names.astype(object)
                others.append((item[told], values, np.ones(len(names))))
    artist, album, *_ = [*found, None, None]
    return artist, album, others


def _tell_repeated(path: Path, item: Ints, names: Any) -> None:
    """Warn of items that are grouped in two ways, as in a file of tags taken for one of groups."""
    surplus = len(set(zip(item.tolist(), names.tolist(), strict=True))) - len(np.unique(item))
    if surplus:
        print(
            f"warning: {path.name} gives some items two groups ({surplus} rows too many); the first "
            "row of each counts",
            file=sys.stderr,
        )


def _features(item_ids: Any, path: Path | None) -> tuple[Any, Any]:
    if path is None:
        return None, None
    frame = columns(path, ("item", "feature"), None, blanks=1, header=True, text=(0,))
    item = _named(path, item_ids, frame.iloc[:, 0])
    known = item >= 0
    features = np.full((len(item_ids), frame.shape[1] - 1), np.nan, np.float32)
    year = None
    for place, name in enumerate(frame.columns[1:]):
        numbers = pd.to_numeric(frame[name], errors="coerce")
        with np.errstate(over="ignore"):
            single = numbers.to_numpy(np.float64).astype(np.float32)
        if bool((~np.isfinite(single) & frame[name].notna()).any()):
            raise DataError(f"{path.name}: column {name} must hold numbers")
        is_year = "year" in str(name).lower() and _holds_years(path, frame[name], single)
        if is_year:
            single[single == 0] = np.nan  # what many data sets write where they do not know it
        features[item[known], place] = single[known]
        if is_year and year is None:
            year = features[:, place]
    told = ~np.isnan(features).all(axis=0)
    return features[:, told] if told.any() else None, year


def _holds_years(path: Path, cells: "pd.Series[Any]", numbers: Floats) -> bool:
    """Whether every number of a column can be a year; says so where one cannot."""
    first, last = YEARS
    is_wrong = ((numbers < first) | (numbers > last)) & (numbers != 0)
    if is_wrong.any():
        at = int(is_wrong.argmax())
        print(
            f"warning: {path.name}: column {cells.name} counts as a number like any other, not as the "
            f"year of release: line {line_of(path, at)} holds {cells.iloc[at]}, which is no year from "
            f"{first} to {last}",
            file=sys.stderr,
        )
    return not is_wrong.any()


def _tag_matrix(blocks: list[tuple[Ints, Any, Any]], n: int) -> tuple[Csr, tuple[str, ...]]:
    rows = np.concatenate([b[0] for b in blocks]) if blocks else np.zeros(0, np.int64)
    tags = np.concatenate([b[1] for b in blocks]) if blocks else np.zeros(0, str)
    weights = np.concatenate([b[2] for b in blocks]) if blocks else np.zeros(0)
    known = rows >= 0
    names, column = np.unique(tags[known].astype(str), return_inverse=True)
    matrix = csr((weights[known], (rows[known], column)), (n, len(names)))
    return matrix, tuple(names.tolist())
