"""Numbered SQL files, each applied as a whole or not at all.

Run as a module it prints the schema that the files lead to, for `schema.sql`.
"""

import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import StorageError

FOLDER: Final = Path(__file__).with_name("migrations")
_NAME: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file; `version` is what `user_version` says once it is applied."""

    version: int
    path: Path


def migrations_in(folder: Path) -> tuple[Migration, ...]:
    """Return the files of a folder in order.

    Raises
    ------
    StorageError
        When a name is wrong or a number is missing.
    """
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise StorageError(f"{path.name}: a migration is called 0001_some_words.sql")
        found.append(Migration(int(match[1]), path))
    if [m.version for m in found] != list(range(1, len(found) + 1)):
        raise StorageError(f"the migrations in {folder} are not numbered 1, 2, 3 … without gaps")
    return tuple(found)


def migrate(raw: sqlite3.Connection, folder: Path = FOLDER, *, up_to: int | None = None) -> int:
    """Bring a database to the newest version; return how many files were applied.

    A file runs together with the bump of `user_version` in one transaction, so a failing one
    leaves the database as the files before it made it.

    Raises
    ------
    StorageError
        When a file fails, or the database is newer than this program.
    """
    known = migrations_in(folder)
    (version,) = raw.execute("PRAGMA user_version").fetchone()
    if version > len(known):
        raise StorageError(
            f"the database has version {version}, this program knows {len(known)}: "
            "it was written by a newer Auxcord. Update, or restore an older backup."
        )
    wanted = known[version : len(known) if up_to is None else up_to]
    for migration in wanted:
        script = migration.path.read_text(encoding="utf-8")
        try:
            raw.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {migration.version};\nCOMMIT;"
            )
        except sqlite3.Error as error:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            raise StorageError(f"migration {migration.path.name} failed: {error}") from error
    return len(wanted)


def schema_of(raw: sqlite3.Connection) -> str:
    """Return the statements that describe a database, sorted by name."""
    return "\n\n".join(_statements(raw)) + "\n"


def _statements(raw: sqlite3.Connection) -> Iterator[str]:
    (version,) = raw.execute("PRAGMA user_version").fetchone()
    yield f"-- Made by `python -m bot.adapters.sqlite.migrations`; version {version}."
    rows = raw.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
        "ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name"
    )
    for (sql,) in rows:
        yield f"{sql};"


def main() -> None:
    """Print the schema."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as raw:
        migrate(raw)
        sys.stdout.write(schema_of(raw))


if __name__ == "__main__":
    main()
