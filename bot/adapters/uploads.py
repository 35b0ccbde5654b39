"""Raw uploads on disk: named by us, readable by nobody else, complete or not there at all."""

import asyncio
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from bot.errors import NotFoundError

P = ParamSpec("P")
T = TypeVar("T")

_FOLDER = re.compile(r"[0-9a-f]{32}")
UNFINISHED = ".new-"
"""Such folders are deleted at the next start."""
_THREADS = 2
RAW = "raw"
NAMES = "names.json"
FIRST = "0000"


class UploadFolder:
    """The `Uploads` port on a folder; each upload is `<name>/raw/0000…` and `names.json`.

    File work runs in a small pool of its own, so that neither the event loop nor name resolution
    waits for a slow disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="uploads")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Wait for file work under way and end the pool."""
        await asyncio.to_thread(self._pool.shutdown)

    async def store(self, files: Iterable[tuple[str, bytes]]) -> str:
        """Write files durably under names of our own; return the folder name."""
        return await self._run(self._store, list(files))

    async def begin(self) -> str:
        """Make an empty file in a folder of its own; return the folder's name."""
        return await self._run(self._begin)

    async def received(self, folder: str) -> int:
        """Return how many bytes of a file have arrived; what is on disk says so, nothing else.

        Raises
        ------
        NotFoundError
            When the file is gone.
        """
        try:
            return await self._run(_size, self._arriving(folder))
        except FileNotFoundError:
            raise NotFoundError from None

    async def append(self, folder: str, data: bytes) -> None:
        """Write bytes behind what has arrived."""
        await self._run(_append, self._arriving(folder), data)

    async def seal(self, folder: str, name: str) -> None:
        """Make an arrived file durable and an upload like any other; twice is once."""
        await self._run(_seal, self.path(folder), name)

    async def free_bytes(self) -> int:
        """Return the room on the disk."""
        return await self._run(self._free)

    def path(self, folder: str) -> Path:
        """Return where a folder lies.

        Raises
        ------
        ValueError
            When the name is not one that `store` gave out.
        """
        if not _FOLDER.fullmatch(folder):
            raise ValueError("not the name of an upload")
        return self._folder / folder

    async def discard(self, folder: str) -> None:
        """Delete a folder; deleting twice is fine."""
        await self._run(_remove, self.path(folder))

    async def sweep(self, keep: Collection[str]) -> int:
        """Delete every upload that is not in `keep`, after a crash; return how many."""
        return await self._run(self._sweep, frozenset(keep))

    async def _run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: function(*args, **kwargs))

    def _store(self, files: list[tuple[str, bytes]]) -> str:
        name = secrets.token_hex(16)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._folder / f"{UNFINISHED}{name}"
        raw = new / RAW
        try:
            new.mkdir(mode=0o700)
            raw.mkdir(mode=0o700)
            original = {f"{i:04}": given for i, (given, _) in enumerate(files)}
            for (_, data), own in zip(files, original, strict=True):
                _write(raw / own, data)
            _write(new / NAMES, json.dumps(original).encode("ascii"))
            _sync(raw)
            _sync(new)
            new.rename(self._folder / name)
            _sync(self._folder)
        except BaseException:
            _remove(new)
            raise
        return name

    def _begin(self) -> str:
        name = secrets.token_hex(16)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        raw = self._folder / name / RAW
        raw.parent.mkdir(mode=0o700)
        raw.mkdir(mode=0o700)
        _write(raw / FIRST, b"")
        return name

    def _arriving(self, folder: str) -> Path:
        return self.path(folder) / RAW / FIRST

    def _free(self) -> int:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free

    def _sweep(self, keep: frozenset[str]) -> int:
        if not self._folder.is_dir():
            return 0
        stale = [
            path
            for path in self._folder.iterdir()
            if path.name.startswith(UNFINISHED)
            or (_FOLDER.fullmatch(path.name) and path.name not in keep)
        ]
        for path in stale:
            _remove(path)
        return len(stale)


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _size(file: Path) -> int:
    return file.stat().st_size


def _append(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _seal(folder: Path, name: str) -> None:
    _sync_file(folder / RAW / FIRST)
    names = folder / NAMES
    names.unlink(missing_ok=True)
    _write(names, json.dumps({FIRST: name}).encode("ascii"))
    _sync(folder / RAW)
    _sync(folder)
    _sync(folder.parent)


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
