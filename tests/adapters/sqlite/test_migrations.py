"""The runner is all or nothing, and every older version leads to the same schema."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sqlite import migrations
from bot.adapters.sqlite.connection import connect_writer
from bot.adapters.sqlite.migrations import FOLDER, migrate, migrations_in, schema_of
from bot.errors import StorageError

NEWEST = len(migrations_in(FOLDER))


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect_writer(tmp_path / "a.sqlite3")) as connection:
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of which the second fails half-way."""
    made = tmp_path / "migrations"
    made.mkdir()
    (made / "0001_first.sql").write_text("CREATE TABLE a (x INTEGER) STRICT;")
    (made / "0002_second.sql").write_text(
        "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO a VALUES (1); INSERT INTO nowhere VALUES (1);"
    )
    return made


def version(raw: sqlite3.Connection) -> int:
    return int(raw.execute("PRAGMA user_version").fetchone()[0])


def tables(raw: sqlite3.Connection) -> list[str]:
    return [name for (name,) in raw.execute("SELECT name FROM sqlite_master ORDER BY name")]


def test_a_failing_file_leaves_what_the_files_before_it_made(
    raw: sqlite3.Connection, folder: Path
) -> None:
    with pytest.raises(StorageError, match=r"0002_second\.sql.*nowhere"):
        migrate(raw, folder)
    assert (version(raw), tables(raw)) == (1, ["a"])
    assert raw.execute("SELECT count(*) FROM a").fetchone() == (0,)


def test_a_mended_file_goes_on_where_it_failed(raw: sqlite3.Connection, folder: Path) -> None:
    with pytest.raises(StorageError):
        migrate(raw, folder)
    (folder / "0002_second.sql").write_text("CREATE TABLE b (x INTEGER) STRICT;")
    assert migrate(raw, folder) == 1
    assert (version(raw), tables(raw)) == (2, ["a", "b"])
    assert migrate(raw, folder) == 0


def test_a_newer_database_is_refused(raw: sqlite3.Connection, folder: Path) -> None:
    raw.execute("PRAGMA user_version = 3")
    with pytest.raises(StorageError, match="version 3, this program knows 2"):
        migrate(raw, folder)
    assert tables(raw) == []


@pytest.mark.parametrize("name", ["0004_gap.sql", "2_short.sql", "0003-dash.sql"])
def test_gaps_and_odd_names_are_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1;")
    with pytest.raises(StorageError):
        migrations_in(folder)


def test_the_files_hold_no_transactions_of_their_own() -> None:
    for migration in migrations_in(FOLDER):
        sql = migration.path.read_text(encoding="utf-8")
        statements = [line for line in sql.splitlines() if not line.lstrip().startswith("--")]
        assert statements[-1].rstrip().endswith(";")
        for word in ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA"):
            assert word not in " ".join(statements).upper().split(), migration.path.name


def test_the_schema_file_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    migrations.main()
    written = FOLDER.with_name("schema.sql").read_text(encoding="utf-8")
    assert capsys.readouterr().out == written, (
        "run `python -m bot.adapters.sqlite.migrations > bot/adapters/sqlite/schema.sql`"
    )


FILLED_AT_1 = """
INSERT INTO members VALUES (1);
INSERT INTO consents VALUES (1, 1, 1000);
INSERT INTO artists (name, name_key) VALUES ('Queen', 'queen');
INSERT INTO tracks (artist_id, title, title_key) VALUES (1, 'Killer Queen', 'killer queen');
INSERT INTO listens (member_id, source_id, source_time, text_key, track_id, started_at, plays,
                     skipped, recorded_at) VALUES (1, 3, 'x', 'y', 1, 5000, 1, 0, 9000);
INSERT INTO recommendations (member_id, private, occasion, model_version, adventure, seed, made_at)
  VALUES (1, 0, 'recommend', 'm', 4, 1, 1000);
INSERT INTO recommendation_items (recommendation_id, rank, track_id, score_rank, score, rerank,
  parts, policy, propensity) VALUES (1, 1, 1, 1, 0.5, 0.0, '{}', 'exploit', 1.0);
INSERT INTO gestures (seq, member_id, recommendation_id, item_id, via, emoji, verdict, standing,
                      changed_at) VALUES (1, 1, 1, 1, 'button', '', 1, 1, 2000);
"""


@pytest.mark.parametrize("older", range(1, NEWEST + 1))
def test_a_filled_database_of_every_version_is_brought_up(
    raw: sqlite3.Connection, older: int
) -> None:
    migrate(raw, up_to=1)
    raw.executescript(FILLED_AT_1)
    migrate(raw, up_to=older)
    assert version(raw) == older
    migrate(raw)
    assert schema_of(raw) == FOLDER.with_name("schema.sql").read_text(encoding="utf-8")
    assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert raw.execute("SELECT member_id, kind, recorded FROM trainable").fetchall() == [
        (1, 0, 1),
        (1, 2, 1),
    ]
