"""The one task that writes: callers hand in functions and hear back after the commit."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from bot.adapters.sqlite.connection import DATABASE_REFUSALS, Connection
from bot.errors import StorageError

P = ParamSpec("P")
T = TypeVar("T")
Change = Callable[[sqlite3.Connection], Any]

log = logging.getLogger(__name__)

MOST_WAITING: Final = 1024
"""More callers than this wait for a place in the queue: back-pressure, not memory."""
MOST_IN_GROUP: Final = 256
LOG_ALARM_BYTES: Final = 64 * 2**20
"""A write-ahead log this long means that somebody reads for ever: it can't be emptied."""


@dataclass(frozen=True, slots=True)
class _Job:
    change: Change
    alone: bool
    done: "asyncio.Future[Any]"


@dataclass(frozen=True, slots=True)
class _Outcome:
    value: Any = None
    error: Exception | None = None


class _GroupLostError(Exception):
    """SQLite itself rolled the whole transaction back because one change failed badly."""


class Writer:
    """Owner of the writing connection and of every transaction on it.

    Changes that wait at the same time share one commit, each under its own savepoint: one that
    fails takes back only itself. A cancelled caller never cuts a transaction; what it asked for
    is stored or not as a whole.
    """

    def __init__(self, connection: Connection, *, log_file: Path | None = None) -> None:
        self._connection = connection
        self._log_file = log_file
        self._alarmed = False
        self._queue: asyncio.Queue[_Job | None] = asyncio.Queue(MOST_WAITING)
        self._closed = False
        self._task = asyncio.create_task(self._work(), name="sqlite-writer")

    async def run(
        self,
        change: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a change in a transaction and return its value once it is durable.

        Raises
        ------
        StorageError
            When the database refused; nothing of this change is stored.
        """
        result: T = await self._put(lambda raw: change(raw, *args, **kwargs), alone=False)
        return result

    async def run_alone(
        self,
        change: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run what cannot share a transaction (ATTACH, checkpoints); it opens its own."""
        result: T = await self._put(lambda raw: change(raw, *args, **kwargs), alone=True)
        return result

    async def close(self) -> None:
        """Take nothing new, store what waits, stop."""
        if not self._closed:
            self._closed = True
            await self._queue.put(None)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(self._task)

    async def _put(self, change: Change, *, alone: bool) -> Any:
        if self._closed or self._task.done():
            raise StorageError("the database is closed")
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_seen)
        await self._queue.put(_Job(change, alone, done))
        if self._task.done():
            raise StorageError("the database is closed")
        return await asyncio.shield(done)

    async def _work(self) -> None:
        group: list[_Job] = []
        try:
            while True:
                job = await self._queue.get()
                if job is None:
                    return
                group = [job]
                held: _Job | None = None
                last = False
                while not job.alone and len(group) < MOST_IN_GROUP and not self._queue.empty():
                    following = self._queue.get_nowait()
                    if following is None:
                        last = True
                        break
                    if following.alone:
                        held = following
                        break
                    group.append(following)
                await self._store(group)
                if held is not None:
                    group = [held]
                    await self._store(group)
                if last:
                    return
        finally:
            self._closed = True
            while not self._queue.empty():
                left = self._queue.get_nowait()
                if left is not None:
                    group.append(left)
            for job in group:
                if not job.done.done():
                    job.done.set_exception(StorageError("the database was closed"))

    async def _store(self, group: list[_Job]) -> None:
        apply = _apply_alone if group[0].alone else _apply_group
        try:
            outcomes = await self._connection.call(apply, [job.change for job in group])
        except Exception as error:  # noqa: BLE001  # nobody of the group may be told "saved"
            log.warning("a group of %d changes was not stored: %s", len(group), error)
            outcomes = [_Outcome(error=error)] * len(group)
        self._watch_log()
        for job, outcome in zip(group, outcomes, strict=True):
            if job.done.done():
                continue
            if outcome.error is None:
                job.done.set_result(outcome.value)
            else:
                job.done.set_exception(_for_caller(outcome.error))

    def _watch_log(self) -> None:
        """Say once that the log grows, and again only after it was short in between."""
        if self._log_file is None or not self._log_file.exists():
            return
        long = self._log_file.stat().st_size > LOG_ALARM_BYTES
        if long and not self._alarmed:
            log.warning("%s has grown past %d bytes", self._log_file, LOG_ALARM_BYTES)
        self._alarmed = long


def _seen(done: "asyncio.Future[Any]") -> None:
    if not done.cancelled():
        done.exception()  # a caller that went away leaves no warning behind


def _for_caller(error: Exception) -> Exception:
    if not isinstance(error, DATABASE_REFUSALS):
        return error
    refusal = StorageError(f"{type(error).__name__}: {error}")
    refusal.__cause__ = error
    return refusal


@contextlib.contextmanager
def transaction(raw: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT, or as if nothing had happened."""
    raw.execute("BEGIN IMMEDIATE")
    try:
        yield
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise


def _apply_group(raw: sqlite3.Connection, changes: list[Change]) -> list[_Outcome]:
    try:
        with transaction(raw):
            return [_apply_one(raw, change) for change in changes]
    except _GroupLostError:
        return [_apply_group_of_one(raw, change) for change in changes]


def _apply_one(raw: sqlite3.Connection, change: Change) -> _Outcome:
    raw.execute("SAVEPOINT change")
    try:
        value = change(raw)
    except Exception as error:  # fails this change only
        if not raw.in_transaction:
            raise _GroupLostError from error
        raw.execute("ROLLBACK TO change")
        raw.execute("RELEASE change")
        return _Outcome(error=error)
    raw.execute("RELEASE change")
    return _Outcome(value)


def _apply_group_of_one(raw: sqlite3.Connection, change: Change) -> _Outcome:
    try:
        with transaction(raw):
            return _Outcome(change(raw))
    except Exception as error:  # noqa: BLE001  # fails this change only
        return _Outcome(error=error)


def _apply_alone(raw: sqlite3.Connection, changes: list[Change]) -> list[_Outcome]:
    (change,) = changes
    try:
        return [_Outcome(change(raw))]
    except Exception as error:  # noqa: BLE001  # fails this change only
        return [_Outcome(error=error)]
    finally:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
