"""ZIP files from strangers: looked into entry by entry, never extracted."""

import re
import struct
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import IO, cast

from bot.worker.limits import Limits
from bot.worker.notes import FileRefusedError, Reason

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_READABLE = (".json", ".jsonl", ".csv", ".tsv")
_LISTENS = re.compile(
    r"streaming_history_audio.*\.json|streaminghistory(_?music)?_?\d*\.json|endsong.*\.json"
    r"|\d{1,2}\.jsonl",
    re.IGNORECASE,
)
"""Names of files with listens in known exports: where there are any, nothing else is opened."""
_KNOWN_OTHERS: Sequence[tuple[re.Pattern[str], Reason]] = (
    (re.compile(r"streaminghistory_?podcast.*\.json", re.IGNORECASE), Reason.PODCASTS),
    (re.compile(r"(streaming_history_video|endvideo).*\.json", re.IGNORECASE), Reason.VIDEOS),
)
_PRIVATE = re.compile(
    r"(userdata|identity|identifiers|payments|searchqueries|inferences|follow|userprompts|marquee"
    r"|familyplan|user|feedback|pinned_recording)\w*\.jsonl?",
    re.IGNORECASE,
)
"""Who somebody is and what they pay is in the same export: never opened."""


class _ShortReads:
    """A file that refuses to be read in one large piece, so that no directory fills the memory."""

    def __init__(self, raw: IO[bytes], most: int) -> None:
        self._raw = raw
        self._most = most
        self.seek, self.tell, self.seekable = raw.seek, raw.tell, raw.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(self._most + 1 if size < 0 else min(size, self._most + 1))
        if len(data) > self._most:
            raise FileRefusedError(Reason.BOMB)
        return data


def known_reason(name: str) -> Reason | None:
    """Return why a file of this name is left out unread, None when it may be looked at."""
    base = PurePosixPath(name.replace("\\", "/")).name
    return next((reason for pattern, reason in _KNOWN_OTHERS if pattern.fullmatch(base)), None)


class Archive:
    """A checked ZIP file.

    Raises
    ------
    FileRefusedError
        From the constructor: damaged, too many entries, or entries that share bytes.
    """

    def __init__(self, raw: IO[bytes], limits: Limits) -> None:
        self._raw = raw
        try:
            self._zip = zipfile.ZipFile(cast("IO[bytes]", _ShortReads(raw, limits.directory_bytes)))
        except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, OSError) as error:
            raise FileRefusedError(Reason.TRUNCATED) from error
        except NotImplementedError as error:
            raise FileRefusedError(Reason.DAMAGED) from error
        if len(self._zip.filelist) > limits.entries:
            raise FileRefusedError(Reason.BOMB)
        _check_overlap(raw, self._zip)

    def chosen(self) -> list[zipfile.ZipInfo]:
        """Return the entries that may hold listens, by name; at most those of known exports."""
        readable = [
            entry
            for entry in self._zip.filelist
            if not entry.is_dir()
            and _base(entry).casefold().endswith(_READABLE)
            and not _base(entry).startswith("._")
            and not _PRIVATE.fullmatch(_base(entry))
            and known_reason(_base(entry)) is None
        ]
        known = [entry for entry in readable if _LISTENS.fullmatch(_base(entry))]
        return known or readable

    def left_out(self) -> list[tuple[str, Reason]]:
        """Return entries that are named in the notes without being opened."""
        out: list[tuple[str, Reason]] = []
        for entry in self._zip.filelist:
            base = _base(entry)
            if base.casefold().endswith(".zip"):
                out.append((base, Reason.NESTED))
            elif reason := known_reason(base):
                out.append((base, reason))
        return out

    def open(self, entry: zipfile.ZipInfo) -> IO[bytes]:
        """Open an entry for reading.

        Raises
        ------
        FileRefusedError
            When it is encrypted, packed in an unusual way or damaged.
        """
        if entry.flag_bits & _ENCRYPTED:
            raise FileRefusedError(Reason.ENCRYPTED)
        if entry.compress_type not in _METHODS:
            raise FileRefusedError(Reason.DAMAGED)
        try:
            return self._zip.open(entry)
        except (zipfile.BadZipFile, RuntimeError, struct.error, ValueError, OSError) as error:
            raise FileRefusedError(Reason.DAMAGED) from error
        except NotImplementedError as error:
            raise FileRefusedError(Reason.ENCRYPTED) from error

    def close(self) -> None:
        """Forget the directory."""
        self._zip.close()


def _base(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename.replace("\\", "/")).name


def _check_overlap(raw: IO[bytes], archive: zipfile.ZipFile) -> None:
    """Refuse entries that share bytes with each other or with the directory (a small bomb)."""
    end = archive.start_dir
    for entry in sorted(archive.filelist, key=lambda e: e.header_offset, reverse=True):
        if entry.header_offset < 0:
            raise FileRefusedError(Reason.DAMAGED)
        raw.seek(entry.header_offset)
        header = raw.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise FileRefusedError(Reason.DAMAGED)
        _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        data_at = entry.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        if data_at + entry.compress_size > end:
            raise FileRefusedError(Reason.BOMB)
        end = entry.header_offset
