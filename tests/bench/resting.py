"""What the process takes: memory, the lag of its loop, the time to be ready."""

import asyncio
import shutil
import sqlite3
import time
from pathlib import Path

from bot.adapters.sqlite.layout import DATABASE_NAME
from tests.bench.answering import ask
from tests.bench.figures import Figure, spread
from tests.bench.people import FIRST_ID
from tests.bench.running import running

COMMANDS = 1_000
SETTLE_S = 5.0
LISTENS, LISTENERS = 1_000_000, 200


async def memory(prepared: Path, folder: Path) -> list[Figure]:
    """Measure resident memory when idle, and again after a thousand commands."""
    data_dir = Path(shutil.copytree(prepared, folder / "memory"))
    async with running(data_dir) as bot:
        await asyncio.sleep(SETTLE_S)
        idle = bot.memory()
        for n in range(COMMANDS):
            await ask(bot, bot.members[n % len(bot.members)])
        after = bot.memory()
    return [
        Figure("resident when idle", idle["resident"], "MB", 150.0),
        Figure("of that, not mapped files", idle["anonymous"], "MB"),
        Figure(f"resident after {COMMANDS:,} commands", after["resident"], "MB"),
        Figure("of that, not mapped files", after["anonymous"], "MB"),
    ]


async def lag(prepared: Path, folder: Path) -> list[Figure]:
    """Measure how late the loop's ticks come, idle and while the child refits."""
    data_dir = Path(shutil.copytree(prepared, folder / "lag"))
    async with running(data_dir, refit_changes=1) as bot:
        card = await ask(bot, bot.members[-1])
        await asyncio.sleep(2.0)
        idle_from = time.monotonic()
        await asyncio.sleep(SETTLE_S)
        idle = await bot.lags_ms(idle_from, time.monotonic())
        if card.message is None:
            raise RuntimeError("no card")
        await bot.discord.click(bot.members[-1], card.message, "aux1:vote:1:up")
        began = await bot.until_job("refit", runs=True)
        over = await bot.until_job("refit", runs=False)
        busy = await bot.lags_ms(began, over)
    return [
        *spread("loop lag, idle", idle, "ms"),
        *spread(
            "loop lag during a refit",
            busy,
            "ms",
            targets={0.99: 50.0},
            note=f"a refit of {over - began:.1f} s",
        ),
    ]


async def start(prepared: Path, folder: Path) -> list[Figure]:
    """Measure start to ready with a million listens in the database."""
    data_dir = Path(shutil.copytree(prepared, folder / "start"))
    await asyncio.to_thread(_fill, data_dir / DATABASE_NAME)
    async with running(data_dir) as bot:
        ready = bot.seconds_to_ready
        done = await ask(bot, bot.members[0])
    size = (data_dir / DATABASE_NAME).stat().st_size / 1e6
    return [
        Figure(
            f"start to ready with {LISTENS:,} listens more",
            ready,
            "s",
            5.0,
            note=f"database of {size:.0f} MB",
        ),
        Figure("first /recommend to card", done.seconds_to_complete * 1000, "ms"),
    ]


def _fill(file: Path) -> None:
    """Give many members many listens by a few statements."""
    with sqlite3.connect(file) as database:
        tracks = [row[0] for row in database.execute("SELECT id FROM tracks ORDER BY id")]
        source = database.execute("SELECT id FROM sources WHERE trainable = 1 LIMIT 1").fetchone()[
            0
        ]
        now = int(time.time() * 1000)
        each = LISTENS // LISTENERS
        for n in range(LISTENERS):
            member = FIRST_ID + 10_000 + n
            database.execute("INSERT INTO members (id) VALUES (?)", (member,))
            database.execute("INSERT INTO consents VALUES (?, 1, ?)", (member, now))
            database.executemany(
                "INSERT INTO listens (member_id, source_id, source_time, text_key, track_id,"
                " started_at, ms_played, plays, skipped, recorded_at)"
                " VALUES (?, ?, ?, ?, ?, ?, 200000, 1, 0, ?)",
                [
                    (
                        *(member, source, str(k), f"{n}-{k}"),
                        *(tracks[(n * 37 + k) % len(tracks)], now - k * 600_000, now),
                    )
                    for k in range(each)
                ],
            )
