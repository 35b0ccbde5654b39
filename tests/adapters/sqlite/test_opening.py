"""Opening a data folder: pragmas, one owner, damage, newer files."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sqlite import connection
from bot.adapters.sqlite.connection import connect_reader, connect_writer
from bot.adapters.sqlite.database import Database
from bot.adapters.sqlite.times import from_ms
from bot.errors import DatabaseBusyError, StorageError
from tests.adapters.sqlite.stage import ANA, NOW


def test_the_writer_is_durable_strict_and_clean(tmp_path: Path) -> None:
    with closing(connect_writer(tmp_path / "a.sqlite3")) as raw:
        found = {
            name: raw.execute(f"PRAGMA {name}").fetchone()[0]
            for name in (
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "secure_delete",
                "busy_timeout",
            )
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 5000,
    }


async def test_readers_cannot_write(empty: Database) -> None:
    with pytest.raises(StorageError, match="readonly"):
        await empty.readers.run(lambda raw: raw.execute("DELETE FROM members"))


def test_every_table_is_strict(data_dir: Path) -> None:
    async def open_once() -> None:
        async with Database.open(data_dir):
            pass

    asyncio.run(open_once())
    with closing(connect_reader(data_dir / "auxcord.sqlite3")) as raw:
        loose = raw.execute(
            "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 "
            "AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
    assert loose == []


async def test_an_old_sqlite_is_refused(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(StorageError, match=r"3\.37"):
        async with Database.open(data_dir):
            pass


async def test_a_second_instance_is_refused_and_the_first_lives_on(empty: Database) -> None:
    with pytest.raises(DatabaseBusyError, match="in use"):
        async with Database.open(empty.data_dir):
            pass
    await empty.meta.set("still", "here")


async def test_another_process_is_refused(empty: Database) -> None:
    program = (
        "import asyncio, pathlib, sys\n"
        "from bot.adapters.sqlite.database import Database\n"
        "from bot.errors import DatabaseBusyError\n"
        "async def main():\n"
        "    try:\n"
        "        async with Database.open(pathlib.Path(sys.argv[1])): print('opened')\n"
        "    except DatabaseBusyError: print('busy')\n"
        "asyncio.run(main())\n"
    )
    said = await asyncio.to_thread(
        subprocess.check_output, [sys.executable, "-c", program, str(empty.data_dir)], text=True
    )
    assert said.strip() == "busy"


async def test_the_folder_is_free_again_after_closing(data_dir: Path) -> None:
    for _ in range(2):
        async with Database.open(data_dir) as database:
            await database.members.agree(ANA, version=1, at=NOW)


async def test_what_was_written_is_there_after_reopening(data_dir: Path) -> None:
    async with Database.open(data_dir) as database:
        await database.members.agree(ANA, version=1, at=NOW)
    async with Database.open(data_dir) as database:
        consent = await database.members.consent(ANA)
    assert consent is not None
    assert consent.given_at == NOW


@pytest.mark.parametrize("where", [0, 4096])
async def test_a_damaged_file_is_refused_and_not_touched(data_dir: Path, where: int) -> None:
    async with Database.open(data_dir):
        pass
    path = data_dir / "auxcord.sqlite3"
    broken = bytearray(path.read_bytes())
    broken[where : where + 16] = b"\xff" * 16
    path.write_bytes(broken)
    with pytest.raises(StorageError, match="restore"):
        async with Database.open(data_dir):
            pass
    assert path.read_bytes() == bytes(broken)


async def test_a_newer_file_is_refused(data_dir: Path) -> None:
    async with Database.open(data_dir):
        pass
    with closing(sqlite3.connect(data_dir / "auxcord.sqlite3")) as raw:
        raw.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="newer Auxcord"):
        async with Database.open(data_dir):
            pass


async def test_pausing_waits_for_running_reads_and_holds_new_ones(empty: Database) -> None:
    order: list[str] = []

    async def read(name: str) -> None:
        await empty.readers.run(lambda raw: raw.execute("SELECT 1").fetchone())
        order.append(name)

    async with empty.readers.pause():
        waiting = asyncio.create_task(read("read"))
        await asyncio.sleep(0.02)
        order.append("paused")
    await waiting
    assert order == ["paused", "read"]


async def test_a_read_that_takes_too_long_is_interrupted(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "READ_LIMIT_S", 0.05)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with pytest.raises(StorageError, match="longer"):
        await empty.readers.run(lambda raw: raw.execute(endless).fetchone())
    assert await empty.meta.get("x") is None


async def test_a_cancelled_read_gives_its_connection_back(empty: Database) -> None:
    slow = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) "
        "SELECT max(i) FROM n"
    )
    for _ in range(8):
        task = asyncio.create_task(empty.readers.run(lambda raw: raw.execute(slow).fetchone()))
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await empty.meta.get("x") is None


@pytest.mark.parametrize("ms", [0, 1, 999, 1_600_000_000_001, 1_780_315_200_123])
def test_milliseconds_are_exact(ms: int) -> None:
    from bot.adapters.sqlite.times import to_ms

    assert to_ms(from_ms(ms)) == ms
