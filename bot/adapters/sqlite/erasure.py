"""Forgetting a member: every table, every file, every byte of the log.

The ledger is written first, so an erasure that a crash cuts short is finished at the next start.
Long tables go in slices, so that others are served meanwhile.
"""

# ruff: noqa: S608  (statements are put together from constants of this module only)

import asyncio
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.adapters.sqlite.adrift import cut_loose
from bot.adapters.sqlite.connection import BUSY_TIMEOUT_S, Readers
from bot.adapters.sqlite.ledger import ErasureLedger
from bot.adapters.sqlite.rows import id_list
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import MemberId
from bot.domain.members import ErasureReport

MEMBER_COLUMNS: Final = (
    ("gestures", "member_id"),
    ("blocks", "member_id"),
    ("picks", "member_id"),
    ("play_sums", "member_id"),
    ("source_sums", "member_id"),
    ("listens", "member_id"),
    ("imports", "member_id"),
    ("gaps", "member_id"),
    ("links", "member_id"),
    ("blend_members", "member_id"),
    ("blends", "owner_id"),
    ("consents", "member_id"),
    ("member_settings", "member_id"),
    ("recommendations", "member_id"),
    ("members", "id"),
)
"""Every column that names a member; a test compares it with the schema."""
_SPECIAL: Final = ("recommendations", "blends", "members")
SLICE_ROWS: Final = 2000
CHECKPOINT_TRIES: Final = 100
CHECKPOINT_PAUSE_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class _Traces:
    """What only this member may have brought in."""

    folders: tuple[str, ...]
    tracks: tuple[int, ...]
    artists: tuple[int, ...]


class Erasure:
    """Deletes members from the database and from the data folder."""

    def __init__(
        self, *, readers: Readers, writer: Writer, ledger: ErasureLedger, path: Path, uploads: Path
    ) -> None:
        self._readers = readers
        self._writer = writer
        self._ledger = ledger
        self._log = path.with_name(f"{path.name}-wal")
        self._uploads = uploads

    async def erase(self, member_id: MemberId, *, at_ms: int) -> ErasureReport:
        """Forget a member for good."""
        await self._writer.run_alone(lambda _raw: self._ledger.note(member_id, at_ms=at_ms))
        return await self._forget(member_id, at_ms)

    async def replay(self) -> Sequence[MemberId]:
        """Forget everybody the ledger names who never agreed again; return who was found."""
        known = await self._readers.run_long(_agreements)
        found = self._ledger.erased(known)
        for member_id, at_ms in found.items():
            await self._forget(MemberId(member_id), at_ms)
        return [MemberId(member_id) for member_id in found]

    async def _forget(self, member_id: MemberId, at_ms: int) -> ErasureReport:
        traces = await self._readers.run_long(_traces, member_id)
        removed: Counter[str] = Counter()
        while n := await self._writer.run(_delete_listens, member_id):
            removed["listens"] += n
        removed.update(await self._writer.run(_delete_rows, member_id, at_ms))
        for tracks in _slices(traces.tracks):
            removed["tracks"] += await self._writer.run(_delete_tracks, tracks)
        for artists in _slices(traces.artists):
            removed["artists"] += await self._writer.run(_delete_artists, artists)
        files = await self._writer.run_alone(
            lambda _raw: sum(_delete_folder(self._uploads / name) for name in traces.folders)
        )
        return ErasureReport(
            member_id=member_id,
            removed={table: n for table, n in removed.items() if n},
            files=files,
            bytes_left_in_log=await self._empty_log(),
        )

    async def _empty_log(self) -> int:
        """Move the log into the file and cut it to nothing; return the bytes that are left."""
        left = 0
        for _ in range(CHECKPOINT_TRIES):
            async with self._readers.pause():
                left = await self._writer.run_alone(self._checkpoint)
            if not left:
                break
            await asyncio.sleep(CHECKPOINT_PAUSE_S)
        return left

    def _checkpoint(self, raw: sqlite3.Connection) -> int:
        with _short_wait(raw):
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return self._log.stat().st_size if self._log.exists() else 0


@contextmanager
def _short_wait(raw: sqlite3.Connection) -> Iterator[None]:
    """Give up soon when another process reads; others would wait behind us."""
    raw.execute("PRAGMA busy_timeout = 50")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")


def _slices(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), SLICE_ROWS):
        yield ids[start : start + SLICE_ROWS]


def _agreements(raw: sqlite3.Connection) -> dict[int, int | None]:
    return dict(
        raw.execute(
            "SELECT who.id, max(c.given_at) FROM ("
            " SELECT id FROM members UNION SELECT owner_id FROM blends"
            " UNION SELECT member_id FROM blend_members"
            ") AS who LEFT JOIN consents AS c ON c.member_id = who.id GROUP BY who.id"
        ).fetchall()
    )


def _traces(raw: sqlite3.Connection, member_id: MemberId) -> _Traces:
    def ids(sql: str) -> tuple[Any, ...]:
        return tuple(value for (value,) in raw.execute(sql, (member_id,)))

    tracks = (
        "SELECT track_id FROM listens WHERE member_id = ?1 "
        "UNION SELECT subject_id FROM play_sums WHERE member_id = ?1 AND of_artist = 0 "
        "UNION SELECT track_id FROM blocks WHERE member_id = ?1 "
        "UNION SELECT i.track_id FROM recommendations AS r "
        "  JOIN recommendation_items AS i ON i.recommendation_id = r.id WHERE r.member_id = ?1"
    )
    artists = (
        "SELECT artist_id FROM listens WHERE member_id = ?1 "
        "UNION SELECT subject_id FROM play_sums WHERE member_id = ?1 AND of_artist = 1 "
        "UNION SELECT artist_id FROM blocks WHERE member_id = ?1 "
        "UNION SELECT artist_id FROM picks WHERE member_id = ?1 "
        "UNION SELECT i.artist_id FROM recommendations AS r "
        "  JOIN recommendation_items AS i ON i.recommendation_id = r.id WHERE r.member_id = ?1 "
        f"UNION SELECT artist_id FROM tracks WHERE id IN ({tracks})"
    )
    return _Traces(
        folders=ids("SELECT folder FROM imports WHERE member_id = ?1"),
        tracks=ids(f"SELECT id FROM tracks WHERE atlas = 0 AND id IN ({tracks})"),
        artists=ids(f"SELECT id FROM artists WHERE atlas = 0 AND id IN ({artists})"),
    )


def _delete_listens(raw: sqlite3.Connection, member_id: MemberId) -> int:
    return raw.execute(
        "DELETE FROM listens WHERE id IN (SELECT id FROM listens WHERE member_id = ? LIMIT ?)",
        (member_id, SLICE_ROWS),
    ).rowcount


def _delete_rows(raw: sqlite3.Connection, member_id: MemberId, at_ms: int) -> Counter[str]:
    removed: Counter[str] = Counter()
    for table, column in MEMBER_COLUMNS:
        if table not in _SPECIAL:
            statement = f"DELETE FROM {table} WHERE {column} = ?"
            removed[table] += raw.execute(statement, (member_id,)).rowcount
    removed["blend_members"] += raw.execute(
        "DELETE FROM blend_members WHERE blend_id IN (SELECT id FROM blends WHERE owner_id = ?)",
        (member_id,),
    ).rowcount
    removed["blends"] += raw.execute("DELETE FROM blends WHERE owner_id = ?", (member_id,)).rowcount
    shown = raw.execute("SELECT id FROM recommendations WHERE member_id = ?", (member_id,))
    removed.update(cut_loose(raw, [id_ for (id_,) in shown], forget_member=True))
    gone = raw.execute("DELETE FROM members WHERE id = ?", (member_id,)).rowcount
    removed["members"] += gone
    if gone:
        raw.execute("INSERT INTO pending_erasures (erased_at) VALUES (?)", (at_ms,))
    return removed


def _delete_tracks(raw: sqlite3.Connection, ids: Sequence[int]) -> int:
    unused = [
        id_
        for (id_,) in raw.execute(
            "SELECT value FROM json_each(?) "
            "WHERE NOT EXISTS (SELECT 1 FROM listens WHERE track_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM recommendation_items WHERE track_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM blocks WHERE track_id = value)",
            (id_list(ids),),
        )
    ]
    raw.execute(
        "DELETE FROM track_terms WHERE track_id IN (SELECT value FROM json_each(?))",
        (id_list(unused),),
    )
    return raw.execute(
        "DELETE FROM tracks WHERE id IN (SELECT value FROM json_each(?))", (id_list(unused),)
    ).rowcount


def _delete_artists(raw: sqlite3.Connection, ids: Sequence[int]) -> int:
    unused = [
        id_
        for (id_,) in raw.execute(
            "SELECT value FROM json_each(?) "
            "WHERE NOT EXISTS (SELECT 1 FROM tracks WHERE artist_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM listens WHERE artist_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM picks WHERE artist_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM recommendation_items WHERE artist_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM blocks WHERE artist_id = value)",
            (id_list(ids),),
        )
    ]
    for statement in (
        "DELETE FROM artist_terms WHERE artist_id IN (SELECT value FROM json_each(?))",
        "DELETE FROM artist_tags WHERE artist_id IN (SELECT value FROM json_each(?))",
    ):
        raw.execute(statement, (id_list(unused),))
    return raw.execute(
        "DELETE FROM artists WHERE id IN (SELECT value FROM json_each(?))", (id_list(unused),)
    ).rowcount


def _delete_folder(folder: Path) -> int:
    """Delete a folder with everything in it; return how many files it held."""
    if not folder.is_dir() or folder.is_symlink():
        return 0
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder)
    return files
