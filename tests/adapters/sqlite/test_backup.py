"""Copies that are verified, and a way back that forgets nobody's erasure."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sqlite import backup as backups
from bot.adapters.sqlite.connection import connect_writer
from bot.adapters.sqlite.database import Database
from bot.adapters.sqlite.migrations import FOLDER, migrate, migrations_in
from bot.domain.feedback import Verdict
from bot.errors import DatabaseBusyError, StorageError
from tests.adapters.sqlite.stage import (
    ANA,
    BEN,
    NOW,
    at,
    bring_in,
    held,
    press,
    row,
    show,
    write_atlas,
)


async def fill(database: Database, tmp_path: Path) -> None:
    await database.catalogue.seed_atlas(write_atlas(tmp_path / "atlas"))
    for member in (ANA, BEN):
        await database.members.agree(member, version=1, at=NOW)
        rows = [row(f"Band {member}", f"Song {n}", minute=5 * n) for n in range(50)]
        await bring_in(database, member, rows, folder=f"f{member}")
        shown = await show(database, "queen", member=member)
        await database.gestures.record(press(shown, 0, Verdict.UP, member=member))


async def test_a_backup_is_whole_and_opens_alone(database: Database, tmp_path: Path) -> None:
    await fill(database, tmp_path)
    written = await database.backup(tmp_path / "kept")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [written.name]
    assert written.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(f"{written.as_uri()}?mode=ro&immutable=1", uri=True)) as raw:
        assert raw.execute("SELECT count(*) FROM listens").fetchone() == (100,)
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_backup_is_one_state_while_writers_write(
    database: Database, tmp_path: Path
) -> None:
    stop = asyncio.Event()

    async def write() -> int:
        n = 0
        while not stop.is_set():
            n += 1
            await asyncio.gather(database.meta.set("a", str(n)), database.meta.set("b", str(n)))
        return n

    await fill(database, tmp_path)
    writing = asyncio.create_task(write())
    for _ in range(5):
        written = await database.backup(tmp_path / "kept")
        with closing(sqlite3.connect(written)) as raw:
            values = raw.execute("SELECT value FROM meta WHERE key IN ('a', 'b')").fetchall()
        assert len(set(values)) <= 1
    stop.set()
    assert await writing > 5


async def test_only_the_newest_backups_are_kept(database: Database, tmp_path: Path) -> None:
    written = [await database.backup(tmp_path / "kept", keep=2) for _ in range(4)]
    assert sorted((tmp_path / "kept").iterdir()) == written[-2:]


async def test_another_process_may_back_up_a_running_bot(
    database: Database, tmp_path: Path
) -> None:
    await fill(database, tmp_path)
    written = await asyncio.to_thread(backups.back_up, database.path, tmp_path / "kept")
    assert backups.check(written) == "ok"
    assert backups.check(database.path) == "ok"


def test_what_cannot_be_read_is_not_backed_up(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        backups.back_up(tmp_path / "nothing.sqlite3", tmp_path / "kept")
    (tmp_path / "noise.sqlite3").write_bytes(b"noise" * 5000)
    with pytest.raises(StorageError):
        backups.back_up(tmp_path / "noise.sqlite3", tmp_path / "kept")
    assert list((tmp_path / "kept").glob("*")) == []


async def backed_up(data_dir: Path, tmp_path: Path) -> Path:
    async with Database.open(data_dir) as database:
        await fill(database, tmp_path)
        return await database.backup(tmp_path / "kept")


async def test_a_restored_database_is_as_it_was(data_dir: Path, tmp_path: Path) -> None:
    file = await backed_up(data_dir, tmp_path)
    async with Database.open(data_dir) as database:
        before = await database.listens.evidence(ANA)
        await database.meta.set("later", "1")
        await database.writer.run(lambda raw: raw.execute("DELETE FROM listens"))
    said = backups.restore(file, data_dir)
    (kept,) = (data_dir / "backups").iterdir()
    assert kept.name in said
    async with Database.open(data_dir) as database:
        assert await database.listens.evidence(ANA) == before
        assert await database.meta.get("later") is None
    with closing(sqlite3.connect(kept)) as raw:
        assert raw.execute("SELECT value FROM meta WHERE key = 'later'").fetchone() == ("1",)


async def test_an_older_backup_cannot_bring_an_erased_member_back(
    data_dir: Path, tmp_path: Path
) -> None:
    file = await backed_up(data_dir, tmp_path)
    async with Database.open(data_dir) as database:
        await database.members.erase(ANA, at=at(1))
    assert str(ANA).encode() in file.read_bytes()
    backups.restore(file, data_dir)
    content = (data_dir / "auxcord.sqlite3").read_bytes()
    assert str(ANA).encode() not in content
    assert ANA.to_bytes(8, "big") not in content
    async with Database.open(data_dir) as database:
        assert await database.members.consent(ANA) is None
        assert await database.listens.evidence(ANA) == []
        assert len(await held(database, BEN)) == 1
        assert (await database.models.pending()).erasures == 1


async def test_a_backup_put_back_by_hand_forgets_them_at_the_start(
    data_dir: Path, tmp_path: Path
) -> None:
    file = await backed_up(data_dir, tmp_path)
    async with Database.open(data_dir) as database:
        await database.members.erase(ANA, at=at(1))
    (data_dir / "auxcord.sqlite3").write_bytes(file.read_bytes())
    async with Database.open(data_dir) as database:
        assert await database.members.consent(ANA) is None
        assert await database.members.consent(BEN) is not None


async def test_a_running_bot_is_not_pulled_from_under(database: Database, tmp_path: Path) -> None:
    file = await database.backup(tmp_path / "kept")
    with pytest.raises(DatabaseBusyError):
        backups.restore(file, database.data_dir)
    await database.meta.set("still", "here")


@pytest.mark.parametrize("damage", ["noise", "foreign", "newer", "flipped"])
async def test_what_is_no_good_backup_changes_nothing(
    data_dir: Path, tmp_path: Path, damage: str
) -> None:
    file = await backed_up(data_dir, tmp_path)
    if damage == "noise":
        file.write_bytes(b"noise" * 5000)
    elif damage == "foreign":
        file.unlink()
        with closing(sqlite3.connect(file)) as raw:
            raw.execute("CREATE TABLE strangers (x)")
    elif damage == "newer":
        with closing(sqlite3.connect(file)) as raw:
            raw.execute("PRAGMA user_version = 99")
    else:
        content = bytearray(file.read_bytes())
        content[5 * 4096 : 5 * 4096 + 64] = b"\xff" * 64
        file.write_bytes(content)
    before = (data_dir / "auxcord.sqlite3").read_bytes()
    with pytest.raises(StorageError):
        backups.restore(file, data_dir)
    assert (data_dir / "auxcord.sqlite3").read_bytes() == before
    assert not list(data_dir.glob("*.restored*"))


@pytest.mark.parametrize("log", [False, True])
async def test_a_damaged_database_can_be_replaced(
    data_dir: Path, tmp_path: Path, log: bool
) -> None:
    file = await backed_up(data_dir, tmp_path)
    present = data_dir / "auxcord.sqlite3"
    present.write_bytes(b"\xff" * 8192 + present.read_bytes()[8192:])
    if log:
        (data_dir / "auxcord.sqlite3-wal").write_bytes(b"left behind")
    said = backups.restore(file, data_dir)
    assert "damaged" in said
    async with Database.open(data_dir) as database:
        assert await database.members.consent(ANA) is not None


async def test_the_old_log_never_meets_the_restored_file(data_dir: Path, tmp_path: Path) -> None:
    file = await backed_up(data_dir, tmp_path)
    async with Database.open(data_dir) as database:
        await database.meta.set("later", "1")
        log = data_dir / "auxcord.sqlite3-wal"
        abandoned = database.path.read_bytes(), log.read_bytes()
    database.path.write_bytes(abandoned[0])  # as a kill leaves them
    log.write_bytes(abandoned[1])
    backups.restore(file, data_dir)
    async with Database.open(data_dir) as database:
        assert await database.meta.get("later") is None
    assert any(b"later" in path.read_bytes() for path in (data_dir / "backups").iterdir()), (
        "what the log held is in the copy of the old database"
    )


async def test_a_backup_of_an_older_version_is_brought_up(data_dir: Path, tmp_path: Path) -> None:
    with closing(connect_writer(tmp_path / "old.sqlite3")) as raw:
        migrate(raw, up_to=1)
        raw.execute("INSERT INTO members VALUES (?)", (ANA,))
    assert backups.restore(tmp_path / "old.sqlite3", data_dir) == "There was no database before."
    with closing(sqlite3.connect(data_dir / "auxcord.sqlite3")) as raw:
        (version,) = raw.execute("PRAGMA user_version").fetchone()
    assert version == len(migrations_in(FOLDER))
