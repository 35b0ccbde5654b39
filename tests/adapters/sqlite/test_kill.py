"""kill -9 at random instants: nothing that was acknowledged is lost.

The page cache survives a killed process, so this shows that acknowledgements follow commits; that
commits are flushed is the business of `synchronous=FULL` (see test_opening).
"""

import asyncio
import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sqlite.database import Database
from tests.adapters.sqlite.stage import ANA, begin, row, show, write_atlas

ROOT = Path(__file__).parents[3]
ROUNDS = 24
CONTROL_ROUNDS = 4


def run_and_kill(data_dir: Path, mode: str, turn: int, after_s: float) -> list[str]:
    """Start the program, kill it `after_s` after its first word; return the words it got out."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.sqlite.killed_program", data_dir, mode, str(turn)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdout is not None
        heard = child.stdout.readline()
        timer = threading.Timer(after_s, child.kill)
        timer.start()
        heard += child.stdout.read()
        timer.join()
        child.kill()
    whole, _, _torn = heard.decode().rpartition("\n")
    return whole.split("\n") if whole else []


def stored(data_dir: Path) -> set[str]:
    with closing(sqlite3.connect(data_dir / "auxcord.sqlite3")) as raw:
        return {emoji for (emoji,) in raw.execute("SELECT emoji FROM gestures WHERE standing = 1")}


@pytest.fixture
def prepared(data_dir: Path, tmp_path: Path) -> Path:
    async def prepare() -> None:
        async with Database.open(data_dir) as database:
            await database.catalogue.seed_atlas(write_atlas(tmp_path / "atlas"))
            await show(database, "queen", "hey jude")

    asyncio.run(prepare())
    return data_dir


def lost_in(data_dir: Path, mode: str, rounds: int) -> tuple[int, int]:
    """Return how many votes were acknowledged and how many of them are gone."""
    random_state = random.Random(20260601)  # noqa: S311  # when to kill is no secret
    acknowledged: set[str] = set()
    for turn in range(rounds):
        acknowledged |= set(run_and_kill(data_dir, mode, turn, random_state.uniform(0, 0.25)))
    return len(acknowledged), len(acknowledged - stored(data_dir))


def test_no_acknowledged_vote_is_lost(prepared: Path) -> None:
    acknowledged, lost = lost_in(prepared, "votes", ROUNDS)
    assert acknowledged > 10 * ROUNDS
    assert lost == 0

    async def reopen() -> None:
        async with Database.open(prepared) as database:
            (verdict,) = await database.gestures.verdicts(ANA, limit=1) or [None]
            assert verdict is None
            assert await database.readers.run(
                lambda raw: raw.execute("PRAGMA integrity_check").fetchone()
            ) == ("ok",)

    asyncio.run(reopen())


def test_the_test_can_tell(prepared: Path) -> None:
    """A bot that says "saved" before the commit loses votes; this test would see it."""
    acknowledged, lost = lost_in(prepared, "early", CONTROL_ROUNDS)
    assert acknowledged > 0
    assert lost > 0


def test_a_killed_import_neither_loses_nor_doubles_rows(prepared: Path) -> None:
    n = 30_000

    async def start() -> None:
        async with Database.open(prepared) as database:
            rows = (row("Band", f"Song {k % 50}", minute=k / 4) for k in range(n))
            await begin(database, ANA, rows, folder="big")

    asyncio.run(start())
    random_state = random.Random(20260602)  # noqa: S311  # when to kill is no secret
    done, rounds = 0, 0
    while done < n and rounds < 1_000:
        rounds += 1
        words = run_and_kill(prepared, "import", 0, random_state.uniform(0.01, 0.2))
        with closing(sqlite3.connect(prepared / "auxcord.sqlite3")) as raw:
            (done, added, state) = raw.execute(
                "SELECT rows_done, rows_added, state FROM imports"
            ).fetchone()
            (held,) = raw.execute("SELECT count(*) FROM listens").fetchone()
        assert done == added == held
        with contextlib.suppress(IndexError):
            assert done >= int(words[-1])
    assert (done, state) == (n, "storing")
