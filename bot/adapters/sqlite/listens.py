"""Listens of every door, picks, and imports on their way in."""

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot.adapters.sqlite import imports
from bot.adapters.sqlite.absorb import Pace
from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.rows import ensure_member
from bot.adapters.sqlite.sums import renew_sums
from bot.adapters.sqlite.taste import load_evidence, load_taste
from bot.adapters.sqlite.times import to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import ArtistId, ImportId, MemberId
from bot.domain.listening import EvidenceRow, ImportJob, ImportState, TasteSummary
from bot.ports import ImportProgress


class SqliteListenStore:
    """Implements `ListenStore`."""

    def __init__(
        self, *, readers: Readers, writer: Writer, uploads: Path, importing: asyncio.Lock
    ) -> None:
        self._readers = readers
        self._writer = writer
        self._uploads = uploads
        self._importing = importing
        self._pace = Pace()

    async def set_picks(
        self, member_id: MemberId, artist_ids: Sequence[ArtistId], *, at: datetime
    ) -> int:
        """Add picked artists; return how many are new. Unknown artists are passed over."""
        return await self._writer.run(_set_picks, member_id, artist_ids, to_ms(at))

    async def remove_pick(self, member_id: MemberId, artist_id: ArtistId) -> bool:
        """Take a pick back."""
        return await self._writer.run(_remove_pick, member_id, artist_id)

    async def evidence(self, member_id: MemberId) -> Sequence[EvidenceRow]:
        """Return everything a member's taste is read from."""
        return await self._readers.run(load_evidence, member_id)

    async def taste(self, member_id: MemberId, *, top: int) -> TasteSummary:
        """Return a member's listening at a glance."""
        return await self._readers.run(load_taste, member_id, top)

    async def begin_import(
        self, member_id: MemberId, *, file_names: Sequence[str], folder: str, at: datetime
    ) -> ImportJob:
        """Record an upload whose raw files are already in `folder`."""
        return await self._writer.run(imports.begin, member_id, file_names, folder, to_ms(at))

    async def import_staged(
        self, import_id: ImportId, *, rows_found: int, notes: Sequence[str]
    ) -> None:
        """Record that the child has staged `rows_found` rows."""
        await self._writer.run(imports.staged, import_id, rows_found, notes)

    async def absorb(self, import_id: ImportId, *, limit: int) -> ImportProgress:
        """Store the next `limit` staged rows; return how far the whole import is.

        Raises
        ------
        NotFoundError
            When the import is gone, for example because its member was erased.
        """
        async with self._importing:
            job = await self._readers.run(imports.load, import_id)
            folder = self._uploads / job.folder
            goal = min(job.rows_done + limit, job.rows_found)
            progress = ImportProgress(job.rows_done, job.rows_added)
            while progress.rows_done < goal:
                progress = await self._writer.run_alone(
                    self._pace.absorb, import_id, folder, goal - progress.rows_done
                )
            return progress

    async def finish_import(
        self, import_id: ImportId, *, state: ImportState, error_key: str | None, at: datetime
    ) -> ImportJob:
        """Close an import and bring the member's sums up to date."""
        async with self._importing:
            job = await self._readers.run(imports.load, import_id)
            await renew_sums(self._readers, self._writer, job.member_id)
            return await self._writer.run(imports.finish, import_id, state, error_key, to_ms(at))

    async def imports(
        self, *, unfinished: bool, member_id: MemberId | None = None
    ) -> Sequence[ImportJob]:
        """Return imports, newest first; all of them unless only `unfinished` ones are wanted."""
        return await self._readers.run(imports.load_many, member_id, unfinished=unfinished)


def _set_picks(
    raw: sqlite3.Connection, member_id: MemberId, artist_ids: Sequence[ArtistId], at: int
) -> int:
    ensure_member(raw, member_id)
    new = 0
    for artist_id in artist_ids:
        new += raw.execute(
            "INSERT INTO picks (member_id, artist_id, made_at) "
            "SELECT ?, id, ? FROM artists WHERE id = ? ON CONFLICT DO NOTHING",
            (member_id, at, artist_id),
        ).rowcount
    return new


def _remove_pick(raw: sqlite3.Connection, member_id: MemberId, artist_id: ArtistId) -> bool:
    done = raw.execute(
        "DELETE FROM picks WHERE member_id = ? AND artist_id = ?", (member_id, artist_id)
    )
    return done.rowcount == 1
