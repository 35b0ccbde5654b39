"""Untrusted JSON: each function returns what was asked for or something empty, never raises oddly."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.adapters.http.faults import MalformedError
from bot.domain.untrusted import EARLIEST_MS, epoch_ms, number_in_text, whole_number

MOST_COUNT: Final = 10**9
LONGEST_ADDRESS: Final = 512
"""What a link button holds."""
_ADDRESS: Final = re.compile(r"https?://[\w.:-]+/[\w!#$%&'*+,./:;=?@~-]*", re.ASCII)
Record = Mapping[str, Any]
NOTHING: Final[Record] = {}


def record(value: object, service: str) -> Record:
    """Return an answer that has to be an object."""
    if not isinstance(value, dict):
        raise MalformedError(service)
    return value


def rows(value: object, service: str) -> list[Any]:
    """Return what has to be a list."""
    if not isinstance(value, list):
        raise MalformedError(service)
    return value


def records(value: object, service: str) -> list[Record]:
    """Return what has to be a list of nothing but objects."""
    found = rows(value, service)
    if not all(isinstance(one, dict) for one in found):
        raise MalformedError(service)
    return found


def inner(value: object, *names: str) -> Record:
    """Return an object inside objects, empty where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else NOTHING


def items(value: object) -> list[Record]:
    """Return the objects of a list; a single one may stand for itself."""
    if isinstance(value, dict):
        return [value]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def count(value: object) -> int | None:
    """Return a whole number from a number or its text."""
    if isinstance(value, str):
        return number_in_text(value, most=MOST_COUNT)
    return whole_number(value, most=MOST_COUNT)


def link(value: object) -> str | None:
    """Return an address that can stand in a link button as it is."""
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS:
        return None
    return value if _ADDRESS.fullmatch(value) else None


def second(value: object) -> datetime | None:
    """Return the instant of a Unix time in seconds, as number or text; none before 2000."""
    seconds = number_in_text(value, most=10**11) if isinstance(value, str) else value
    ms = epoch_ms(seconds, most=10**11)
    return None if ms is None or ms < EARLIEST_MS else datetime.fromtimestamp(ms / 1000, UTC)
