"""One module per kind of file: pure generators from values or lines to staged rows.

`shape_of` picks the reader of a JSON row by its fields, because names of files change over the
years. A reader gives a `StagedRow`, or the `Skip` that says why the row is left out.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from bot.worker.formats import listenbrainz, spotify_account, spotify_extended
from bot.worker.notes import Skip
from bot.worker.rows import StagedRow

Read: TypeAlias = StagedRow | Skip
RowReader: TypeAlias = Callable[[Mapping[str, Any], int], Read]


def shape_of(row: object) -> RowReader | None:
    """Return the reader for a JSON row, None when it is no listen that we know."""
    if not isinstance(row, dict):
        return None
    if "ms_played" in row and "ts" in row:
        return spotify_extended.read_row
    if "msPlayed" in row and "endTime" in row:
        return spotify_account.read_row
    if "track_metadata" in row:
        return listenbrainz.read_row
    return None
