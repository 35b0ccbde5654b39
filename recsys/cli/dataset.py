"""Splits on disk to interactions and a catalogue; columns are taken by position."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.catalogue import Catalogue
from recsys.errors import DataError
from recsys.evidence import Evidence, Interactions
from recsys.sparse import csr
from recsys.types import Csr, Ints


@dataclass(frozen=True, eq=False)
class Split:
    """A random or temporal holdout: the same listener codes in all three parts.

    Ids of any kind are numbered 0.. in sorted order (integers as integers, else as text), so that
    the index of an item, its id in the catalogue and the order of ties are the same; ``item_ids``
    and ``user_ids`` give the names of the files back.
    """

    catalogue: Catalogue
    train: Interactions
    valid: Interactions
    test: Interactions
    user_ids: Any
    item_ids: Any


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
        of release as well.
    """

    item_tags: Path | None = None
    item_groups: tuple[Path, ...] = ()
    item_features: Path | None = None


def read_split(folder: Path, side: SideFiles | None = None) -> Split:
    """Read train, valid and test ``.csv`` or ``.csv.gz`` of a folder."""
    frames = {name: plays_of(find(folder, name)) for name in ("train", "valid", "test")}
    whole = pd.concat(list(frames.values()))
    item_ids, user_ids = sorted_ids(whole["item"]), sorted_ids(whole["user"])
    pairs = {
        name: (codes(user_ids, frame["user"]), codes(item_ids, frame["item"]))
        for name, frame in frames.items()
    }
    parts = {
        name: Interactions.of(
            user, Evidence.of(item, value=frames[name]["plays"].to_numpy()), n_users=len(user_ids)
        )
        for name, (user, item) in pairs.items()
    }
    catalogue = read_catalogue(item_ids, folder, side or SideFiles())
    return Split(catalogue, **parts, user_ids=user_ids, item_ids=item_ids)


def read_catalogue(item_ids: Any, folder: Path, side: SideFiles) -> Catalogue:
    """Describe the items; those that no file names have nothing but their id."""
    n = len(item_ids)
    artist, album, others = _groupings(item_ids, side.item_groups)
    blocks = others
    tags_file = side.item_tags or maybe(folder, "item_tags")
    if tags_file is not None:
        frame = columns(tags_file, 2, 3)
        count = frame[2] if 2 in frame else pd.Series(1.0, index=frame.index)
        weight = pd.to_numeric(count, errors="coerce").to_numpy(np.float64)
        if np.isnan(weight).any() or bool((weight < 0).any()):
            raise DataError(f"{tags_file.name}: the third column must hold counts >= 0")
        blocks = [(codes(item_ids, frame[0]), frame[1].astype(str).to_numpy(), weight), *blocks]
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


def _renown(tags: Csr) -> Any:
    """How much tagged, 0..1 on a log scale: the best hint at fame from outside; None without tags."""
    total = np.log1p(np.asarray(tags.sum(axis=1), np.float64).ravel())
    return total / total.max() if tags.nnz else None


def _groupings(
    item_ids: Any, paths: tuple[Path, ...]
) -> tuple[Ints | None, Ints | None, list[tuple[Ints, Any, Any]]]:
    found: list[Ints] = []
    others: list[tuple[Ints, Any, Any]] = []
    for path in paths:
        frame = columns(path, 2, None, blanks=True)
        item = codes(item_ids, frame[0])
        for place in range(1, frame.shape[1]):
            told = frame[place].notna().to_numpy() & (item >= 0)
            names = frame[place][told].astype(str).to_numpy()
            if len(found) < 2:
                _, group = np.unique(names, return_inverse=True)
                owner = np.full(len(item_ids), -1, np.int64)
                owner[item[told][::-1]] = group[::-1]  # the first row of an item counts
                found.append(owner)
            else:
                values = f"{path.name.split('.')[0]}:{place}:" + names.astype(object)
                others.append((item[told], values, np.ones(len(names))))
    artist, album, *_ = [*found, None, None]
    return artist, album, others


def _features(item_ids: Any, path: Path | None) -> tuple[Any, Any]:
    if path is None:
        return None, None
    frame = columns(path, 2, None, blanks=True, header=True)
    item = codes(item_ids, frame.iloc[:, 0])
    known = item >= 0
    features = np.full((len(item_ids), frame.shape[1] - 1), np.nan, np.float32)
    year = None
    for place, name in enumerate(frame.columns[1:]):
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if bool((numbers.isna() & frame[name].notna()).any()):
            raise DataError(f"{path.name}: column {name} must hold numbers")
        features[item[known], place] = numbers[known]
        if "year" in str(name).lower() and year is None:
            year = features[:, place]
    return features, year


def _tag_matrix(blocks: list[tuple[Ints, Any, Any]], n: int) -> tuple[Csr, tuple[str, ...]]:
    rows = np.concatenate([b[0] for b in blocks]) if blocks else np.zeros(0, np.int64)
    tags = np.concatenate([b[1] for b in blocks]) if blocks else np.zeros(0, str)
    weights = np.concatenate([b[2] for b in blocks]) if blocks else np.zeros(0)
    known = rows >= 0
    names, column = np.unique(tags[known].astype(str), return_inverse=True)
    matrix = csr((weights[known], (rows[known], column)), (n, len(names)))
    return matrix, tuple(names.tolist())


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


def find(folder: Path, name: str) -> Path:
    """Find a table of a folder that must be there."""
    found = maybe(folder, name)
    if found is None:
        raise DataError(f"{folder} holds no {name}.csv or {name}.csv.gz")
    return found


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
