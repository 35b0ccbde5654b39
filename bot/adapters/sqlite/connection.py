"""Connections: one that writes, a few that only read."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

import aiosqlite

from bot.errors import StorageError

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

OLDEST_SQLITE: Final = (3, 37, 0)
"""The first version with STRICT tables."""
BUSY_TIMEOUT_S: Final = 5.0
READ_LIMIT_S: Final = 5.0
"""A reader that stays longer keeps the log from being emptied, so it is interrupted."""


DATABASE_REFUSALS: Final = (sqlite3.Error, OverflowError, UnicodeError)
"""What sqlite3 raises; the last two for numbers and texts that it can't take."""


class Connection(aiosqlite.Connection):
    """A connection whose thread runs whole functions: a transaction is one hop and can't be cut."""

    @classmethod
    async def open(cls, connect: Callable[[Path], sqlite3.Connection], path: Path) -> "Connection":
        """Start the thread and open a file in it."""
        connection = cls(lambda: connect(path), 64)
        try:
            await connection
        except BaseException:
            connection.join()
            raise
        return connection

    def join(self) -> None:
        """Wait for the thread, which is told to stop when opening fails but not waited for."""
        self._thread.join()

    async def call(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `function` on the raw connection in its own thread."""
        result: T = await self._execute(  # type: ignore[no-untyped-call]  # aiosqlite leaves it bare
            lambda: function(self._conn, *args, **kwargs)
        )
        return result


@contextlib.contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what sqlite3 raises into `StorageError`."""
    try:
        yield
    except DATABASE_REFUSALS as error:
        raise StorageError(f"{type(error).__name__}: {error}") from error


def require_sqlite() -> None:
    """Refuse a library without STRICT tables.

    Raises
    ------
    StorageError
        When SQLite is older than 3.37.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StorageError(
            f"SQLite {sqlite3.sqlite_version} is too old; 3.37 or newer is needed. "
            "Use a newer Python or system."
        )


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open the one connection that writes, creating the file if there is none."""
    raw = sqlite3.connect(
        path.absolute().as_uri(), uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
    )
    try:
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA secure_delete = ON")
        raw.execute("PRAGMA trusted_schema = OFF")
        raw.execute("PRAGMA temp_store = MEMORY")
        raw.execute("PRAGMA cache_size = -32000")
        (mode,) = raw.execute("PRAGMA journal_mode = WAL").fetchone()
    except BaseException:
        raw.close()
        raise
    if mode != "wal":
        raw.close()
        raise StorageError(f"{path.parent} cannot hold a write-ahead log (journal mode {mode}).")
    return raw


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write."""
    raw = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
    )
    raw.execute("PRAGMA query_only = ON")
    raw.execute("PRAGMA trusted_schema = OFF")
    raw.execute("PRAGMA temp_store = MEMORY")
    raw.execute("PRAGMA cache_size = -16000")
    return raw


class Readers:
    """A few read-only connections; every read sees one consistent state."""

    def __init__(self, connections: list[Connection]) -> None:
        self._all = connections
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in connections:
            self._free.put_nowait(connection)
        self._pausing = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path, *, count: int) -> "Readers":
        """Open `count` connections."""
        opened: list[Connection] = []
        try:
            while len(opened) < count:
                opened.append(await Connection.open(connect_reader, path))
        except BaseException:
            for connection in opened:
                await connection.close()
            raise
        return cls(opened)

    async def run(
        self,
        read: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a read of at most `READ_LIMIT_S`.

        Raises
        ------
        StorageError
            When it fails or takes too long.
        """
        return await self._run(lambda raw: read(raw, *args, **kwargs), READ_LIMIT_S)

    async def run_long(
        self,
        read: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a read without a time limit: exports, backups, sums over a whole history."""
        return await self._run(lambda raw: read(raw, *args, **kwargs), None)

    async def _run(self, read: Callable[[sqlite3.Connection], T], limit_s: float | None) -> T:
        connection = await self._free.get()
        task = asyncio.ensure_future(connection.call(_in_snapshot, read))
        # Given back only when its thread is done with it, even when the caller is cancelled.
        task.add_done_callback(lambda done: self._give_back(connection, done))
        with storage_errors():
            try:
                async with asyncio.timeout(limit_s):
                    return await asyncio.shield(task)
            except TimeoutError:
                await connection.interrupt()
                raise StorageError(f"a read took longer than {limit_s} s") from None

    def _give_back(self, connection: Connection, done: "asyncio.Future[T]") -> None:
        if not done.cancelled():
            done.exception()  # seen, even when nobody waits any more
        self._free.put_nowait(connection)

    @contextlib.asynccontextmanager
    async def pause(self) -> AsyncIterator[None]:
        """Wait until nobody reads and let nobody start until the block ends."""
        async with self._pausing:
            held: list[Connection] = []
            try:
                while len(held) < len(self._all):
                    held.append(await self._free.get())
                yield
            finally:
                for connection in held:
                    self._free.put_nowait(connection)

    async def close(self) -> None:
        """Close every connection once its running read is over."""
        for _ in self._all:
            connection = await self._free.get()
            await connection.close()


def _in_snapshot(raw: sqlite3.Connection, read: Callable[[sqlite3.Connection], T]) -> T:
    raw.execute("BEGIN")
    try:
        return read(raw)
    finally:
        raw.rollback()
