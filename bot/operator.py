"""What an operator does from a shell: import, export, backup, restore, doctor. Prints; no Discord."""

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from bot import spotify_door
from bot.adapters.sqlite import backup as backups
from bot.adapters.sqlite.database import DATABASE_NAME
from bot.app import open_app
from bot.domain.ids import MemberId
from bot.domain.listening import ImportJob
from bot.errors import ConsentMissingError, DatabaseBusyError, SettingsError
from bot.settings import Settings
from bot.ui.account import import_note

FIXED_SQLITE = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""First versions per branch without the log-reset bug (sqlite.org/wal.html, section 11)."""
MIN_FREE_BYTES = 500 * 2**20


async def import_files(settings: Settings, files: Sequence[Path], member: int) -> int:
    """Import files for a member who agreed; files of any size that the parser's bounds allow."""
    contents = [(path.name, await asyncio.to_thread(path.read_bytes)) for path in files]
    async with open_app(settings) as app:
        try:
            job = await app.services.imports.run(MemberId(member), contents, on_progress=_progress)
        except ConsentMissingError:
            _say(f"Member {member} has not agreed to anything being stored; they can with /start.")
            return 1
    _say(f"\n{job.rows_found} plays read, {job.rows_added} new.")
    for note in job.notes:
        _say(str(import_note(note)))
    return 0


async def _progress(job: ImportJob) -> None:
    _say(f"\r{job.rows_done} of {job.rows_found} plays stored", end="")


async def export_member(settings: Settings, file: Path, member: int) -> int:
    """Write everything stored about a member."""
    async with open_app(settings) as app:
        data = await app.services.privacy.export(MemberId(member))
    await asyncio.to_thread(file.write_bytes, data)
    await asyncio.to_thread(file.chmod, 0o600)
    _say(f"Wrote {len(data):,} bytes to {file}.")
    return 0


def back_up(settings: Settings, folder: Path | None) -> int:
    """Write a verified copy; works while the bot runs."""
    source = settings.data_dir / DATABASE_NAME
    if not source.is_file():
        raise SettingsError(f"AUXCORD_DATA_DIR: there is no database in {settings.data_dir}.")
    written = backups.back_up(source, folder or settings.data_dir / "backups")
    _say(f"Backed up and verified: {written}")
    return 0


def restore(settings: Settings, file: Path) -> int:
    """Put a backup in place of the database; the old file is kept beside it."""
    report = backups.restore(file, settings.data_dir)
    _say(f"Restored {file}. {report}")
    return 0


def doctor(settings: Settings | None, problem: str | None) -> int:
    """Check what can be checked without Discord; return 0 when nothing is wrong."""
    checks = [_settings(settings, problem), _python(), _sqlite()]
    if settings is not None:
        checks += [_token(settings), _folder(settings), _space(settings), _database(settings)]
        checks.append(spotify_door.checked(settings))
    for well, sentence in checks:
        _say(f"{'ok  ' if well else 'FIX '} {sentence}")
    return 0 if all(well for well, _ in checks) else 1


def _settings(settings: Settings | None, problem: str | None) -> tuple[bool, str]:
    if settings is None:
        return False, problem or "The settings can't be read."
    return True, f"settings: {len(settings.model_fields_set)} set, the others have their defaults"


def _token(settings: Settings) -> tuple[bool, str]:
    try:
        settings.token()
    except SettingsError as error:
        return False, str(error)
    return True, "a Discord token is set (`python -m bot` tells whether Discord accepts it)"


def _python() -> tuple[bool, str]:
    version = sys.version.split()[0]
    if sys.version_info < (3, 11, 8) or (3, 12) <= sys.version_info < (3, 12, 2):
        return True, (
            f"Python {version} lacks the fix for overlapping ZIP entries; Auxcord checks for them itself"
        )
    return True, f"Python {version}"


def _sqlite() -> tuple[bool, str]:
    version = sqlite3.sqlite_version_info
    if version >= FIXED_SQLITE[0] or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in FIXED_SQLITE
    ):
        return True, f"SQLite {sqlite3.sqlite_version}"
    return True, (
        f"SQLite {sqlite3.sqlite_version} has the log-reset bug; harmless as long as nothing else "
        "writes to the database (no Litestream, no second program)"
    )


def _folder(settings: Settings) -> tuple[bool, str]:
    folder = settings.data_dir
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not os.access(existing, os.W_OK):
        return False, f"AUXCORD_DATA_DIR: {folder} can't be written by this user; change its owner."
    return True, f"data folder {folder.absolute()}"


def _space(settings: Settings) -> tuple[bool, str]:
    folder = settings.data_dir.absolute()
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    if free < MIN_FREE_BYTES:
        return False, f"only {free // 2**20} MiB free on the data disk; make room for at least 500."
    return True, f"{free // 2**30} GiB free on the data disk"


def _database(settings: Settings) -> tuple[bool, str]:
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


def _say(words: str, *, end: str = "\n") -> None:
    sys.stdout.write(words + end)
    sys.stdout.flush()
