"""What was passed over in an upload, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

_TEXT = re.compile(r"(?P<file>.*): (?P<key>[a-z_.]+)(?: n=(?P<n>\d+))?", re.DOTALL)
_NAME_LENGTH = 80


class Reason(StrEnum):
    """Why a whole file, or the rest of it, was left out; each is a message key."""

    EMPTY = "import.note.empty"
    NOT_JSON = "import.note.not_json"
    HTML = "import.note.html"
    NOT_RECOGNISED = "import.note.not_recognised"
    NO_LISTENS = "import.note.no_listens"
    BOMB = "import.note.bomb"
    TOO_LARGE = "import.note.too_large"
    ENCRYPTED = "import.note.encrypted"
    TRUNCATED = "import.note.truncated"
    DAMAGED = "import.note.damaged"
    NESTED = "import.note.nested"
    SEVERAL_LISTENERS = "import.note.several_listeners"
    PODCASTS = "import.note.podcasts"
    VIDEOS = "import.note.videos"


class Skip(StrEnum):
    """Why single rows were left out; each is a message key with the number `n`."""

    PODCAST = "import.note.rows.podcast"
    AUDIOBOOK = "import.note.rows.audiobook"
    PRIVATE = "import.note.rows.private"
    SHORT = "import.note.rows.short"
    NO_ARTIST = "import.note.rows.no_artist"
    BAD_TIME = "import.note.rows.bad_time"
    FUTURE = "import.note.rows.future"
    BAD_NUMBER = "import.note.rows.bad_number"
    BAD_ROW = "import.note.rows.bad_row"


class FileRefusedError(Exception):
    """A file cannot be read, or not further; `keep` says whether the rows so far count."""

    def __init__(self, reason: Reason, *, keep: bool = False) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.keep = keep


@dataclass(frozen=True, slots=True)
class Note:
    """One line about an upload; written as `file: key` or `file: key n=12`."""

    file: str
    key: str
    n: int | None = None

    def __str__(self) -> str:
        return f"{self.file}: {self.key}" + ("" if self.n is None else f" n={self.n}")

    @classmethod
    def parse(cls, text: str) -> "Note":
        """Read a note back.

        Raises
        ------
        ValueError
            When the text is not a note.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError("not a note")
        n = match["n"]
        return cls(match["file"], match["key"], None if n is None else int(n))

    @property
    def params(self) -> Mapping[str, object]:
        """What the sentence behind `key` may name."""
        return {"file": self.file} if self.n is None else {"file": self.file, "n": self.n}


def short_name(name: str) -> str:
    """Return the last part of a file's name, printable and short: for notes, never for paths."""
    last = PurePosixPath(name.replace("\\", "/")).name
    printable = "".join(c if c.isprintable() else "?" for c in last)
    if len(printable) > _NAME_LENGTH:
        printable = printable[: _NAME_LENGTH - 9] + "…" + printable[-8:]
    return printable or "?"
