"""Reading untrusted bytes: counted, decoded, row by row, never more than a bound at once."""

import codecs
import io
from collections.abc import Iterator
from typing import IO, TypeAlias

from bot.worker.limits import Limits
from bot.worker.notes import FileRefusedError, Reason

CHUNK = 64 * 1024
PIECE = 4 * 1024
"""JSON is handed over in pieces this small: ijson keeps a path per level of nesting, so that memory
grows with the square of the depth, and depth is counted between pieces."""
_DIGITS = b"0123456789"
"""Python refuses to read more than 4,300 digits and ijson 3.6 crashes on the refusal: no number may
be longer than a piece."""
DEEPEST = 256
"""Open brackets of one row; brackets inside of titles count too, real rows have three."""
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

    Offers the text as UTF-8 bytes (`read`, for JSON) or as lines (`lines`), one of the two.
    """

    def __init__(self, source: CountedReader, *, row_bytes: int) -> None:
        self._source = source
        self._row_bytes = row_bytes
        self._since_row = self._depth = 0
        self._digits = 0
        """Length of the number at the end of what was handed over."""
        self._json = memoryview(b"")
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

    def read(self, size: int = CHUNK) -> bytes:
        """Return the next bytes of the text as UTF-8, none for 0 and at the end."""
        if size == 0:
            return b""
        if not self._json:
            self._json = memoryview(self._text().encode("utf-8"))
        data, self._json = bytes(self._json[:PIECE]), self._json[PIECE:]
        self._since_row += len(data)
        self._depth += sum(map(data.count, b"[{")) - sum(map(data.count, b"]}"))
        if self._since_row > self._row_bytes + PIECE or self._depth > DEEPEST:
            raise FileRefusedError(Reason.BOMB)
        self._digits += len(data) - len(data.lstrip(_DIGITS))
        if self._digits > PIECE:
            raise FileRefusedError(Reason.DAMAGED, keep=True)
        if len(data.lstrip(_DIGITS)):
            self._digits = len(data) - len(data.rstrip(_DIGITS))
        return data

    def row_done(self) -> None:
        """Say that a row was complete: no row may be larger than the bound."""
        self._since_row = self._depth = 0

    def lines(self) -> Iterator[str | None]:
        """Yield lines without their end; None stands for one that is too long."""
        self._decoder = io.IncrementalNewlineDecoder(self._new_decoder(), translate=True)
        rest, too_long = "", False
        while text := self._text():
            first, *others = text.split("\n")
            if not others:
                rest = "" if too_long else rest + first
            else:
                yield None if too_long else rest + first
                yield from others[:-1]
                rest, too_long = others[-1], False
            if len(rest) > self._row_bytes:
                rest, too_long = "", True
        if too_long:
            yield None
        elif rest:
            yield rest

    def _new_decoder(self) -> codecs.IncrementalDecoder:
        return codecs.getincrementaldecoder(self._encoding)("replace")

    def _text(self) -> str:
        while not self._ended:
            data, self._pending = self._pending or self._source.read(), b""
            self._ended = not data
            if text := self._decoder.decode(data, final=self._ended):
                return text
        return ""


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
