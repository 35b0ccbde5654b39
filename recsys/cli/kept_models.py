"""A model folder as the command line keeps it: the snapshot, and what the files called its items."""

from pathlib import Path

import numpy as np
import pandas as pd

from recsys.cli.ids import codes
from recsys.cli.tables import amounts, columns
from recsys.errors import DataError
from recsys.evidence import Evidence
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
    return load(folder)


def names_of(
    model: HybridRecommender, folder: Path
) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """Return the names of the items by index; their ids where the folder has no list of names."""
    path = folder / NAMES
    if not path.is_file():
        return model.catalogue.items.ids.astype(str).astype(object)
    found = columns(path, 1, 1)[0].to_numpy(object)
    if len(found) != model.catalogue.n_items:
        raise DataError(f"{path} does not belong to this model: {len(found)} names")
    return found


def history(path: Path, model: HybridRecommender, names: object) -> tuple[Evidence, int]:
    """Read one listener's item and plays; also say how many rows name no item of the model."""
    frame = columns(path, 1, 2, text=(0,))
    plays = frame[1] if 1 in frame else pd.Series(1.0, index=frame.index)
    value = amounts(path, plays, "the second column must hold plays > 0")
    place = codes(names, frame[0])
    known = place >= 0
    ids = model.catalogue.items.ids[place[known]]
    return Evidence.of(ids, value=value[known]), int((~known).sum())
