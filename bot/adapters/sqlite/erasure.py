"""Forgetting a member: every table, every file, every byte of the log.

The ledger is written first, so an erasure that a crash cuts short is finished at the next start.
Long tables go in slices, so that others are served meanwhile.
"""

import asyncio
import mmap
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bot.adapters.sqlite.connection import BUSY_TIMEOUT_S, Readers
from bot.adapters.sqlite.forgetting import (
    REBUILD_KEY,
    agreements,
    delete_artists,
    delete_listens,
    delete_member,
    delete_rows,
    delete_tracks,
    find_traces,
    folders_of,
    forget_unasked,
    rebuild,
    slices,
)
from bot.adapters.sqlite.ledger import ErasureLedger
from bot.adapters.sqlite.meta import get_meta
from bot.adapters.sqlite.writer import Writer
from bot.adapters.uploads import UNFINISHED
from bot.domain.ids import MemberId
from bot.domain.members import ErasureReport

CHECKPOINT_TRIES: Final = 100
CHECKPOINT_PAUSE_S: Final = 0.1


class Erasure:
    """Deletes members from the database and from the data folder."""

    def __init__(
        self, *, readers: Readers, writer: Writer, ledger: ErasureLedger, path: Path, uploads: Path
    ) -> None:
        self._readers = readers
        self._writer = writer
        self._ledger = ledger
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._uploads = uploads

    async def erase(self, member_id: MemberId, *, at_ms: int) -> ErasureReport:
        """Forget a member for good."""
        await self._writer.run_alone(lambda _raw: self._ledger.note(member_id, at_ms=at_ms))
        return await self._forget(member_id, at_ms, again=False)

    async def replay(self) -> Sequence[MemberId]:
        """Forget everybody the ledger names who never agreed again; return who was found."""
        known = await self._readers.run_long(agreements)
        found = self._ledger.erased(known)
        for member_id, at_ms in found.items():
            await self._forget(MemberId(member_id), at_ms, again=True)
        if await self._readers.run(get_meta, REBUILD_KEY):
            await self._rebuild()
        return [MemberId(member_id) for member_id in found]

    async def _forget(self, member_id: MemberId, at_ms: int, *, again: bool) -> ErasureReport:
        traces = await self._readers.run_long(find_traces, member_id, anybodys=again)
        # Files first: the rows are what they are found by.
        files = await self._delete_folders(traces.folders)
        removed: Counter[str] = Counter()
        while n := await self._writer.run(delete_listens, member_id):
            removed["listens"] += n
        late, rows = await self._writer.run(
            lambda raw: (folders_of(raw, member_id), delete_rows(raw, member_id))
        )
        removed.update(rows)
        await self._writer.run(forget_unasked)
        for tracks in slices(traces.tracks):
            removed["tracks"] += await self._writer.run(delete_tracks, tracks)
        for artists in slices(traces.artists):
            removed["artists"] += await self._writer.run(delete_artists, artists)
        later, rows = await self._writer.run(
            lambda raw: (folders_of(raw, member_id), delete_member(raw, member_id, at_ms))
        )
        removed.update(rows)
        files += await self._delete_folders((*late, *later))
        return ErasureReport(
            member_id=member_id,
            removed={table: n for table, n in removed.items() if n},
            files=files,
            bytes_left_in_log=await self._scrub(member_id),
        )

    async def _delete_folders(self, names: Sequence[str]) -> int:
        """Delete uploads; return their files. What came in meanwhile is found by rows, too."""
        return await self._writer.run_alone(
            lambda _raw: sum(_delete_folder(self._uploads, name) for name in names)
        )

    async def _scrub(self, member_id: MemberId) -> int:
        """See to it that no copy is left of what was deleted; return the bytes left in the log."""
        left = await self._empty_log()
        needle = member_id.to_bytes(8, "big")  # as SQLite stores it
        traced = await self._readers.run_long(lambda _raw: _holds(self._path, needle))
        marked = await self._readers.run(get_meta, REBUILD_KEY)
        if traced or marked:
            left = await self._rebuild()
        return left

    async def scrub(self) -> int:
        """Leave no copy of what was deleted if anything marked says so; return the log's bytes."""
        if await self._readers.run(get_meta, REBUILD_KEY):
            return await self._rebuild()
        return await self._empty_log()

    async def _rebuild(self) -> int:
        await self._writer.run_alone(rebuild)
        return await self._empty_log()

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


def _holds(path: Path, needle: bytes) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(needle) >= 0


def _delete_folder(uploads: Path, name: str) -> int:
    """Delete one upload with everything in it; return how many files it held."""
    folder = uploads / name
    if folder.parent != uploads or not folder.is_dir() or folder.is_symlink():
        return 0
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    doomed = folder.with_name(f"{UNFINISHED}{name}")
    folder.rename(doomed)  # whoever still writes here finds no folder for its next file
    shutil.rmtree(doomed)
    return files
