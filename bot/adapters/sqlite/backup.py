"""Verified copies of the database, and the way back."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.adapters.sqlite import lock
from bot.adapters.sqlite.connection import connect_reader
from bot.adapters.sqlite.ledger import sync_folder
from bot.errors import StorageError

DATABASE_NAME: Final = "auxcord.sqlite3"
PAGES_AT_ONCE: Final = 2_000
PREFIX: Final = "auxcord-"
SUFFIX: Final = ".sqlite3"


def back_up(source: Path, folder: Path, *, keep: int | None = None) -> Path:
    """Copy a database, also one in use, page by page; verify the copy; return its path.

    Parameters
    ----------
    keep
        Delete all but so many of the newest backups in the folder.

    Raises
    ------
    StorageError
        When the source cannot be read or the copy is not intact; nothing is left behind then.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    target = folder / f"{PREFIX}{stamp}{SUFFIX}"
    temporary = target.with_suffix(".part")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL, 0o600))
        with closing(connect_reader(source)) as raw, closing(sqlite3.connect(temporary)) as copy:
            raw.backup(copy, pages=PAGES_AT_ONCE, sleep=0.01)
            copy.execute("PRAGMA journal_mode = DELETE")
            (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise StorageError(f"the copy is damaged ({verdict}); the old backups stay")
        _sync(temporary)
        temporary.replace(target)
        sync_folder(folder)
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"{source} could not be backed up: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    if keep is not None:
        for old in sorted(folder.glob(f"{PREFIX}*{SUFFIX}"))[:-keep]:
            old.unlink()
    return target


def restore(file: Path, data_dir: Path) -> str:
    """Put a backup in the place of the database; return what was done in a sentence.

    The present database is kept beside it. Erasures since the backup are replayed from the ledger
    when the database is next opened, before anything else.

    Raises
    ------
    DatabaseBusyError
        When a bot runs on the data folder.
    StorageError
        When the backup is not intact.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock.hold(data_dir):
        verdict = check(file)
        if verdict != "ok":
            raise StorageError(f"{file} is damaged ({verdict}); nothing was changed.")
        temporary = data_dir / f"{DATABASE_NAME}.restored"
        try:
            with closing(connect_reader(file)) as raw, closing(sqlite3.connect(temporary)) as copy:
                raw.backup(copy)
            temporary.chmod(0o600)
            _sync(temporary)
            kept = _set_aside(data_dir)
            temporary.replace(data_dir / DATABASE_NAME)
            sync_folder(data_dir)
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"{file} could not be restored: {error}") from error
        finally:
            temporary.unlink(missing_ok=True)
    if kept is None:
        return "There was no database before."
    return f"The database from before is kept as {kept.name}; delete it once all is well."


def _set_aside(data_dir: Path) -> Path | None:
    """Rename the present database with all it has committed; return where it went."""
    present = data_dir / DATABASE_NAME
    if not present.exists():
        return None
    with closing(sqlite3.connect(present)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    kept = data_dir / f"before-restore-{stamp}{SUFFIX}"
    present.replace(kept)
    for tail in ("-wal", "-shm"):
        (data_dir / f"{DATABASE_NAME}{tail}").unlink(missing_ok=True)
    return kept


def check(path: Path) -> str:
    """Return "ok" when a database file is intact, else what is wrong."""
    try:
        with closing(connect_reader(path)) as raw:
            return str(raw.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
