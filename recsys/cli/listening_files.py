"""Listening sets as they come: tables, folders of a split, ListenBrainz dumps; read row by row."""

import contextlib
import csv
import gzip
import importlib
import io
import itertools
import json
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from recsys.cli.column_order import tell_swapped
from recsys.cli.listening import Heard
from recsys.cli.tables import maybe, separator, tell_index, too_few
from recsys.errors import DataError

_LONGEST_LINE: Final = 2**20
_BEGINNING: Final = 100
"""Rows that show whether a column numbers them."""
_PLAYS: Final = {"plays", "count", "playcount", "play_count", "n"}
_LISTENS: Final = (".listens", ".jsonl", ".json", ".ndjson")
_BROKEN: Final = (
    *(OSError, EOFError, ValueError, csv.Error, tarfile.TarError, zlib.error, UnicodeError),
)


def heard_in(path: Path) -> Iterator[Heard]:
    """Read one listening set.

    A folder holds ``train`` and, where there is one, ``valid`` .csv[.gz]. A table names the listener
    and the artist in its first two columns; plays are in a column of that name, or in the third of
    three. ListenBrainz listens are JSON lines, plain or in a ``.tar``; both may be compressed by gzip
    or Zstandard.

    Raises
    ------
    DataError
        When it cannot be read to its end.
    """
    if path.is_dir():
        tables = [found for name in ("train", "valid") if (found := maybe(path, name)) is not None]
        if not tables:
            raise DataError(f"{path} holds no train.csv or train.csv.gz")
        for table in tables:
            yield from heard_in(table)
        return
    if not path.is_file():
        raise DataError(f"there is no file or folder {path}")
    try:
        with _opened(path) as stream:
            yield from _rows(path, stream)
    except _BROKEN as error:
        raise DataError(f"{path.name} cannot be read to its end: {error}") from error


def _rows(path: Path, stream: IO[bytes]) -> Iterator[Heard]:
    kinds = [suffix.lower() for suffix in path.suffixes]
    packed = kinds and kinds[-1] in (".gz", ".zst", ".tgz")
    inner = ".tar" if ".tgz" in kinds else kinds[-2 if packed and len(kinds) > 1 else -1]
    if inner == ".tar":
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                if member.isfile() and member.name.endswith(_LISTENS):
                    content = archive.extractfile(member)
                    if content is not None:
                        yield from _listens(content)
    elif inner in _LISTENS:
        yield from _listens(stream)
    else:
        yield from _table(path, stream)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    ending = path.suffix.lower()
    if ending in (".gz", ".tgz"):
        with gzip.open(path) as unpacked:
            yield unpacked  # type: ignore[misc]  # reads bytes, whatever its stubs call it
    elif ending == ".zst":
        with _zstandard(path) as unpacked:
            yield unpacked
    else:
        with path.open("rb") as plain:
            yield plain


@contextlib.contextmanager
def _zstandard(path: Path) -> Iterator[IO[bytes]]:
    """Unpack Zstandard by Python's own module (from 3.14), else by the program of that name."""
    try:
        module: Any = importlib.import_module("compression.zstd")
    except ImportError:
        module = None
    if module is not None:
        with module.open(path) as unpacked:
            yield unpacked
        return
    program = shutil.which("zstd")
    if program is None:
        raise DataError(
            f"{path.name} is packed with Zstandard; install the program zstd, use Python 3.14, or "
            "unpack it first"
        )
    command = [program, "-dcq", "--long=31", "--", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603  # fixed program, no shell
        if process.stdout is None:
            raise DataError("zstd gives no answer")
        try:
            yield process.stdout
            rest = process.stdout.read(_LONGEST_LINE)  # an archive's last blocks
            while rest:
                rest = process.stdout.read(_LONGEST_LINE)
            if process.wait() != 0:
                raise DataError(f"{path.name} is damaged: zstd cannot unpack it")
        finally:
            process.kill()


def _listens(stream: IO[bytes]) -> Iterator[Heard]:
    """Read JSON lines as ListenBrainz writes them; lines that are no listen are passed over."""
    while line := stream.readline(_LONGEST_LINE):
        try:
            row = json.loads(line)
            told = row["track_metadata"]
            listener = str(row.get("user_name") or row["user_id"])
            artist, mbid = _artist(told)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if isinstance(artist, str) and artist:
            yield Heard(listener, artist[:500], mbid=mbid if isinstance(mbid, str) else "")


def _artist(told: dict[str, Any]) -> tuple[Any, Any]:
    """Prefer what the server matched: the first artist of the credit, with its id."""
    mapping = told.get("mbid_mapping") or {}
    credited = mapping.get("artists") or []
    if credited:
        return credited[0]["artist_credit_name"], credited[0].get("artist_mbid", "")
    mbids = mapping.get("artist_mbids") or []
    return told["artist_name"], mbids[0] if len(mbids) == 1 else ""


def _table(path: Path, stream: IO[bytes]) -> Iterator[Heard]:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        first = text.readline()
        rows = csv.reader(itertools.chain([first], text), delimiter=separator(first))
        header = next(rows, [])
        if not header:
            raise DataError(f"{path.name} is empty; its first line must name the columns")
        if len(header) < 2:
            raise too_few(path, ("listener", "artist"), len(header))
        tell_swapped(path.name, header)
        named = [k for k, name in enumerate(header) if name.strip().lower() in _PLAYS]
        plays = named[0] if named else 2 if len(header) == 3 else None
        begun = list(itertools.islice(rows, _BEGINNING))
        tell_index(path.name, header[0], [row[0] for row in begun if row])
        for number, row in enumerate(itertools.chain(begun, rows), start=2):
            if len(row) < 2 or not row[0] or not row[1]:
                raise DataError(f"{path.name}, line {number}: a listener and an artist are needed")
            count = 1.0 if plays is None else _number(path, number, row, plays, header[plays])
            yield Heard(row[0], row[1], count)
    finally:
        text.detach()  # whoever opened the file closes it


def _number(path: Path, line: int, row: list[str], column: int, name: str) -> float:
    cell = row[column] if column < len(row) else ""
    try:
        value = float(cell)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise DataError(
            f"{path.name}, line {line}: plays must be a number > 0, but column {column + 1} "
            f"({name}), which is taken as plays, holds {cell!r}; a file has listener, artist and "
            "plays, or listener and artist alone"
        )
    return value
