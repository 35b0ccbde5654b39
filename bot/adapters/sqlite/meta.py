"""Small facts about the database itself."""

import sqlite3

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.writer import Writer


class SqliteMetaStore:
    """A few named texts."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def get(self, key: str) -> str | None:
        """Return a value."""
        return await self._readers.run(get_meta, key)

    async def set(self, key: str, value: str) -> None:
        """Store a value."""
        await self._writer.run(set_meta, key, value)


def get_meta(raw: sqlite3.Connection, key: str) -> str | None:
    """Return a value, None when there is none."""
    row = raw.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else row[0]


def set_meta(raw: sqlite3.Connection, key: str, value: str) -> None:
    """Store a value."""
    raw.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) "
        "ON CONFLICT DO UPDATE SET value = excluded.value",
        (key, value),
    )
