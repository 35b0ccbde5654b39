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


def read_split(
    folder: Path, *, item_tags: Path | None = None, item_groups: tuple[Path, ...] = ()
) -> Split:
    """Read train, valid and test ``.csv`` or ``.csv.gz`` of a folder.

    Parameters
    ----------
    folder : Path
    item_tags : Path, optional
        Item, tag and (third column, optional) count; ``item_tags.csv.gz`` beside the split is found
        by itself.
    item_groups : tuple of Path
        Item and group; the first file names the artist of each item, further ones (an album, say)
        are read as tags.
    """
    frames = {name: _plays(_find(folder, name)) for name in ("train", "valid", "test")}
    whole = pd.concat(list(frames.values()))
    item_ids, user_ids = _sorted_ids(whole["item"]), _sorted_ids(whole["user"])
    codes = {
        name: (_codes(user_ids, frame["user"]), _codes(item_ids, frame["item"]))
        for name, frame in frames.items()
    }
    parts = {
        name: Interactions.of(
            user, Evidence.of(item, value=frames[name]["plays"].to_numpy()), n_users=len(user_ids)
        )
        for name, (user, item) in codes.items()
    }
    tags_file = item_tags or _maybe(folder, "item_tags")
    catalogue = _catalogue(item_ids, tags_file, item_groups)
    return Split(catalogue, **parts, user_ids=user_ids, item_ids=item_ids)


def _catalogue(item_ids: Any, tags_file: Path | None, groups: tuple[Path, ...]) -> Catalogue:
    n = len(item_ids)
    blocks: list[tuple[Ints, Any, Any]] = []
    if tags_file is not None:
        frame = _columns(tags_file, 2, 3)
        count = frame[2] if 2 in frame else pd.Series(1.0, index=frame.index)
        weight = pd.to_numeric(count, errors="coerce").to_numpy(np.float64)
        if np.isnan(weight).any() or bool((weight < 0).any()):
            raise DataError(f"{tags_file.name}: the third column must hold counts >= 0")
        blocks.append((_codes(item_ids, frame[0]), frame[1].astype(str).to_numpy(), weight))
    for path in groups[1:]:
        frame = _columns(path, 2, 2)
        name = path.name.split(".")[0] + ":"
        values = (name + frame[1].astype(str)).to_numpy()
        blocks.append((_codes(item_ids, frame[0]), values, np.ones(len(frame))))
    tags, names = _tag_matrix(blocks, n)
    if not groups:
        return Catalogue.build(np.arange(n), tags=tags, tag_names=names)
    artist_of, n_artists = _artists(item_ids, groups[0])
    owner = csr((np.ones(n), (artist_of, np.arange(n))), (n_artists, n))
    return Catalogue.build(
        np.arange(n),
        np.arange(n_artists),
        artist_of,
        tags=csr(owner @ tags),
        tag_names=names,
        item_tags=tags,
    )


def _tag_matrix(blocks: list[tuple[Ints, Any, Any]], n: int) -> tuple[Csr, tuple[str, ...]]:
    rows = np.concatenate([b[0] for b in blocks]) if blocks else np.zeros(0, np.int64)
    tags = np.concatenate([b[1] for b in blocks]) if blocks else np.zeros(0, str)
    weights = np.concatenate([b[2] for b in blocks]) if blocks else np.zeros(0)
    known = rows >= 0
    names, column = np.unique(tags[known].astype(str), return_inverse=True)
    matrix = csr((weights[known], (rows[known], column)), (n, len(names)))
    return matrix, tuple(names.tolist())


def _artists(item_ids: Any, path: Path) -> tuple[Ints, int]:
    frame = _columns(path, 2, 2)
    item = _codes(item_ids, frame[0])
    known = item >= 0
    _, group = np.unique(frame[1][known].astype(str).to_numpy(), return_inverse=True)
    n_groups = int(group.max()) + 1 if len(group) else 0
    owner = np.full(len(item_ids), -1, np.int64)
    owner[item[known][::-1]] = group[::-1]  # the first row of an item counts
    alone = owner < 0
    owner[alone] = n_groups + np.arange(int(alone.sum()))
    return owner, n_groups + int(alone.sum())


def _plays(path: Path) -> "pd.DataFrame":
    frame = _columns(path, 2, 3)
    plays = frame[2] if 2 in frame else pd.Series(1.0, index=frame.index)
    numbers = pd.to_numeric(plays, errors="coerce")
    if numbers.isna().any() or bool((numbers <= 0).any()):
        raise DataError(f"{path.name}: the third column must hold plays > 0")
    return pd.DataFrame({"user": frame[0], "item": frame[1], "plays": numbers.astype(np.float32)})


def _columns(path: Path, least: int, most: int) -> "pd.DataFrame":
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
    frame.columns = pd.RangeIndex(frame.shape[1])
    if frame.isna().any().any():
        raise DataError(f"{path.name} has an empty cell")
    return frame


def _find(folder: Path, name: str) -> Path:
    found = _maybe(folder, name)
    if found is None:
        raise DataError(f"{folder} holds no {name}.csv or {name}.csv.gz")
    return found


def _maybe(folder: Path, name: str) -> Path | None:
    paths = (folder / f"{name}{ending}" for ending in (".csv.gz", ".csv"))
    return next((path for path in paths if path.is_file()), None)


def _sorted_ids(values: "pd.Series[Any]") -> Any:
    unique = values.unique()
    if pd.api.types.is_integer_dtype(values):
        return np.sort(np.asarray(unique, np.int64))
    text = [str(value) for value in unique]
    return np.array(sorted(set(text)), dtype=object)


def _codes(ids: Any, values: "pd.Series[Any]") -> Ints:
    wanted = values if pd.api.types.is_integer_dtype(values) and ids.dtype != object else None
    column = values.astype(str) if wanted is None else wanted
    names = pd.Index(ids if ids.dtype == object or wanted is not None else ids.astype(str))
    codes: Ints = names.get_indexer(pd.Index(column)).astype(np.int64)
    return codes
