"""Instants as the tables keep them: whole unix milliseconds, UTC."""

from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Return an aware instant as unix milliseconds."""
    return (at - _EPOCH) // _MILLISECOND


@overload
def from_ms(ms: int) -> datetime: ...
@overload
def from_ms(ms: int | None) -> datetime | None: ...
def from_ms(ms: int | None) -> datetime | None:
    """Return the aware UTC instant of unix milliseconds."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)
