"""What is left of the day at Spotify, read beside a running bot; for `doctor`."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from bot.adapters.sqlite.connection import connect_reader
from bot.adapters.sqlite.times import from_ms


def spent(path: Path, *, now: datetime) -> tuple[int, datetime | None] | None:
    """Return the day's calls, and until when Spotify wants none; None when it can't be read."""
    try:
        with closing(connect_reader(path)) as raw:
            (calls,) = raw.execute(
                "SELECT coalesce(sum(calls), 0) FROM spotify_calls WHERE day = ?",
                (now.date().isoformat(),),
            ).fetchone()
            row = raw.execute("SELECT closed_until FROM spotify_gate").fetchone()
    except sqlite3.Error:
        return None
    until = None if row is None else from_ms(row[0])
    return int(calls), until if until is not None and until > now else None
