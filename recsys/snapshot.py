"""A model as a folder: one `.npy` file per array and `manifest.json` with their hashes; no pickle.

A snapshot holds artists and tracks, never listeners: fold-in needs none.
"""

import dataclasses
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.sparse import issparse

from recsys.catalogue import Catalogue
from recsys.errors import DataError, SnapshotError
from recsys.evidence import Level
from recsys.hybrid import HybridRecommender
from recsys.ids import IdMap
from recsys.interactions import Weighing
from recsys.link import PLAIN, Link
from recsys.models.als import ALS
from recsys.models.content import Content
from recsys.models.ease import EASE
from recsys.models.elsewhere import Elsewhere
from recsys.models.familiar import Familiar
from recsys.models.frozen import FrozenFactors, FrozenNeighbours, FrozenRenown
from recsys.models.graph_walk import GraphWalk
from recsys.models.group import Group
from recsys.models.item_knn import ItemKNN
from recsys.models.lifted import Lifted
from recsys.models.popularity import Popularity
from recsys.part import LINE, Curve, Part
from recsys.sparse import csr

FORMAT: Final = 3
MANIFEST: Final = "manifest.json"
_LEARNED: Final = re.compile(r"part\..*_(\.data)?\.npy")
_KEPT: Final = (
    *(ALS, Content, EASE, Elsewhere, Familiar, GraphWalk, Group, ItemKNN, Lifted, Popularity),
    *(FrozenFactors, FrozenNeighbours, FrozenRenown),
)
_MODELS: Final = {m.__name__: m for m in _KEPT}


def save(model: HybridRecommender, folder: Path) -> None:
    """Write a model into an empty folder; the manifest comes last.

    Raises
    ------
    SnapshotError
        When the model holds numbers that are not finite where they must be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    writer = _Writer(folder)
    described = {
        "catalogue": writer.put(
            {f.name: getattr(model.catalogue, f.name) for f in dataclasses.fields(Catalogue)},
            "catalogue",
            finite=False,
        ),
        "parts": [
            {
                "name": part.name,
                "level": int(part.level),
                "curve": _written(part.curve),
                "cold_curve": None if part.cold_curve is None else _written(part.cold_curve),
                "personal": part.personal,
                "reads_nearby": part.reads_nearby,
                "class": type(part.model).__name__,
                "state": writer.put(_state(part.model), f"part.{part.name}"),
            }
            for part in model.parts
        ],
    }
    manifest = {
        "format": FORMAT,
        "version": model.version,
        "trained_at": model.trained_at,
        "bias": model.bias,
        "cold_bias": model.cold_bias,
        "thin_bias": model.thin_bias,
        "stranger_bias": model.stranger_bias,
        "link": dataclasses.asdict(model.link),
        "audience": writer.put(
            {"listeners": model.listeners, "item_listeners": model.item_listeners}, "model"
        ),
        "like_strength": model.like_strength,
        "said_strength": model.said_strength,
        "taste_noise": dict(model.taste_noise),
        "weighing": model.weighing.as_dict(),
        "info": dict(model.info),
        **described,
        "files": writer.files,
    }
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1, allow_nan=False)
        file.flush()
        os.fsync(file.fileno())


def load(folder: Path, *, mmap: bool = True, verify: bool = True) -> HybridRecommender:
    """Read a model; arrays are mapped into memory, not copied.

    But for the 64-bit indices of models kept by earlier releases, which are narrowed (``sparse``).

    Parameters
    ----------
    mmap : bool
        Map the arrays read-only instead of reading them.
    verify : bool
        Compare every file with the hash in the manifest.

    Raises
    ------
    SnapshotError
        When a file is missing, changed, of another shape or not finite.
    """
    if not folder.exists():
        raise SnapshotError(f"there is no folder {folder}")
    if not (folder / MANIFEST).is_file():
        raise SnapshotError(f"{folder} cannot be read: it holds no model (no {MANIFEST})")
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        manifest = json.loads(text, parse_constant=_refuse)
        if manifest["format"] != FORMAT:
            raise SnapshotError(f"format {manifest['format']} is not known")
        reader = _Reader(folder, manifest["files"], mmap=mmap, verify=verify)
        known = reader.get(manifest["catalogue"])
        known["tag_names"] = tuple(known["tag_names"])
        known["country_names"] = tuple(known["country_names"])
        return HybridRecommender(
            catalogue=Catalogue(**known),
            weighing=Weighing(**manifest["weighing"]),
            parts=tuple(_part(row, reader) for row in manifest["parts"]),
            bias=float(manifest["bias"]),
            cold_bias=manifest["cold_bias"],
            thin_bias=float(manifest.get("thin_bias", 0.0)),
            stranger_bias=manifest.get("stranger_bias"),
            link=_link(manifest.get("link")),
            **reader.get(manifest["audience"]),
            like_strength=float(manifest["like_strength"]),
            said_strength=float(manifest.get("said_strength", 2.0)),
            taste_noise=dict(manifest.get("taste_noise", {})),
            version=str(manifest["version"]),
            trained_at=str(manifest["trained_at"]),
            info=manifest["info"],
        )
    except SnapshotError:
        raise
    except FileNotFoundError as error:
        name = Path(error.filename).name
        raise SnapshotError(f"{folder.name} cannot be read: {name} is missing") from error
    except OSError as error:
        raise SnapshotError(f"{folder.name} cannot be read: {error.strerror}") from error
    except (DataError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotError(f"{folder.name} cannot be read: it is damaged ({error})") from error


def _state(model: Any) -> dict[str, Any]:
    """Return what serving needs of a model: numbers and what was learned, no inputs of the fit."""
    if type(model) not in _KEPT:
        raise SnapshotError(f"{type(model).__name__} is not made to be kept")
    plain = (bool, int, float, str, type(None))
    return {k: v for k, v in vars(model).items() if k.endswith("_") or isinstance(v, plain)}


def _refuse(constant: str) -> None:
    raise SnapshotError(f"the manifest holds {constant}")


def _part(row: dict[str, Any], reader: "_Reader") -> Part:
    kind = _MODELS[row["class"]]
    model: Any = kind.__new__(kind)
    vars(model).update(reader.get(row["state"]))
    cold = row["cold_curve"]
    return Part(
        name=row["name"],
        level=Level(row["level"]),
        model=model,
        curve=_read(row["curve"]),
        cold_curve=None if cold is None else _read(cold),
        personal=bool(row["personal"]),
        reads_nearby=bool(row.get("reads_nearby", False)),
    )


def _written(curve: Curve) -> dict[str, Any]:
    """Return the numbers of a curve; an infinite knee is null."""
    return {
        "slopes": list(curve.slopes),
        "knees": [None if np.isinf(knee) else knee for knee in curve.knees],
        "thin_slopes": list(curve.thin_slopes),
        "rare_slopes": list(curve.rare_slopes),
        "stranger_slopes": list(curve.stranger_slopes),
    }


def _link(row: dict[str, Any] | None) -> Link:
    """Read a link; a model of before there were any has the plain one."""
    if row is None:
        return PLAIN
    knees, slopes = (tuple(float(one) for one in row[name]) for name in ("knees", "slopes"))
    return Link(knees, slopes, float(row["shift"]), float(row.get("votes", 0.0)))


def _read(row: dict[str, Any]) -> Curve:
    return Curve(
        tuple(float(slope) for slope in row["slopes"]),
        tuple(LINE if knee is None else float(knee) for knee in row["knees"]),
        tuple(float(slope) for slope in row["thin_slopes"]),
        tuple(float(slope) for slope in row["rare_slopes"]),
        tuple(float(slope) for slope in row.get("stranger_slopes", ())),
    )


class _Writer:
    """Writes arrays, each once; says what it wrote as JSON."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[int, tuple[Any, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}

    def put(self, values: dict[str, Any], stem: str, *, finite: bool = True) -> dict[str, Any]:
        return {k: self._one(v, f"{stem}.{k}", finite=finite) for k, v in values.items()}

    def _one(self, value: Any, name: str, *, finite: bool) -> Any:
        if id(value) in self._seen:
            return self._seen[id(value)][1]
        if isinstance(value, IdMap):
            made: Any = {"ids": self._array(value.ids, name)}
        elif issparse(value):
            whole: Any = value
            made = {
                "shape": list(whole.shape),
                "data": self._array(whole.data, f"{name}.data", finite=finite),
                "indices": self._array(whole.indices, f"{name}.indices"),
                "indptr": self._array(whole.indptr, f"{name}.indptr"),
            }
        elif isinstance(value, np.ndarray):
            made = {"array": self._array(value, name, finite=finite and name.endswith("_"))}
        else:
            return {"value": list(value) if isinstance(value, tuple) else value}
        self._seen[id(value)] = (value, made)
        return made

    def _array(self, array: Any, name: str, *, finite: bool = False) -> str:
        if finite and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise SnapshotError(f"{name} holds numbers that are not finite")
        file = f"{name}.npy"
        path = self._folder / file
        with path.open("wb") as out:
            np.save(out, array, allow_pickle=False)
            out.flush()
            os.fsync(out.fileno())
        self.files[file] = {
            "sha256": _sha256(path),
            "shape": list(array.shape),
            "dtype": str(array.dtype),
        }
        return file


class _Reader:
    """Reads what `_Writer` wrote."""

    def __init__(self, folder: Path, files: dict[str, Any], *, mmap: bool, verify: bool) -> None:
        self._folder = folder
        self._files = files
        self._mmap = mmap
        self._verify = verify

    def get(self, values: dict[str, Any]) -> dict[str, Any]:
        return {name: self._one(value) for name, value in values.items()}

    def _one(self, value: dict[str, Any]) -> Any:
        if "value" in value:
            return value["value"]
        if "ids" in value:
            return IdMap(np.array(self._array(value["ids"])))
        if "array" in value:
            return self._array(value["array"])
        cells = [self._array(value[k]) for k in ("data", "indices", "indptr")]
        rows, columns = value["shape"]
        return csr(tuple(cells), (rows, columns))

    def _array(self, file: str) -> Any:
        facts = self._files[file]
        path = self._folder / file
        if path.parent != self._folder:
            raise SnapshotError(f"{file} lies outside the snapshot")
        if self._verify and _sha256(path) != facts["sha256"]:
            raise SnapshotError(f"{file} was changed")
        mapped = self._mmap and int(np.prod(facts["shape"])) > 0  # an empty file can't be mapped
        array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
        array = array.view(np.ndarray)  # still mapped, but np.memmap makes each slice slow
        if self._verify and _LEARNED.match(file) and _not_finite(array):
            raise SnapshotError(f"{file} holds numbers that are not finite")
        if list(array.shape) != facts["shape"] or str(array.dtype) != facts["dtype"]:
            raise SnapshotError(f"{file} has another shape than the manifest says")
        return array


def _not_finite(array: Any) -> bool:
    return array.dtype.kind == "f" and not bool(np.isfinite(array).all())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
