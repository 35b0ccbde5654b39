"""`make demo LISTENS=…`: real listening data, sorted into one upload per member."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.demo.personas import NEWCOMER, YOU
from bot.errors import SettingsError
from bot.worker.formats.csv_table import header_of

MOST_LISTENERS = 200
MOST_ROWS = 20_000
"""Of one listener; a table of years of scrobbles would not be read in by the time one looks."""
NAME_LENGTH = 32
_HEAD = 8192


@dataclass(frozen=True, slots=True)
class Upload:
    """What one member brings in, as they would attach it to `/import`."""

    member: str
    files: tuple[tuple[str, bytes], ...]


def read_listens(paths: Sequence[Path]) -> list[Upload]:
    """Return an upload per listener of the tables, and one of `You` for all exports.

    Raises
    ------
    SettingsError
        One sentence about the first file that is missing or cannot be read.
    """
    uploads: list[Upload] = []
    exports: list[tuple[str, bytes]] = []
    for path in paths:
        try:
            table = _listener_column(path)
            if table is None:
                exports.append((path.name, path.read_bytes()))
            else:
                uploads += _split(path, *table, taken={u.member for u in uploads})
        except FileNotFoundError:
            raise SettingsError(f"{path}: there is no such file.") from None
        except IsADirectoryError:
            raise SettingsError(f"{path} is a folder; name the files in it.") from None
        except OSError as error:
            raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
    if exports:
        uploads.insert(0, Upload(YOU, tuple(exports)))
    return uploads


def _listener_column(path: Path) -> tuple[str, int] | None:
    """Return delimiter and place of the listener in a table; None for every other file."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.lstrip()[:1] in (b"[", b"{", b"<", b"") or head[:2] == b"PK":
        return None
    header = header_of(head.decode("utf-8-sig", "replace"))
    if header is None or "listener" not in header[1]:
        return None
    return header[0], header[1]["listener"]


def _split(path: Path, delimiter: str, column: int, *, taken: set[str]) -> Iterator[Upload]:
    """Yield an upload for each of the listeners with most rows."""
    rows = Counter(cells[column] for cells in _rows(path, delimiter, column))
    chosen = {listener for listener, _ in rows.most_common(MOST_LISTENERS)}
    kept: dict[str, list[list[str]]] = defaultdict(list)
    for cells in _rows(path, delimiter, column):
        if cells[column] in chosen and len(kept[cells[column]]) < MOST_ROWS:
            kept[cells[column]].append(cells)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        header = next(csv.reader(file, delimiter=delimiter))
    taken = taken | {YOU, NEWCOMER}
    for listener, _ in rows.most_common(MOST_LISTENERS):
        name = _free_name(listener, taken)
        taken.add(name)
        table = io.StringIO()
        writer = csv.writer(table, delimiter=delimiter)
        writer.writerows([header, *kept[listener]])
        yield Upload(name, ((path.name, table.getvalue().encode()),))


def _rows(path: Path, delimiter: str, column: int) -> Iterator[list[str]]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader((line.replace("\0", "") for line in file), delimiter=delimiter)
        next(reader, None)
        for cells in reader:
            if len(cells) > column and cells[column].strip():
                yield cells


def _free_name(listener: str, taken: set[str]) -> str:
    """Return a display name for a listener that nobody has yet."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in listener).split())
    name = plain[:NAME_LENGTH] or "somebody"
    number = 2
    while name in taken:
        end = f" {number}"
        name = plain[: NAME_LENGTH - len(end)] + end
        number += 1
    return name
