"""Verified copies of the database, and the way back."""

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.adapters.sqlite import lock
from bot.adapters.sqlite.connection import connect_reader, connect_writer
from bot.adapters.sqlite.forgetting import REBUILD_KEY, agreements, forget, rebuild
from bot.adapters.sqlite.layout import BACKUPS_NAME, DATABASE_NAME
from bot.adapters.sqlite.ledger import ErasureLedger, sync_folder
from bot.adapters.sqlite.meta import get_meta
from bot.adapters.sqlite.migrations import migrate
from bot.adapters.sqlite.writer import transaction
from bot.domain.ids import MemberId
from bot.errors import StorageError

PAGES_AT_ONCE: Final = 2_000
PREFIX: Final = "auxcord-"
SUFFIX: Final = ".sqlite3"


def back_up(source: Path, folder: Path, *, keep: int | None = None) -> Path:
    """Copy a database, also one in use by another process; verify the copy; return its path.

    Parameters
    ----------
    keep
        Delete all but so many of the newest backups in the folder.

    Raises
    ------
    StorageError
        When the source cannot be read or the copy is not intact; nothing is left behind then.
    """
    try:
        with closing(connect_reader(source)) as raw:
            return copy_verified(raw, folder, keep=keep)
    except sqlite3.Error as error:
        raise StorageError(f"{source} could not be backed up: {error}") from error


def copy_verified(raw: sqlite3.Connection, folder: Path, *, keep: int | None = None) -> Path:
    """Do what `back_up` does from an open connection."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"{PREFIX}{_stamp()}{SUFFIX}"
    temporary = target.with_suffix(".part")
    try:
        _copy(raw, temporary)
        verdict = check(temporary)
        if verdict != "ok":
            raise StorageError(f"the copy is damaged ({verdict}); the old backups stay")
        _publish(temporary, target)
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"the database could not be backed up: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    if keep is not None:
        for old in sorted(folder.glob(f"{PREFIX}*{SUFFIX}"))[:-keep]:
            old.unlink()
    return target


def restore(file: Path, data_dir: Path) -> str:
    """Put a backup in the place of the database; return in a sentence what became of the old one.

    The copy is verified, brought to the newest version and cleared of everybody whom the ledger
    names before one rename puts it in place; until then the old database stays as it is.

    Raises
    ------
    DatabaseBusyError
        When a bot runs on the data folder.
    StorageError
        When the backup is not intact, not ours, or newer than this program; nothing is changed.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    present = data_dir / DATABASE_NAME
    temporary = data_dir / f"{DATABASE_NAME}.restored"
    with lock.hold(data_dir):
        verdict = check(file)
        if verdict != "ok":
            raise StorageError(f"{file} is damaged ({verdict}); nothing was changed.")
        try:
            _remove(temporary)
            with closing(connect_reader(file)) as raw:
                _copy(raw, temporary)
            _make_ready(temporary, ErasureLedger(data_dir))
            kept = _keep(present, data_dir / BACKUPS_NAME)
            _remove_log(present)  # the log of the old file must never meet the new one
            _publish(temporary, present)
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"{file} could not be restored: {error}") from error
        finally:
            _remove(temporary)
    if kept is None:
        return "There was no database before."
    return f"The database from before is kept as {BACKUPS_NAME}/{kept.name}."


def check(path: Path) -> str:
    """Return "ok" when a database file is intact, else what is wrong."""
    try:
        with closing(connect_reader(path)) as raw:
            return str(raw.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)


def _copy(raw: sqlite3.Connection, target: Path) -> None:
    """Copy in pages from one state: the open transaction keeps commits from starting it anew."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    raw.execute("BEGIN")
    try:
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(target)) as copy:
            raw.backup(copy, pages=PAGES_AT_ONCE)
            copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        raw.rollback()


def _make_ready(path: Path, ledger: ErasureLedger) -> None:
    with closing(connect_writer(path)) as raw:
        known = raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'recommendation_items'")
        if known.fetchone() is None:
            raise StorageError("this is not a backup of Auxcord; nothing was changed.")
        migrate(raw)
        for member_id, at_ms in ledger.erased(agreements(raw)).items():
            with transaction(raw):
                forget(raw, MemberId(member_id), at_ms)
        if get_meta(raw, REBUILD_KEY):
            rebuild(raw)
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _keep(present: Path, folder: Path) -> Path | None:
    """Keep the database that is about to be replaced among the backups, damaged as it may be."""
    if not present.exists():
        return None
    with suppress(StorageError):
        return back_up(present, folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / f"{PREFIX}{_stamp()}-damaged{SUFFIX}"
    for tail in ("", "-wal"):
        part = present.with_name(f"{present.name}{tail}")
        if part.exists():
            shutil.copy2(part, kept.with_name(f"{kept.name}{tail}"))
    return kept


def _publish(temporary: Path, target: Path) -> None:
    handle = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    temporary.replace(target)
    sync_folder(target.parent)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _remove_log(path)


def _remove_log(path: Path) -> None:
    for tail in ("-wal", "-shm"):
        path.with_name(f"{path.name}{tail}").unlink(missing_ok=True)


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
