"""A model folder as the command line keeps it: the snapshot, and what the files called its items."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.background_file import read_provenance
from recsys.cli.tables import columns
from recsys.errors import DataError, SnapshotError, UnknownItemError
from recsys.hybrid import HybridRecommender
from recsys.snapshot import load, save

NAMES = "items.csv"


def keep(model: HybridRecommender, names: object, folder: Path) -> None:
    """Write a model and the names of its items into a folder that is new or empty.

    Raises
    ------
    DataError
        When the folder holds something already.
    """
    refuse_filled(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"item": np.asarray(names)}).to_csv(folder / NAMES, index=False)
    save(model, folder)


def refuse_filled(folder: Path) -> None:
    """Refuse a folder that holds something already; worth asking before a long training."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder} is not empty; name a new folder")


def kept(folder: Path) -> HybridRecommender:
    """Read a model folder.

    Raises
    ------
    SnapshotError
        When there is no whole model in it.
    """
    if folder.is_file():
        raise SnapshotError(f"{folder} holds no model: {_what_it_is(folder)}")
    return load(folder)


def _what_it_is(path: Path) -> str:
    """Say what a file is that was taken for a model, and what takes it."""
    try:
        read_provenance(path)
    except SnapshotError:
        return "it is a file; name a folder that `fit` wrote"
    return "it is a background prior; `fit --background` takes it"


def names_of(
    model: HybridRecommender, folder: Path
) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """Return the names of the items by index; their ids where the folder has no list of names."""
    path = folder / NAMES
    if not path.is_file():
        return model.catalogue.items.ids.astype(str).astype(object)
    found = columns(path, ("item",), 1)[0].to_numpy(object)
    if len(found) != model.catalogue.n_items:
        raise DataError(f"{path} does not belong to this model: {len(found)} names")
    return found


def place_of(name: str, names: Any) -> int:
    """Return the index of the item of that name.

    Raises
    ------
    UnknownItemError
        When there is none, with what may have been meant.
    """
    found = np.flatnonzero(names == name)
    if not len(found):
        raise UnknownItemError(f"the model knows no item {name}" + guess(name, names))
    return int(found[0])


def guess(name: str, names: Any) -> str:
    """Ask for the nearest name, as the end of a refusal; empty where none is near."""
    near = get_close_matches(name, names.astype(str).tolist(), n=1)
    return f"; did you mean {near[0]}?" if near else ""
