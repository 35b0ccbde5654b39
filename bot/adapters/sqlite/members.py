"""People: consent, settings, export, erasure."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.erasure import Erasure
from bot.adapters.sqlite.export import export_member
from bot.adapters.sqlite.rows import ensure_member
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import MemberId
from bot.domain.members import Consent, ErasureReport, MemberSettings
from bot.domain.music import LinkService


class SqliteMemberStore:
    """Implements `MemberStore`."""

    def __init__(self, *, readers: Readers, writer: Writer, erasure: Erasure) -> None:
        self._readers = readers
        self._writer = writer
        self._erasure = erasure

    async def consent(self, member_id: MemberId) -> Consent | None:
        """Return the standing consent: the newest version agreed to."""
        return await self._readers.run(_consent, member_id)

    async def agree(self, member_id: MemberId, *, version: int, at: datetime) -> None:
        """Record consent; agreeing again to the same version keeps the first date."""
        await self._writer.run(_agree, member_id, version, to_ms(at))

    async def settings(self, member_id: MemberId) -> MemberSettings:
        """Return a member's settings, the defaults for an unknown member."""
        return await self._readers.run(_settings, member_id)

    async def save_settings(self, member_id: MemberId, settings: MemberSettings) -> None:
        """Store all settings of a member."""
        await self._writer.run(_save_settings, member_id, settings)

    async def all_settings(self) -> Mapping[MemberId, MemberSettings]:
        """Return every stored setting."""
        return await self._readers.run(_all_settings)

    async def export(self, member_id: MemberId) -> Mapping[str, Any]:
        """Return everything stored about a member as JSON-ready values, ids as strings."""
        return await self._readers.run_long(export_member, member_id)

    async def erase(self, member_id: MemberId, *, at: datetime) -> ErasureReport:
        """Delete a member from every table and file, write the ledger, empty the log."""
        return await self._erasure.erase(member_id, at_ms=to_ms(at))


def _consent(raw: sqlite3.Connection, member_id: MemberId) -> Consent | None:
    row = raw.execute(
        "SELECT version, given_at FROM consents WHERE member_id = ? ORDER BY version DESC LIMIT 1",
        (member_id,),
    ).fetchone()
    return None if row is None else Consent(row[0], from_ms(row[1]))


def _agree(raw: sqlite3.Connection, member_id: MemberId, version: int, at: int) -> None:
    ensure_member(raw, member_id)
    raw.execute(
        "INSERT INTO consents (member_id, version, given_at) VALUES (?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (member_id, version, at),
    )


_SETTINGS = (
    "SELECT member_id, private, adventure, link_service, explicit, notices FROM member_settings"
)


def _read(row: tuple[int, int, int, str, int, int]) -> MemberSettings:
    return MemberSettings(
        private=bool(row[1]),
        adventure=row[2],
        link_service=LinkService(row[3]),
        explicit=bool(row[4]),
        notices=bool(row[5]),
    )


def _settings(raw: sqlite3.Connection, member_id: MemberId) -> MemberSettings:
    row = raw.execute(f"{_SETTINGS} WHERE member_id = ?", (member_id,)).fetchone()
    return MemberSettings() if row is None else _read(row)


def _all_settings(raw: sqlite3.Connection) -> dict[MemberId, MemberSettings]:
    return {MemberId(row[0]): _read(row) for row in raw.execute(_SETTINGS)}


def _save_settings(raw: sqlite3.Connection, member_id: MemberId, settings: MemberSettings) -> None:
    ensure_member(raw, member_id)
    raw.execute(
        "INSERT OR REPLACE INTO member_settings "
        "(member_id, private, adventure, link_service, explicit, notices) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            member_id,
            settings.private,
            settings.adventure,
            settings.link_service,
            settings.explicit,
            settings.notices,
        ),
    )
