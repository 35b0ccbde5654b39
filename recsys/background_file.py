"""A background prior as one file: a ZIP of `.npy` arrays and a manifest with their hashes; no pickle."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from recsys.background import Background, Provenance
from recsys.errors import DataError, SnapshotError
from recsys.sparse import csr

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MOST_BYTES: Final = 2 * 2**30
_HALF: Final = ("factors", "tag_factors")
_TEXTS: Final = ("keys", "mbids", "tags")
_ARRAYS: Final = ("listeners", *_HALF, "gram", "idf")
_NEIGHBOURS: Final = ("data", "indices", "indptr")
_FILES: Final = (*_TEXTS, *_ARRAYS, *(f"neighbours_{name}" for name in _NEIGHBOURS))
_DATE: Final = (1980, 1, 1, 0, 0, 0)  # the same prior is the same file


def write_background(prior: Background, path: Path) -> None:
    """Write a prior; what is rounded to half precision was so before (see ``pretrain``).

    Raises
    ------
    SnapshotError
        When it holds numbers that are not finite.
    """
    arrays: dict[str, Any] = {name: _packed(getattr(prior, name)) for name in _TEXTS}
    for name in _ARRAYS:
        values = getattr(prior, name)
        if not np.isfinite(values).all():
            raise SnapshotError(f"{name} holds numbers that are not finite")
        arrays[name] = values.astype(np.float16) if name in _HALF else values
    near: Any = prior.neighbours
    if not np.isfinite(near.data).all():
        raise SnapshotError("neighbours holds numbers that are not finite")
    arrays["neighbours_data"] = near.data.astype(np.float16)
    arrays["neighbours_indices"] = near.indices.astype(np.int32)
    arrays["neighbours_indptr"] = near.indptr.astype(np.int64)
    contents = {name: _bytes(values) for name, values in arrays.items()}
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "about": asdict(prior.about),
        "n_known": prior.n_known,
        "latent": dict(prior.latent),
        "norm": prior.norm,
        "slopes": {name: list(slopes) for name, slopes in prior.slopes.items()},
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()},
    }
    manifest["sha256"] = _digest(manifest)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        text = json.dumps(manifest, indent=1, allow_nan=False)
        file.writestr(_entry(MANIFEST), text)
        for name, data in contents.items():
            file.writestr(_entry(f"{name}.npy"), data)


def read_background(path: Path) -> Background:
    """Read a prior; everything is checked.

    Raises
    ------
    SnapshotError
        When the file is no prior, was changed, is too large, or names no source or licence.
    """
    with _opened(path) as (file, manifest):
        arrays = {name: _array(file, name, manifest["files"][name]) for name in _FILES}
        return _prior(manifest, arrays)


def read_provenance(path: Path) -> tuple[Provenance, int]:
    """Read only where a prior comes from, and how many artists it knows.

    Raises
    ------
    SnapshotError
        When the file is no prior.
    """
    with _opened(path) as (file, manifest):
        keys = _array(file, "keys", manifest["files"]["keys"])
        return Provenance(**manifest["about"]), len(_unpacked(keys))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """Open a prior and read its manifest; whatever goes wrong meanwhile says what the file is not."""
    if path.is_dir():
        raise SnapshotError(f"{path} is a folder; a prior is the file that `pretrain --out` wrote")
    try:
        with zipfile.ZipFile(path) as file:
            _check_size(file)
            yield file, _manifest(file)
    except SnapshotError:
        raise
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}") from error
    except (
        *(DataError, EOFError, ValueError, KeyError, TypeError, AttributeError),
        *(IndexError, zipfile.BadZipFile, NotImplementedError, RuntimeError),
    ) as error:
        raise SnapshotError(
            f"{path.name} is no background prior: {error}; `pretrain` writes one"
        ) from error


def _check_size(file: zipfile.ZipFile) -> None:
    if sum(entry.file_size for entry in file.infolist()) > MOST_BYTES:
        raise SnapshotError("the prior is larger than 2 GiB")


def _manifest(file: zipfile.ZipFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(file.read(MANIFEST))
    if manifest["format"] != FORMAT:
        raise SnapshotError(f"format {manifest['format']} of a prior is not known")
    if manifest.pop("sha256") != _digest(manifest):
        raise SnapshotError("the manifest was changed")
    return manifest


def _array(file: zipfile.ZipFile, name: str, digest: str) -> Any:
    data = file.read(f"{name}.npy")
    if hashlib.sha256(data).hexdigest() != digest:
        raise SnapshotError(f"{name}.npy was changed")
    array = np.load(io.BytesIO(data), allow_pickle=False)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise SnapshotError(f"{name}.npy holds numbers that are not finite")
    return array


def _prior(manifest: dict[str, Any], arrays: dict[str, Any]) -> Background:
    texts = {name: _unpacked(arrays[name]) for name in _TEXTS}
    n = len(texts["keys"])
    indptr = arrays["neighbours_indptr"]
    indices = arrays["neighbours_indices"]
    if len(indices) and not 0 <= int(indices.min()) <= int(indices.max()) < n:
        raise SnapshotError("neighbours point outside the prior")
    if len(indptr) != n + 1 or indptr[0] != 0 or bool((np.diff(indptr) < 0).any()):
        raise SnapshotError("neighbours have another shape than the artists")
    cells = (arrays["neighbours_data"].astype(np.float32), indices, indptr)
    slopes = {
        str(name): (float(each[0]), float(each[1]), float(each[2]))
        for name, each in manifest["slopes"].items()
    }
    return Background(
        **texts,
        listeners=arrays["listeners"],
        n_known=int(manifest["n_known"]),
        factors=arrays["factors"].astype(np.float32),
        gram=arrays["gram"].astype(np.float64),
        latent={str(name): float(value) for name, value in manifest["latent"].items()},
        neighbours=csr(cells, (n, n)),
        norm=float(manifest["norm"]),
        idf=arrays["idf"].astype(np.float32),
        tag_factors=arrays["tag_factors"].astype(np.float32),
        slopes=slopes,
        about=Provenance(**manifest["about"]),
    )


def _packed(texts: tuple[str, ...]) -> Any:
    """Lines of UTF-8 as an array of bytes; no text holds a line break."""
    joined = "".join(f"{' '.join(text.splitlines())}\n" for text in texts)
    return np.frombuffer(joined.encode(), np.uint8)


def _unpacked(packed: Any) -> tuple[str, ...]:
    return tuple(packed.tobytes().decode().split("\n")[:-1])


def _bytes(values: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _digest(manifest: dict[str, Any]) -> str:
    text = json.dumps(manifest, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
