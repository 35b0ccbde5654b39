"""What this machine has: Python, SQLite, room, and a database that is whole."""

import os
import shutil
import sqlite3
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bot.adapters.sqlite import backup as backups
from bot.adapters.sqlite.database import DATABASE_NAME
from bot.doctor.check import Check
from bot.errors import (
    DatabaseBusyError,
)
from bot.settings import Settings

FIXED_SQLITE: Final = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""First versions per branch without the log-reset bug (sqlite.org/wal.html, section 11)."""
MIN_FREE_BYTES: Final = 500 * 2**20


def python() -> Check:
    """Say which Python this is."""
    version = sys.version.split()[0]
    if sys.version_info < (3, 11, 8) or (3, 12) <= sys.version_info < (3, 12, 2):
        return True, (
            f"Python {version} lacks the fix for overlapping ZIP entries; Auxcord checks for them itself"
        )
    return True, f"Python {version}"


def sqlite() -> Check:
    """Say whether this SQLite has the log-reset bug."""
    version = sqlite3.sqlite_version_info
    if version >= FIXED_SQLITE[0] or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in FIXED_SQLITE
    ):
        return True, f"SQLite {sqlite3.sqlite_version}"
    return True, (
        f"SQLite {sqlite3.sqlite_version} has the log-reset bug; harmless as long as nothing else "
        "writes to the database (no Litestream, no second program)"
    )


def folder(settings: Settings) -> Check:
    """Say whether the data folder can be made and written, by trying: rights don't tell all."""
    folder = settings.data_dir.absolute()
    existing = _existing(folder)
    try:
        with TemporaryDirectory(dir=existing):
            pass
    except OSError as error:
        trouble = "written" if existing == folder else "made"
        return False, (
            f"AUXCORD_DATA_DIR: {folder} can't be {trouble} by this user ({error.strerror}); "
            f"name another folder, or give this user {existing}."
        )
    if existing != folder:
        return True, f"data folder {folder}: not there yet; the first start makes it"
    return True, f"data folder {folder}"


def space(settings: Settings) -> Check:
    """Say how much room there is."""
    free = shutil.disk_usage(_existing(settings.data_dir.absolute())).free
    if free < MIN_FREE_BYTES:
        return False, f"only {free // 2**20} MiB free on the data disk; make room for at least 500."
    return True, f"{free // 2**30} GiB free on the data disk"


def database(settings: Settings) -> Check:
    """Say whether the database is whole."""
    path = settings.data_dir / DATABASE_NAME
    if not path.is_file():
        return True, "no database yet; the first start makes one"
    try:
        verdict = backups.check(path)
    except DatabaseBusyError:
        return True, "the database is in use by a running bot"
    if verdict != "ok":
        return (
            False,
            f"{path} is damaged ({verdict}); stop the bot and use `python -m bot restore`.",
        )
    return True, f"database {path.stat().st_size // 2**20} MiB, intact"


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest above it that is there."""
    return next(path for path in (folder, *folder.parents) if os.path.exists(path))  # noqa: PTH110  # never raises
