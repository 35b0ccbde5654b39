"""Attempts to link an account: every step is one statement, so that none can be taken twice."""

# ruff: noqa: S608  (statements are put together from constants of this module only)

import sqlite3
from datetime import datetime
from typing import Any, Final

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.rows import ensure_member
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import MemberId
from bot.domain.spotify import LinkRequest

_COLUMNS: Final = (
    "id_hash, member_id, name, expires_at, verifier, browser_hash, identified, csrf_hash"
)
_GET: Final = (
    f"SELECT {_COLUMNS} FROM link_requests WHERE id_hash = ? AND used_at IS NULL AND expires_at > ?"
)
_IDENTIFY: Final = (
    "UPDATE link_requests SET identity_hash = NULL WHERE identity_hash = ? AND browser_hash = ? "
    f"AND used_at IS NULL AND expires_at > ? RETURNING {_COLUMNS}"
)
_CONSUME: Final = (
    "UPDATE link_requests SET used_at = ?1, state_hash = NULL WHERE state_hash = ?2 "
    "AND used_at IS NULL AND expires_at > ?1 AND (browser_hash = ?3 OR member_id = ?4) "
    f"RETURNING {_COLUMNS}"
)


class SqliteLinkRequestStore:
    """Implements `LinkRequestStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def create(self, request: LinkRequest, *, state_hash: str | None, at: datetime) -> None:
        """Store a new attempt; older ones of the member are void from now on."""
        await self._writer.run(_create, request, state_hash, to_ms(at))

    async def get(self, id_hash: str, *, at: datetime) -> LinkRequest | None:
        """Return an attempt that is neither used nor over."""
        return await self._readers.run(_one, _GET, (id_hash, to_ms(at)))

    async def bind_browser(
        self, id_hash: str, *, browser_hash: str, identity_hash: str, at: datetime
    ) -> bool:
        """Tie an attempt to the first browser that opened it; return whether it is this one."""
        return await self._writer.run(
            _changed,
            "UPDATE link_requests SET browser_hash = ?2, identity_hash = ?3, identified = 0, "
            "csrf_hash = NULL WHERE id_hash = ?1 AND used_at IS NULL AND expires_at > ?4 "
            "AND coalesce(browser_hash, ?2) = ?2",
            (id_hash, browser_hash, identity_hash, to_ms(at)),
        )

    async def identify(
        self, identity_hash: str, *, browser_hash: str, at: datetime
    ) -> LinkRequest | None:
        """Consume the state of the Discord login; None when it is unknown, used or foreign."""
        return await self._writer.run(_one, _IDENTIFY, (identity_hash, browser_hash, to_ms(at)))

    async def confirm(self, id_hash: str, *, browser_hash: str, csrf_hash: str) -> bool:
        """Mark an attempt's browser as the member's own and remember its form's token."""
        return await self._writer.run(
            _changed,
            "UPDATE link_requests SET identified = 1, csrf_hash = ? "
            "WHERE id_hash = ? AND browser_hash = ? AND used_at IS NULL",
            (csrf_hash, id_hash, browser_hash),
        )

    async def arm(
        self, id_hash: str, *, browser_hash: str, csrf_hash: str, state_hash: str, at: datetime
    ) -> bool:
        """Give an identified attempt its state for Spotify; the form's token is used up."""
        return await self._writer.run(
            _changed,
            "UPDATE link_requests SET state_hash = ?, csrf_hash = NULL WHERE id_hash = ? "
            "AND browser_hash = ? AND csrf_hash = ? AND identified = 1 AND used_at IS NULL "
            "AND expires_at > ?",
            (state_hash, id_hash, browser_hash, csrf_hash, to_ms(at)),
        )

    async def consume(
        self,
        state_hash: str,
        *,
        at: datetime,
        browser_hash: str | None = None,
        member_id: MemberId | None = None,
    ) -> LinkRequest | None:
        """Use an attempt up by its state, in the browser or by the member that it belongs to."""
        args = (to_ms(at), state_hash, browser_hash, member_id)
        return await self._writer.run(_one, _CONSUME, args)

    async def sweep_one(self, id_hash: str) -> None:
        """Delete an attempt: somebody else opened it."""
        await self._writer.run(_changed, "DELETE FROM link_requests WHERE id_hash = ?", (id_hash,))

    async def sweep(self, *, before: datetime) -> int:
        """Delete attempts that were over before an instant."""
        return await self._writer.run(_sweep, to_ms(before))


def _create(raw: sqlite3.Connection, request: LinkRequest, state_hash: str | None, at: int) -> None:
    ensure_member(raw, request.member_id)
    raw.execute("DELETE FROM link_requests WHERE member_id = ?", (request.member_id,))
    raw.execute(
        "INSERT INTO link_requests (id_hash, member_id, name, created_at, expires_at, verifier, "
        "state_hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            request.id_hash,
            request.member_id,
            request.name,
            at,
            to_ms(request.expires_at),
            request.verifier,
            state_hash,
        ),
    )


def _one(raw: sqlite3.Connection, sql: str, args: tuple[Any, ...]) -> LinkRequest | None:
    row = raw.execute(sql, args).fetchone()
    if row is None:
        return None
    return LinkRequest(
        id_hash=row[0],
        member_id=MemberId(row[1]),
        name=row[2],
        expires_at=from_ms(row[3]),
        verifier=row[4],
        browser_hash=row[5],
        identified=bool(row[6]),
        csrf_hash=row[7],
    )


def _changed(raw: sqlite3.Connection, sql: str, args: tuple[Any, ...]) -> bool:
    return raw.execute(sql, args).rowcount == 1


def _sweep(raw: sqlite3.Connection, before: int) -> int:
    return raw.execute("DELETE FROM link_requests WHERE expires_at < ?", (before,)).rowcount
