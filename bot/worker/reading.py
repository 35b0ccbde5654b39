"""From the text of one file to rows: what kind it is, and every way in which it can break off."""

import json
import re
from collections.abc import Iterator
from typing import Any

from bot.worker.formats import Read, shape_of
from bot.worker.formats.csv_table import header_of, read_table
from bot.worker.formats.fields import Row
from bot.worker.json_items import array_items, is_cut_off
from bot.worker.notes import FileRefusedError, Reason, Skip
from bot.worker.streams import TextReader

_GIVE_UP_AFTER = 200
"""Rows of an unknown shape, when none was known so far, before a file counts as something else."""
_LISTENS_INSIDE = re.compile(r'\{\s*"payload"\s*:\s*\{[^[]{0,500}?"listens"\s*:\s*(?=\[)')
"""Where an answer of the ListenBrainz API, saved as a file, keeps its listens."""


def read_file(
    text: TextReader, *, name: str, latest_ms: int, several_listeners: bool
) -> Iterator[Read]:
    """Yield rows and reasons; the content decides how it is read, the name only what is said.

    Raises
    ------
    FileRefusedError
        With the reason; `keep` is set when rows before the break are good.
    """
    head = text.peek()
    start = head.lstrip()[:1]
    if not start:
        raise FileRefusedError(Reason.EMPTY)
    if start == "[":
        return _known_rows(array_items(text, head.index("["), rows=Row, whole_text=True), latest_ms)
    if start == "{":
        if inside := _LISTENS_INSIDE.match(head.lstrip()):
            at = len(head) - len(head.lstrip()) + inside.end()
            return _known_rows(array_items(text, at, rows=Row, whole_text=False), latest_ms)
        return _known_rows(_json_lines(text), latest_ms)
    if start == "<":
        raise FileRefusedError(Reason.HTML)
    if (header := header_of(head)) is not None:
        return read_table(
            text.lines(),
            *header,
            latest_ms=latest_ms,
            several_listeners=several_listeners,
        )
    is_json = name.casefold().endswith((".json", ".jsonl"))
    raise FileRefusedError(Reason.NOT_JSON if is_json else Reason.NOT_RECOGNISED)


def _known_rows(values: Iterator[Any], latest_ms: int) -> Iterator[Read]:
    """Read values of a known shape; a file that holds none of them is not recognised."""
    known = unknown = 0
    try:
        for value in values:
            reader = shape_of(value)
            if reader is not None:
                known += 1
                yield reader(value, latest_ms)
            elif known:
                yield Skip.BAD_ROW
            else:
                unknown += 1
                if unknown >= _GIVE_UP_AFTER:
                    break
    except FileRefusedError as error:
        if not known and error.reason is Reason.DAMAGED:
            raise FileRefusedError(Reason.NOT_JSON) from error
        raise
    if unknown and not known:
        raise FileRefusedError(Reason.NOT_RECOGNISED)


def _json_lines(text: TextReader) -> Iterator[Any]:
    """Yield one value per line; a line that is no JSON gives None.

    Raises
    ------
    FileRefusedError
        When the last of several lines is cut off.
    """
    whole = 0
    cut: json.JSONDecodeError | None = None
    for line in text.lines():
        if line is not None and not line.strip():
            continue
        if cut is not None:
            yield None
        cut = None
        try:
            value = None if line is None else json.loads(line)
        except json.JSONDecodeError as error:
            if is_cut_off(error.doc, error):
                cut = error  # harmless unless another line follows
                continue
            value = None
        except (ValueError, RecursionError):
            value = None
        else:
            whole += 1
        yield value
    if cut is not None:
        if whole:
            raise FileRefusedError(Reason.TRUNCATED, keep=True) from cut
        yield None
