"""From the text of one file to rows: what kind it is, and every way in which it can break off."""

import json
from collections.abc import Iterator
from typing import Any

import ijson

from bot.worker.formats import Read, shape_of
from bot.worker.formats.csv_table import header_of, read_table
from bot.worker.notes import FileRefusedError, Reason, Skip
from bot.worker.streams import TextReader

_GIVE_UP_AFTER = 200
"""Rows of an unknown shape, when none was known so far, before a file counts as something else."""
_LISTENS_INSIDE = "payload.listens.item"
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
        return _known_rows(_json_items(text, "item"), latest_ms)
    if start == "{":
        if '"payload"' in head[:1000] and '"listens"' in head[:1000]:
            return _known_rows(_json_items(text, _LISTENS_INSIDE), latest_ms)
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


def _json_items(text: TextReader, prefix: str) -> Iterator[Any]:
    """Yield the values of an array one by one."""
    try:
        for value in ijson.items(text, prefix):
            text.row_done()
            yield value
    except ijson.IncompleteJSONError as error:
        premature = "premature EOF" in str(error) or "Incomplete" in str(error)
        raise FileRefusedError(
            Reason.TRUNCATED if premature else Reason.DAMAGED, keep=True
        ) from error
    except (ijson.JSONError, ValueError, ArithmeticError, RecursionError) as error:
        raise FileRefusedError(Reason.DAMAGED, keep=True) from error


def _json_lines(text: TextReader) -> Iterator[Any]:
    """Yield one value per line; a line that is no JSON gives None."""
    for line in text.lines():
        if line is not None and not line.strip():
            continue
        try:
            yield None if line is None else json.loads(line)
        except (ValueError, RecursionError):
            yield None
