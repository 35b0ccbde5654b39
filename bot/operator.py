"""What an operator does from a shell: import, export, backup, restore. Prints; no Discord."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.adapters.sqlite import backup as backups
from bot.adapters.sqlite.database import DATABASE_NAME
from bot.app import open_app
from bot.domain.ids import MemberId
from bot.domain.listening import ImportJob
from bot.errors import ConsentMissingError, SettingsError
from bot.settings import Settings
from bot.ui.account import import_note


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
    _there_is_a_database(settings)
    async with open_app(settings) as app:
        data = await app.services.privacy.export(MemberId(member))
    await asyncio.to_thread(file.write_bytes, data)
    await asyncio.to_thread(file.chmod, 0o600)
    _say(f"Wrote {len(data):,} bytes to {file}.")
    return 0


def back_up(settings: Settings, folder: Path | None) -> int:
    """Write a verified copy; works while the bot runs."""
    source = _there_is_a_database(settings)
    written = backups.back_up(source, folder or settings.data_dir / "backups")
    _say(f"Backed up and verified: {written}")
    return 0


def restore(settings: Settings, file: Path) -> int:
    """Put a backup in place of the database; the old file is kept beside it."""
    report = backups.restore(file, settings.data_dir)
    _say(f"Restored {file}. {report}")
    return 0


def _there_is_a_database(settings: Settings) -> Path:
    source = settings.data_dir / DATABASE_NAME
    if not source.is_file():
        raise SettingsError(f"AUXCORD_DATA_DIR: there is no database in {settings.data_dir}.")
    return source


def _say(words: str, *, end: str = "\n") -> None:
    sys.stdout.write(words + end)
    sys.stdout.flush()
