"""The parse job: raw files of an upload to staged rows, within hard bounds.

A bad row is left out and counted, a bad file noted; the rest goes on. Only an upload of which
nothing can be read is an error.
"""

import json
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.errors import BadFileError
from bot.worker.archive import Archive, known_reason
from bot.worker.formats import Read
from bot.worker.limits import MIB, Limits, OutOfTimeError
from bot.worker.notes import FileRefusedError, Note, Reason, Skip, short_name
from bot.worker.reading import read_file
from bot.worker.rows import FUTURE_TOLERANCE_MS, StagedRow
from bot.worker.staging import Staging
from bot.worker.streams import Budget, CountedReader, TextReader

MOST_NOTES = 60
_REPORT_EVERY = 5_000
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

_ERRORS: tuple[tuple[Reason, str], ...] = (
    (Reason.SEVERAL_LISTENERS, "import.error.several_listeners"),
    (Reason.BOMB, "import.error.bomb"),
    (Reason.ENCRYPTED, "import.error.encrypted"),
    (Reason.TOO_LARGE, "import.error.too_large"),
    (Reason.TRUNCATED, "import.error.truncated"),
    (Reason.DAMAGED, "import.error.truncated"),
    (Reason.PODCASTS, "import.error.no_listens"),
    (Reason.VIDEOS, "import.error.no_listens"),
    (Reason.NO_LISTENS, "import.error.no_listens"),
    (Reason.NESTED, "import.error.not_recognised"),
    (Reason.HTML, "import.error.not_recognised"),
    (Reason.NOT_JSON, "import.error.not_recognised"),
    (Reason.NOT_RECOGNISED, "import.error.not_recognised"),
    (Reason.EMPTY, "import.error.empty"),
)
"""What the person is told when nothing could be read: the most telling reason of any file."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was staged."""

    rows: int
    notes: tuple[str, ...]


class ParseJob:
    """Parses one upload folder; use once."""

    def __init__(
        self,
        folder: Path,
        *,
        now_ms: int,
        several_listeners: bool = False,
        limits: Limits | None = None,
        report: Callable[[int], None] = lambda _rows: None,
    ) -> None:
        self._folder = folder
        self._latest_ms = now_ms + FUTURE_TOLERANCE_MS
        self._several_listeners = several_listeners
        self._limits = limits or Limits()
        self._report = report
        self._budget = Budget(self._limits)
        self._notes: list[tuple[str, Reason]] = []
        self._skips: Counter[tuple[str, Skip]] = Counter()
        self._seen = 0

    def run(self) -> Parsed:
        """Stage every row that can be read.

        Raises
        ------
        BadFileError
            When there is none.
        """
        names = self._original_names()
        staging = Staging(self._folder)
        try:
            for path in sorted((self._folder / "raw").iterdir()):
                self._read_upload(path, names.get(path.name, path.name), staging)
            n = staging.publish() if staging.count() else 0
        except OutOfTimeError as error:
            staging.abandon()
            raise BadFileError(
                "import.error.too_large", file="?", **_bounds(Reason.TOO_LARGE, self._limits)
            ) from error
        except BaseException:
            staging.abandon()
            raise
        if n == 0:
            staging.abandon()
            raise self._nothing()
        return Parsed(n, tuple(str(note) for note in self._all_notes()))

    def _original_names(self) -> dict[str, str]:
        """Return what the uploader called each raw file."""
        stored = json.loads((self._folder / "names.json").read_text(encoding="utf-8"))
        return {key: short_name(str(name)) for key, name in stored.items()}

    def _read_upload(self, path: Path, name: str, staging: Staging) -> None:
        with path.open("rb") as raw:
            start = raw.read(4)
            raw.seek(0)
            try:
                if start in _ZIP_STARTS:
                    self._read_archive(raw, name, staging)
                elif reason := known_reason(name):
                    self._notes.append((name, reason))
                else:
                    self._read_one(raw, 0, name, name, staging)
            except FileRefusedError as refused:
                self._notes.append((name, refused.reason))

    def _read_archive(self, raw: IO[bytes], name: str, staging: Staging) -> None:
        archive = Archive(raw, self._limits)
        try:
            self._notes += [(short_name(base), reason) for base, reason in archive.left_out()]
            chosen = archive.chosen()
            if not chosen and not archive.left_out():
                raise FileRefusedError(Reason.NOT_RECOGNISED)
            for entry in chosen:
                base = short_name(entry.filename)
                try:
                    with archive.open(entry) as file:
                        self._read_one(file, max(entry.compress_size, 1), base, name, staging)
                except FileRefusedError as refused:
                    self._notes.append((base, refused.reason))
        finally:
            archive.close()

    def _read_one(
        self, raw: IO[bytes], stored: int, name: str, upload: str, staging: Staging
    ) -> None:
        """Read one file; rows before a break stay, those of a refused file are dropped."""
        before = self._skips.copy()
        broken: FileRefusedError | None = None
        try:
            with staging.part():
                try:
                    if self._stage(self._rows(raw, stored, name), upload, staging) == 0:
                        broken = FileRefusedError(Reason.NO_LISTENS)
                except FileRefusedError as refused:
                    if not refused.keep:
                        raise
                    broken = refused
        except FileRefusedError:
            self._skips = before
            raise
        except MemoryError as error:
            self._skips = before
            raise FileRefusedError(Reason.BOMB) from error
        if broken is not None:
            raise broken

    def _rows(self, raw: IO[bytes], stored: int, name: str) -> Iterator[Read]:
        """Yield rows and reasons, with every error of a hostile file as a typed one."""
        try:
            counted = CountedReader(raw, self._budget, stored=stored)
            text = TextReader(counted, row_bytes=self._limits.row_bytes)
            if text.starts_like(*_ZIP_STARTS):
                raise FileRefusedError(Reason.NESTED)
            yield from read_file(
                text,
                name=name,
                latest_ms=self._latest_ms,
                several_listeners=self._several_listeners,
            )
        except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
            raise FileRefusedError(Reason.DAMAGED) from error  # what was read may be wrong too

    def _stage(self, rows: Iterator[Read], upload: str, staging: Staging) -> int:
        n = 0
        for row in rows:
            if isinstance(row, StagedRow):
                staging.add(row)
                n += 1
            else:
                self._skips[upload, row] += 1
            self._seen += 1
            if self._seen % _REPORT_EVERY == 0:
                self._report(self._seen)
        return n

    def _all_notes(self) -> list[Note]:
        files = [Note(name, reason.value) for name, reason in self._notes]
        rows = [Note(name, skip.value, n) for (name, skip), n in self._skips.items()]
        return (files + rows)[:MOST_NOTES]

    def _nothing(self) -> BadFileError:
        """Return the error that says best why there is nothing."""
        for reason, key in _ERRORS:
            for name, seen in self._notes:
                if seen is reason:
                    return BadFileError(key, file=name, **_bounds(reason, self._limits))
        return BadFileError("import.error.empty", file="?")


def _bounds(reason: Reason, limits: Limits) -> dict[str, int]:
    if reason is not Reason.TOO_LARGE:
        return {}
    return {"file_mb": limits.file_bytes // MIB, "total_mb": limits.total_bytes // MIB}
