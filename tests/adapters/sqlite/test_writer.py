"""The writer task: grouped commits, failures that stay alone, cancellation, a full disk."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sqlite import writer as writing
from bot.adapters.sqlite.connection import Connection, connect_reader, connect_writer
from bot.adapters.sqlite.database import Database
from bot.adapters.sqlite.writer import Writer
from bot.errors import NotFoundError, StorageError


def put(raw: sqlite3.Connection, key: str, value: str = "x") -> str:
    raw.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, value))
    return key


def keys(raw: sqlite3.Connection) -> list[str]:
    return [key for (key,) in raw.execute("SELECT key FROM meta ORDER BY key")]


class Commits:
    """Counts COMMITs through SQLite's own trace."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self, statement: str) -> None:
        self.n += statement == "COMMIT"


async def test_waiting_changes_share_a_commit(empty: Database) -> None:
    commits = Commits()
    await empty.writer.run_alone(lambda raw: raw.set_trace_callback(commits))
    await asyncio.gather(*(empty.writer.run(put, f"{n:03}") for n in range(100)))
    await empty.writer.run_alone(lambda raw: raw.set_trace_callback(None))
    assert commits.n <= 3
    assert len(await empty.readers.run(keys)) == 100


async def test_a_failing_change_takes_back_only_itself(empty: Database) -> None:
    def half(raw: sqlite3.Connection) -> None:
        put(raw, "half")
        raise NotFoundError("error.not_found")

    def wrong(raw: sqlite3.Connection) -> None:
        put(raw, "wrong")
        put(raw, "wrong")

    done = await asyncio.gather(
        empty.writer.run(put, "a"),
        empty.writer.run(half),
        empty.writer.run(wrong),
        empty.writer.run(put, "b"),
        return_exceptions=True,
    )
    assert [type(one) for one in done] == [str, NotFoundError, StorageError, str]
    assert await empty.readers.run(keys) == ["a", "b"]


@pytest.mark.parametrize("value", ["\ud800", 2**64])
async def test_values_sqlite_cannot_take_are_storage_errors(empty: Database, value: object) -> None:
    with pytest.raises(StorageError):
        await empty.writer.run(
            lambda raw: raw.execute("INSERT INTO meta VALUES ('k', ?)", (value,))
        )


async def test_a_failing_commit_fails_the_whole_group(empty: Database) -> None:
    def break_promise(raw: sqlite3.Connection) -> None:
        raw.execute("PRAGMA defer_foreign_keys = ON")
        raw.execute("INSERT INTO picks (member_id, artist_id, made_at) VALUES (1, 1, 1)")

    done = await asyncio.gather(
        empty.writer.run(put, "a"), empty.writer.run(break_promise), return_exceptions=True
    )
    assert [type(one) for one in done] == [StorageError, StorageError]
    assert await empty.readers.run(keys) == []
    assert await empty.writer.run(put, "after") == "after"


async def test_a_change_that_ends_the_transaction_loses_nobody_else(empty: Database) -> None:
    def sabotage(raw: sqlite3.Connection) -> None:
        raw.execute("ROLLBACK")
        raise sqlite3.OperationalError("as after a full disk")

    done = await asyncio.gather(
        empty.writer.run(put, "a"),
        empty.writer.run(sabotage),
        empty.writer.run(put, "b"),
        return_exceptions=True,
    )
    assert [type(one) for one in done] == [str, StorageError, str]
    assert await empty.readers.run(keys) == ["a", "b"]


async def test_a_full_disk_is_a_storage_error_and_heals(empty: Database) -> None:
    def limit(raw: sqlite3.Connection, pages: int) -> None:
        raw.execute(f"PRAGMA max_page_count = {pages}")

    def used(raw: sqlite3.Connection) -> int:
        return int(raw.execute("PRAGMA page_count").fetchone()[0])

    await empty.writer.run_alone(limit, await empty.readers.run(used))
    with pytest.raises(StorageError, match="full"):
        await empty.writer.run(put, "big", "x" * 100_000)
    assert await empty.readers.run(keys) == []
    await empty.writer.run_alone(limit, 10**9)
    await empty.writer.run(put, "big", "x" * 100_000)
    assert await empty.readers.run(keys) == ["big"]


@pytest.mark.parametrize("steps", range(6))
async def test_cancelling_a_caller_never_cuts_a_transaction(empty: Database, steps: int) -> None:
    task = asyncio.create_task(empty.writer.run(put, "maybe"))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await empty.writer.run(put, "after") == "after"
    assert set(await empty.readers.run(keys)) <= {"after", "maybe"}
    await empty.readers.run(lambda raw: raw.execute("PRAGMA quick_check").fetchone())


async def test_a_timeout_around_a_slow_write_leaves_no_open_transaction(empty: Database) -> None:
    def slow(raw: sqlite3.Connection) -> None:
        put(raw, "slow")
        raw.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 400000) "
            "SELECT max(i) FROM n"
        ).fetchone()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await empty.writer.run(slow)
    await empty.writer.run(put, "after")
    assert await empty.readers.run(keys) == ["after", "slow"]


async def test_closing_stores_what_waits_and_takes_nothing_new(tmp_path: Path) -> None:
    connection = await Connection.open(connect_writer, tmp_path / "a.sqlite3")
    try:
        await connection.call(
            lambda raw: raw.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)")
        )
        writer = Writer(connection)
        waiting = [asyncio.create_task(writer.run(put, f"{n:02}")) for n in range(50)]
        await asyncio.sleep(0)
        await writer.close()
        assert len(await asyncio.gather(*waiting)) == 50
        with pytest.raises(StorageError, match="closed"):
            await writer.run(put, "late")
        assert len(await connection.call(keys)) == 50
    finally:
        await connection.close()


async def test_a_lock_held_elsewhere_is_waited_for_and_then_an_error(empty: Database) -> None:
    await empty.writer.run_alone(lambda raw: raw.execute("PRAGMA busy_timeout = 60"))
    with closing(sqlite3.connect(empty.path, isolation_level=None)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked"):
            await empty.writer.run(put, "a")
        await empty.writer.run_alone(lambda raw: raw.execute("PRAGMA busy_timeout = 5000"))
        task = asyncio.create_task(empty.writer.run(put, "b"))
        await asyncio.sleep(0.05)
        elsewhere.execute("ROLLBACK")
        assert await task == "b"


async def test_a_log_that_cannot_be_emptied_is_told_once(
    empty: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writing, "LOG_ALARM_BYTES", 200_000)
    with closing(connect_reader(empty.path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM meta").fetchone()
        for n in range(8):
            await empty.writer.run(put, str(n), "x" * 50_000)
    assert sum("has grown past" in record.message for record in caplog.records) == 1


async def test_more_callers_than_places_all_get_their_turn(empty: Database) -> None:
    done = await asyncio.gather(*(empty.writer.run(put, f"{n:05}") for n in range(2500)))
    assert len(done) == 2500
    assert len(await empty.readers.run(keys)) == 2500


async def test_what_runs_alone_is_outside_any_transaction(empty: Database) -> None:
    inside, outside = await asyncio.gather(
        empty.writer.run(lambda raw: raw.in_transaction),
        empty.writer.run_alone(lambda raw: raw.in_transaction),
    )
    assert (inside, outside) == (True, False)
