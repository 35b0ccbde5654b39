"""Links to the upload page: every step is one statement, so that none can be taken twice."""

# ruff: noqa: S608  (statements are put together from constants of this module only)

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bot.adapters.sqlite import imports
from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.rows import ensure_member
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import ImportId, MemberId
from bot.domain.listening import ImportJob
from bot.domain.uploads import UploadFile, UploadTicket

_COLUMNS: Final = (
    "id_hash, member_id, name, expires_at, browser_hash, csrf_hash, folder, file_name, size, stamp, "
    "import_id"
)
_GET: Final = f"SELECT {_COLUMNS} FROM upload_tickets WHERE id_hash = ? AND expires_at > ?"
_IDENTIFY: Final = (
    "UPDATE upload_tickets SET identity_hash = NULL WHERE identity_hash = ? AND browser_hash = ? "
    f"AND used_at IS NULL AND expires_at > ? RETURNING {_COLUMNS}"
)


class SqliteUploadTicketStore:
    """Implements `UploadTicketStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def create(self, ticket: UploadTicket, *, at: datetime) -> Sequence[str]:
        """Store a link; older unused ones of the member are void. Return folders left behind."""
        return await self._writer.run(_create, ticket, to_ms(at))

    async def get(self, id_hash: str, *, at: datetime) -> UploadTicket | None:
        """Return a link that is not over, used or not."""
        return await self._readers.run(_one, _GET, (id_hash, to_ms(at)))

    async def bind_browser(
        self, id_hash: str, *, browser_hash: str, identity_hash: str, at: datetime
    ) -> bool:
        """Tie an unused link to the first browser that took it; return whether it is this one."""
        return await self._writer.run(
            _changed,
            "UPDATE upload_tickets SET browser_hash = ?2, identity_hash = ?3, csrf_hash = NULL "
            "WHERE id_hash = ?1 AND used_at IS NULL AND expires_at > ?4 "
            "AND coalesce(browser_hash, ?2) = ?2",
            (id_hash, browser_hash, identity_hash, to_ms(at)),
        )

    async def identify(
        self, identity_hash: str, *, browser_hash: str, at: datetime
    ) -> UploadTicket | None:
        """Consume the state of the Discord login; None when it is unknown, used or foreign."""
        return await self._writer.run(_one, _IDENTIFY, (identity_hash, browser_hash, to_ms(at)))

    async def admit(
        self, id_hash: str, *, browser_hash: str, csrf_hash: str, expires_at: datetime
    ) -> bool:
        """Note that the member sits in front of the browser; from then on there is more time."""
        return await self._writer.run(
            _changed,
            "UPDATE upload_tickets SET csrf_hash = ?, expires_at = ? "
            "WHERE id_hash = ? AND browser_hash = ? AND used_at IS NULL",
            (csrf_hash, to_ms(expires_at), id_hash, browser_hash),
        )

    async def choose(self, id_hash: str, *, file: UploadFile, folder: str) -> bool:
        """Note which file comes and where it lies, unless the link is used or gone."""
        return await self._writer.run(
            _changed,
            "UPDATE upload_tickets SET folder = ?, file_name = ?, size = ?, stamp = ? "
            "WHERE id_hash = ? AND used_at IS NULL",
            (folder, file.name, file.size, file.stamp, id_hash),
        )

    async def use_up(self, id_hash: str, *, folder: str, at: datetime) -> ImportJob | None:
        """Note the import of a complete file with it; None when it is done, or another file chosen."""
        return await self._writer.run(_use_up, id_hash, folder, to_ms(at))

    async def folders(self) -> Sequence[str]:
        """Return where files that are still arriving lie."""
        return await self._readers.run(_folders)

    async def delete(self, id_hash: str) -> None:
        """Delete a link: somebody else opened it."""
        await self._writer.run(_changed, "DELETE FROM upload_tickets WHERE id_hash = ?", (id_hash,))

    async def sweep(self, *, before: datetime) -> Sequence[str]:
        """Delete links that were over before an instant; return the folders of unused ones."""
        return await self._writer.run(_delete, "expires_at < ?", to_ms(before))


def _create(raw: sqlite3.Connection, ticket: UploadTicket, at: int) -> list[str]:
    ensure_member(raw, ticket.member_id)
    left = _delete(raw, "used_at IS NULL AND member_id = ?", ticket.member_id)
    raw.execute(
        "INSERT INTO upload_tickets (id_hash, member_id, name, created_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?)",
        (ticket.id_hash, ticket.member_id, ticket.name, at, to_ms(ticket.expires_at)),
    )
    return left


def _use_up(raw: sqlite3.Connection, id_hash: str, folder: str, at: int) -> ImportJob | None:
    row = raw.execute(
        "UPDATE upload_tickets SET used_at = ? WHERE id_hash = ? AND used_at IS NULL "
        "AND folder = ? RETURNING member_id, file_name, folder",
        (at, id_hash, folder),
    ).fetchone()
    if row is None:
        return None
    job = imports.begin(raw, MemberId(row[0]), [row[1]], row[2], at)
    raw.execute("UPDATE upload_tickets SET import_id = ? WHERE id_hash = ?", (job.id, id_hash))
    return job


def _folders(raw: sqlite3.Connection) -> list[str]:
    rows = raw.execute(
        "SELECT folder FROM upload_tickets WHERE folder IS NOT NULL AND used_at IS NULL"
    )
    return [folder for (folder,) in rows]


def _delete(raw: sqlite3.Connection, which: str, arg: int) -> list[str]:
    gone = raw.execute(
        f"DELETE FROM upload_tickets WHERE {which} RETURNING folder, used_at", (arg,)
    ).fetchall()
    return [folder for folder, used_at in gone if folder is not None and used_at is None]


def _one(raw: sqlite3.Connection, sql: str, args: tuple[Any, ...]) -> UploadTicket | None:
    row = raw.execute(sql, args).fetchone()
    if row is None:
        return None
    return UploadTicket(
        id_hash=row[0],
        member_id=MemberId(row[1]),
        name=row[2],
        expires_at=from_ms(row[3]),
        browser_hash=row[4],
        csrf_hash=row[5],
        folder=row[6],
        file=None if row[7] is None else UploadFile(row[7], row[8], row[9]),
        import_id=None if row[10] is None else ImportId(row[10]),
    )


def _changed(raw: sqlite3.Connection, sql: str, args: tuple[Any, ...]) -> bool:
    return raw.execute(sql, args).rowcount == 1
