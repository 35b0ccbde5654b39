"""Values of a long JSON array, out of text that nobody vouches for.

Many objects are read at once by msgspec, which is quick and takes no nonsense. Where it refuses, the
standard library reads value by value: what can be kept is kept, and the place where it stops tells a
file that was cut off from one that is damaged.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from bot.worker.notes import FileRefusedError, Reason
from bot.worker.streams import TextReader

_LITERALS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_AFTER_DIGITS = frozenset(["", ".", "e", "E", "e+", "E+", "e-", "E-"])
_UNFINISHED = _AFTER_DIGITS.union(
    literal[:end] for literal in _LITERALS for end in range(len(literal))
)
_LONGEST_UNFINISHED = max(map(len, _UNFINISHED))
_blank = re.compile(r"[ \t\n\r]*").match
_comma = re.compile(r"[ \t\n\r]*,[ \t\n\r]*").match


def array_items(text: TextReader, start: int, *, rows: type, whole_text: bool) -> Iterator[Any]:
    """Yield the values of the array whose bracket is at `start`; what follows it may count or not.

    Objects may come without the fields that `rows`, a typed dictionary, doesn't name.

    Raises
    ------
    FileRefusedError
        When the text ends early or is no JSON (the values so far are good), or when a value is
        larger than a row may be or nested without end.
    """
    window = _Window(text, start + 1, msgspec.json.Decoder(list[rows]).decode)  # type: ignore[valid-type]
    if window.next_mark() != "]":
        yield from window.values()
        while window.skip_comma():
            yield from window.values()
    if window.next_mark() != "]":
        raise FileRefusedError(Reason.DAMAGED if window.mark else Reason.TRUNCATED, keep=True)
    if whole_text and window.next_mark(after=1):
        raise FileRefusedError(Reason.DAMAGED, keep=True)


def is_cut_off(text: str, error: json.JSONDecodeError) -> bool:
    """Return whether a text that is no JSON might become some if it went on."""
    if error.msg.startswith("Unterminated string"):
        return True
    rest = len(text) - error.pos
    if error.msg.startswith("Invalid \\uXXXX escape"):
        return rest < len("\\uXXXX")
    return rest <= _LONGEST_UNFINISHED and text[error.pos :] in _UNFINISHED


class _Window:
    """The stretch of the text that is looked at."""

    def __init__(
        self, text: TextReader, at: int, decode_many: Callable[[str], Sequence[Any]]
    ) -> None:
        self._source = text
        self._decode_many = decode_many
        self._refused = False
        self._text, self._at = "", 0
        self.mark = ""
        while at > len(self._text):
            at, self._at = at - len(self._text), len(self._text)
            if not self._more():
                return
        self._at = at

    def next_mark(self, *, after: int = 0) -> str:
        """Return the next character that is not blank, "" at the end of the text."""
        self._at += after
        while True:
            self._at = _blank_end(self._text, self._at)
            self.mark = self._text[self._at : self._at + 1]
            if self.mark or not self._more():
                return self.mark

    def skip_comma(self) -> bool:
        """Step over a comma and blanks; return whether there was one."""
        if (found := _comma(self._text, self._at)) is not None:
            self._at = found.end()  # at the end of the window `values` asks for more
            return True
        if self.next_mark() != ",":
            return False
        self._at += 1
        return True

    def values(self) -> Sequence[Any]:
        """Return the next value, or it and all objects behind it that end in this window."""
        self.next_mark()
        end = -1 if self._refused else self._text.rfind("},", self._at)
        if end > self._at:
            try:
                values = self._decode_many(f"[{self._text[self._at : end + 1]}]")
            except (msgspec.MsgspecError, ValueError, RecursionError):
                self._refused = True  # for this window: trying again from every value is slow
            else:
                self._at = end + 1
                return values
        return [self._value()]

    def _value(self) -> Any:
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not is_cut_off(self._text, error):
                    raise FileRefusedError(Reason.DAMAGED, keep=True) from error
                end = len(self._text)
            else:
                # A number might go on behind the window.
                if isinstance(value, dict | list | str) or not self._may_go_on(end):
                    self._check_size(end)
                    self._at = end
                    return value
            self._check_size(end)
            if not self._more():
                raise FileRefusedError(Reason.TRUNCATED, keep=True)

    def _may_go_on(self, end: int) -> bool:
        """Return whether all that follows `end` might belong to the number before it."""
        rest = len(self._text) - end
        return rest <= _LONGEST_UNFINISHED and self._text[end:] in _AFTER_DIGITS

    def _check_size(self, end: int) -> None:
        if end - self._at > self._source.row_bytes:
            raise FileRefusedError(Reason.BOMB)

    def _more(self) -> bool:
        """Forget what was read and at least double the rest; return whether there was more."""
        parts = [self._text[self._at :]]
        wanted, size = 2 * len(parts[0]), len(parts[0])
        while size <= wanted and (chunk := self._source.chunk()):
            parts.append(chunk)
            size += len(chunk)
        self._text, self._at, self._refused = "".join(parts), 0, False
        return len(parts) > 1


def _blank_end(text: str, at: int) -> int:
    found = _blank(text, at)
    return at if found is None else found.end()


def _number(digits: str) -> int | float:
    """Return a whole number; one that no row can mean is infinite, whatever it costs to read."""
    return int(digits) if len(digits) <= 30 else float("inf")


_quick = json.JSONDecoder().raw_decode
_careful = json.JSONDecoder(parse_int=_number).raw_decode


def _decode(text: str, at: int) -> tuple[Any, int]:
    try:
        return _quick(text, at)
    except json.JSONDecodeError:
        raise
    except RecursionError as error:
        raise FileRefusedError(Reason.BOMB) from error
    except ValueError:  # more digits than Python converts: up to there nothing is nested too deep
        return _careful(text, at)
