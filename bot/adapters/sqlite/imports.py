"""The record of each upload."""

# ruff: noqa: S608  (statements are put together from constants of this module only)

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from bot.adapters.sqlite.rows import ensure_member
from bot.adapters.sqlite.times import from_ms
from bot.domain.ids import ImportId, MemberId
from bot.domain.listening import ImportJob, ImportState
from bot.errors import NotFoundError

_COLUMNS = (
    "id, member_id, state, file_names, folder, rows_found, rows_done, rows_added, started_at, "
    "finished_at, error_key, notes"
)
_FINISHED = (ImportState.DONE, ImportState.FAILED)


def begin(
    raw: sqlite3.Connection, member_id: MemberId, file_names: Sequence[str], folder: str, at: int
) -> ImportJob:
    """Record an upload that waits to be parsed."""
    ensure_member(raw, member_id)
    row = raw.execute(
        "INSERT INTO imports (member_id, state, file_names, folder, started_at) "
        f"VALUES (?, ?, ?, ?, ?) RETURNING {_COLUMNS}",
        (member_id, ImportState.WAITING, json.dumps(list(file_names)), folder, at),
    ).fetchone()
    return _job(row)


def staged(
    raw: sqlite3.Connection, import_id: ImportId, rows_found: int, notes: Sequence[str]
) -> None:
    """Record that an upload is parsed."""
    done = raw.execute(
        "UPDATE imports SET state = ?, rows_found = ?, notes = ? WHERE id = ?",
        (ImportState.STORING, rows_found, json.dumps(list(notes)), import_id),
    )
    if done.rowcount == 0:
        raise NotFoundError


def finish(
    raw: sqlite3.Connection, import_id: ImportId, state: ImportState, error_key: str | None, at: int
) -> ImportJob:
    """Close an import."""
    row = raw.execute(
        "UPDATE imports SET state = ?, error_key = ?, finished_at = ? WHERE id = ? "
        f"RETURNING {_COLUMNS}",
        (state, error_key, at, import_id),
    ).fetchone()
    if row is None:
        raise NotFoundError
    return _job(row)


def load(raw: sqlite3.Connection, import_id: ImportId) -> ImportJob:
    """Return one import."""
    row = raw.execute(f"SELECT {_COLUMNS} FROM imports WHERE id = ?", (import_id,)).fetchone()
    if row is None:
        raise NotFoundError
    return _job(row)


def load_many(
    raw: sqlite3.Connection, member_id: MemberId | None, *, unfinished: bool
) -> list[ImportJob]:
    """Return imports, newest first; all of them unless only `unfinished` ones are wanted."""
    rows = raw.execute(
        f"SELECT {_COLUMNS} FROM imports WHERE (?1 IS NULL OR member_id = ?1) "
        "AND (?2 = 0 OR state NOT IN (?3, ?4)) ORDER BY id DESC",
        (member_id, unfinished, *_FINISHED),
    )
    return [_job(row) for row in rows]


def _job(row: tuple[Any, ...]) -> ImportJob:
    return ImportJob(
        id=ImportId(row[0]),
        member_id=MemberId(row[1]),
        state=ImportState(row[2]),
        file_names=tuple(json.loads(row[3])),
        folder=row[4],
        rows_found=row[5],
        rows_done=row[6],
        rows_added=row[7],
        started_at=from_ms(row[8]),
        finished_at=from_ms(row[9]),
        error_key=row[10],
        notes=tuple(json.loads(row[11])),
    )
