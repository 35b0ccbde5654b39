"""Reading untrusted bytes: counted, decoded, row by row, never more than a bound at once."""

import codecs
import io
from collections.abc import Iterator
from typing import IO, TypeAlias

from bot.worker.limits import Limits
from bot.worker.notes import FileRefusedError, Reason

CHUNK = 64 * 1024
_Decoder: TypeAlias = codecs.IncrementalDecoder | io.IncrementalNewlineDecoder
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Budget:
    """Inflated bytes left for a whole upload."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.used = 0


class CountedReader:
    """A file's bytes; refuses once a bound is passed. `stored` is the size on disk, 0 if unknown."""

    def __init__(self, raw: IO[bytes], budget: Budget, *, stored: int = 0) -> None:
        self._raw = raw
        self._budget = budget
        self._stored = stored
        self.count = 0

    def read(self, size: int = CHUNK) -> bytes:
        """Return up to `size` bytes, none for 0 and at the end."""
        if size == 0:
            return b""
        data = self._raw.read(CHUNK if size < 0 else min(size, CHUNK))
        limits = self._budget.limits
        self.count += len(data)
        self._budget.used += len(data)
        if self._stored and self.count > max(limits.ratio_from_bytes, limits.ratio * self._stored):
            raise FileRefusedError(Reason.BOMB)
        if self.count > limits.file_bytes or self._budget.used > limits.total_bytes:
            raise FileRefusedError(Reason.TOO_LARGE)
        return data


class TextReader:
    """Text of a counted file: UTF-8 or UTF-16, with or without a mark; bad bytes become U+FFFD.

    Offers the text in pieces (`chunk`) or as lines (`lines`), one of the two. A character that is
    cut off at the very end is dropped.
    """

    def __init__(self, source: CountedReader, *, row_bytes: int) -> None:
        self._source = source
        self.row_bytes = row_bytes
        self._head = _fill(source)
        self._encoding, self._mark = _encoding(self._head)
        self._pending = self._head[self._mark :]
        self._decoder: _Decoder = self._new_decoder()
        self._ended = False

    def peek(self) -> str:
        """Return the beginning of the text without consuming it."""
        return self._new_decoder().decode(self._head[self._mark :])

    def starts_like(self, *marks: bytes) -> bool:
        """Return whether the raw bytes begin with one of the marks."""
        return self._head.startswith(marks)

    def chunk(self) -> str:
        """Return the next piece of the text, "" at the end."""
        while not self._ended:
            data, self._pending = self._pending or self._source.read(), b""
            self._ended = not data
            if text := self._decoder.decode(data):
                return text
        return ""

    def lines(self) -> Iterator[str | None]:
        """Yield lines without their end; None stands for one that is too long."""
        self._decoder = io.IncrementalNewlineDecoder(self._new_decoder(), translate=True)
        rest, too_long = "", False
        while text := self.chunk():
            first, *others = text.split("\n")
            if not others:
                rest = "" if too_long else rest + first
            else:
                yield None if too_long else rest + first
                yield from others[:-1]
                rest, too_long = others[-1], False
            if len(rest) > self.row_bytes:
                rest, too_long = "", True
        if too_long:
            yield None
        elif rest:
            yield rest

    def _new_decoder(self) -> codecs.IncrementalDecoder:
        return codecs.getincrementaldecoder(self._encoding)("replace")


def _fill(source: CountedReader) -> bytes:
    parts: list[bytes] = []
    while sum(map(len, parts)) < CHUNK and (data := source.read()):
        parts.append(data)
    return b"".join(parts)


def _encoding(head: bytes) -> tuple[str, int]:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", 3
    if head[:2] in _UTF16:
        return _UTF16[head[:2]], 2
    even, odd = head[0:64:2], head[1:64:2]
    if len(odd) > 1 and not odd.strip(b"\0") and even.strip(b"\0"):
        return "utf-16-le", 0
    if len(even) > 1 and not even.strip(b"\0") and odd.strip(b"\0"):
        return "utf-16-be", 0
    return "utf-8", 0
