"""Taking one door back: its link, its secrets, its listens, and what derives from them.

The ledger is written first, so that neither a crash nor an older backup keeps what was withdrawn.
"""

import sqlite3
from typing import Final

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.erasure import Erasure
from bot.adapters.sqlite.forgetting import (
    REBUILD_KEY,
    delete_artists,
    delete_tracks,
    forget_unasked,
    slices,
)
from bot.adapters.sqlite.ledger import ErasureLedger
from bot.adapters.sqlite.meta import set_meta
from bot.adapters.sqlite.shared_playlists import forget_unshared
from bot.adapters.sqlite.sums import renew_sums
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import MemberId
from bot.domain.listening import Source

SLICE_ROWS: Final = 2000
NEVER_WITHOUT_LINK: Final = (Source.SPOTIFY_API,)
"""Doors whose listens may not outlive their link."""
_OF_SPOTIFY: Final = (
    "spotify_logins",
    "spotify_syncs",
    "spotify_playlists",
    "playlists_to_empty",
    "link_requests",
)


class Withdrawal:
    """Unlinks one door of one member, also again after a crash or a restore."""

    def __init__(
        self, *, readers: Readers, writer: Writer, ledger: ErasureLedger, erasure: Erasure
    ) -> None:
        self._readers = readers
        self._writer = writer
        self._ledger = ledger
        self._erasure = erasure

    async def withdraw(self, member_id: MemberId, source: Source, *, at_ms: int) -> int:
        """Unlink a door and delete what came through it; return the listens deleted, as `/doors` counts."""
        await self._writer.run_alone(
            lambda _raw: self._ledger.note(member_id, at_ms=at_ms, part=source.value)
        )
        return await self._forget(member_id, source, at_ms)

    async def replay(self) -> int:
        """Finish withdrawals that were cut short or that an older backup undid; return how many."""
        done = 0
        for source in Source:
            found = await self._readers.run_long(_holders, source)
            undone = self._ledger.erased(found, part=source.value)
            for member_id, linked_at in found.items():
                lost = linked_at is None and source in NEVER_WITHOUT_LINK
                if lost or member_id in undone:
                    at_ms = undone.get(member_id, 0)
                    await self._forget(MemberId(member_id), source, at_ms)
                    done += 1
        return done

    async def _forget(self, member_id: MemberId, source: Source, at_ms: int) -> int:
        tracks, artists = await self._readers.run_long(_brought, member_id, source)
        await self._writer.run(_unlink, member_id, source)
        removed = 0
        while (n := await self._writer.run(_delete_listens, member_id, source)) is not None:
            removed += n
        await self._writer.run(forget_unasked)
        for part in slices(tracks):
            await self._writer.run(delete_tracks, part)
        for part in slices(artists):
            await self._writer.run(delete_artists, part)
        await renew_sums(self._readers, self._writer, member_id)
        if removed:
            await self._writer.run(_ask_for_refit, source, at_ms)
        await self._erasure.scrub()
        return removed


def _holders(raw: sqlite3.Connection, source: Source) -> dict[int, int | None]:
    """Return who has anything of a source, and when they brought it; None without a link.

    A door whose listens may stay without a link counts as brought by its newest row: what came
    after a withdrawal is not what was withdrawn.
    """
    brought = "l.linked_at"
    if source not in NEVER_WITHOUT_LINK:
        brought = (
            "max(coalesce(l.linked_at, 0), coalesce((SELECT max(recorded_at) FROM listens AS r "
            "WHERE r.member_id = who.member_id "
            "AND r.source_id = (SELECT id FROM sources WHERE name = ?1)), 0))"
        )
    return dict(
        raw.execute(
            f"SELECT who.member_id, {brought} FROM ("  # noqa: S608  # constants of this function
            "  SELECT DISTINCT member_id FROM listens "
            "  WHERE source_id = (SELECT id FROM sources WHERE name = ?1)"
            "  UNION SELECT member_id FROM links "
            "  WHERE source_id = (SELECT id FROM sources WHERE name = ?1)"
            ") AS who LEFT JOIN links AS l ON l.member_id = who.member_id "
            "AND l.source_id = (SELECT id FROM sources WHERE name = ?1)",
            (source.value,),
        ).fetchall()
    )


def _brought(
    raw: sqlite3.Connection, member_id: MemberId, source: Source
) -> tuple[list[int], list[int]]:
    """Return tracks and artists outside the atlas that a door may have brought in.

    What the member's sums still name counts, too: an earlier try may have deleted the listens.
    """

    def ids(sql: str) -> list[int]:
        return [id_ for (id_,) in raw.execute(sql, (member_id, source.value))]

    heard = (
        "FROM listens WHERE member_id = ?1 AND source_id = (SELECT id FROM sources WHERE name = ?2)"
    )
    tracks = (
        f"SELECT track_id {heard} "  # noqa: S608  # constants of this function
        "UNION SELECT subject_id FROM play_sums WHERE member_id = ?1 AND of_artist = 0"
    )
    artists = (
        f"SELECT artist_id {heard} "  # noqa: S608
        "UNION SELECT subject_id FROM play_sums WHERE member_id = ?1 AND of_artist = 1 "
        f"UNION SELECT artist_id FROM tracks WHERE id IN ({tracks})"
    )
    return (
        ids(f"SELECT id FROM tracks WHERE atlas = 0 AND id IN ({tracks})"),  # noqa: S608
        ids(f"SELECT id FROM artists WHERE atlas = 0 AND id IN ({artists})"),  # noqa: S608
    )


def _unlink(raw: sqlite3.Connection, member_id: MemberId, source: Source) -> None:
    """Delete link, secrets and gaps in one transaction; from here on nothing more can be fetched."""
    for table in ("door_syncs", "links", "gaps"):
        raw.execute(
            f"DELETE FROM {table} WHERE member_id = ? "  # noqa: S608  # names of ours
            "AND source_id = (SELECT id FROM sources WHERE name = ?)",
            (member_id, source.value),
        )
    if source is Source.DISCORD_ACTIVITY:
        raw.execute("DELETE FROM activity_now WHERE member_id = ?", (member_id,))
    if source is Source.SPOTIFY_API:
        for table in _OF_SPOTIFY:
            raw.execute(f"DELETE FROM {table} WHERE member_id = ?", (member_id,))  # noqa: S608
        forget_unshared(raw)
    set_meta(raw, REBUILD_KEY, "1")


def _delete_listens(raw: sqlite3.Connection, member_id: MemberId, source: Source) -> int | None:
    """Delete a slice; return the listens that its rows stand for, None when no row is left."""
    rows = raw.execute(
        "DELETE FROM listens WHERE id IN (SELECT l.id FROM listens AS l "
        "JOIN sources AS s ON s.id = l.source_id WHERE l.member_id = ? AND s.name = ? LIMIT ?) "
        "RETURNING plays",
        (member_id, source.value, SLICE_ROWS),
    ).fetchall()
    return sum(plays for (plays,) in rows) if rows else None


def _ask_for_refit(raw: sqlite3.Connection, source: Source, at_ms: int) -> None:
    """See to it that the next model, which doesn't know these listens, is published."""
    raw.execute(
        "INSERT INTO pending_erasures (erased_at) SELECT ? FROM sources "
        "WHERE name = ? AND trainable = 1",
        (at_ms, source.value),
    )
