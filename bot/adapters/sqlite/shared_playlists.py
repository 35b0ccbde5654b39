"""Playlists on the operator's account: who asked how often, and what has to be emptied."""

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.times import to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import MemberId
from bot.errors import NotFoundError


class SqliteSharedPlaylistStore:
    """Implements `SharedPlaylistStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def admit(
        self, member_id: MemberId, *, at: datetime, since: datetime, of_member: int, in_all: int
    ) -> bool:
        """Note that somebody asks, unless they or all together asked too often since then."""
        return await self._writer.run(_admit, member_id, to_ms(at), to_ms(since), of_member, in_all)

    async def to_empty(self) -> Sequence[tuple[str, MemberId]]:
        """Return playlists that have to be emptied, and whose account they are on."""
        return await self._readers.run(_to_empty)

    async def emptied(self, playlist_id: str) -> None:
        """Forget a playlist that is empty or out of reach."""
        await self._writer.run(_emptied, playlist_id)


def set_aside_shared(raw: sqlite3.Connection, member_id: MemberId) -> None:
    """Have playlists on others' accounts emptied that hold the taste of a member who is forgotten.

    The notes of them go at once; what is kept names a playlist and its account, not the member.
    """
    held = (
        "FROM spotify_playlists WHERE shared = 1 AND member_id <> ?1 "
        "AND purpose IN (SELECT purpose FROM shared_playlist_tastes WHERE member_id = ?1)"
    )
    raw.execute(
        "INSERT OR IGNORE INTO playlists_to_empty (playlist_id, member_id) "
        f"SELECT playlist_id, member_id {held} AND playlist_id IS NOT NULL",
        (member_id,),
    )
    raw.execute(f"DELETE {held}", (member_id,))  # a constant of this function


def note_tastes(raw: sqlite3.Connection, purpose: str, tastes: Collection[MemberId]) -> None:
    """Note whose taste a playlist is about to hold, besides whose it may hold already.

    Raises
    ------
    NotFoundError
        When somebody was forgotten meanwhile.
    """
    for member_id in tastes:
        if raw.execute("SELECT 1 FROM members WHERE id = ?", (member_id,)).fetchone() is None:
            raise NotFoundError("error.list_taken_back")
        raw.execute(
            "INSERT OR IGNORE INTO shared_playlist_tastes (purpose, member_id) VALUES (?, ?)",
            (purpose, member_id),
        )


def forget_unshared(raw: sqlite3.Connection) -> None:
    """Forget whose taste playlists held that are no longer known."""
    raw.execute(
        "DELETE FROM shared_playlist_tastes WHERE purpose NOT IN "
        "(SELECT purpose FROM spotify_playlists WHERE shared = 1)"
    )


def _admit(
    raw: sqlite3.Connection, member_id: MemberId, at: int, since: int, of_member: int, in_all: int
) -> bool:
    raw.execute("DELETE FROM shared_playlist_asks WHERE asked_at < ?", (since,))
    everybody, own = raw.execute(
        "SELECT count(*), coalesce(sum(member_id = ?), 0) FROM shared_playlist_asks", (member_id,)
    ).fetchone()
    if own >= of_member or everybody >= in_all:
        return False
    raw.execute(
        "INSERT INTO shared_playlist_asks (member_id, asked_at) VALUES (?, ?)", (member_id, at)
    )
    return True


def _to_empty(raw: sqlite3.Connection) -> list[tuple[str, MemberId]]:
    rows = raw.execute("SELECT playlist_id, member_id FROM playlists_to_empty ORDER BY playlist_id")
    return [(playlist_id, MemberId(member_id)) for playlist_id, member_id in rows]


def _emptied(raw: sqlite3.Connection, playlist_id: str) -> None:
    raw.execute("DELETE FROM playlists_to_empty WHERE playlist_id = ?", (playlist_id,))
