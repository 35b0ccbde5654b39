"""From a press of 👍 to a row that outlives the process."""

import asyncio
import re
import shutil
import sqlite3
import time
from pathlib import Path

from bot.adapters.sqlite.layout import DATABASE_NAME
from tests.bench.answering import ask
from tests.bench.figures import Figure, spread
from tests.bench.running import Running, running
from tests.fake_discord import User

VOTES = 100
LOOK_EVERY_S = 0.0005
PATIENCE_S = 10.0
UP = re.compile(r"aux1:vote:\d+:up")


async def votes(prepared: Path, folder: Path) -> list[Figure]:
    """Measure press to committed row, seen by a second connection, and to the finished receipt."""
    data_dir = Path(shutil.copytree(prepared, folder / "votes"))
    async with running(data_dir) as bot:
        durable, receipts, changed = [], [], 0
        for member in bot.members[:20]:
            await ask(bot, member)
        for n in range(VOTES):
            member = bot.members[n % len(bot.members)]
            seconds, shown, moved = await _vote(bot, member)
            durable.append(seconds * 1000)
            receipts.append(shown * 1000)
            changed += moved
    note = f"{VOTES} votes by {len(bot.members)} members; synchronous=FULL, so seen is on disk"
    lists = f"{changed} of {VOTES} next lists differ from the one voted on"
    return [
        *spread("👍 to durable row", durable, "ms", targets={0.95: 30.0}, note=note),
        *spread("👍 to receipt", receipts, "ms", note=lists),
    ]


async def _vote(bot: Running, member: User) -> tuple[float, float, bool]:
    card = await ask(bot, member)
    message = card.message
    if message is None:
        raise RuntimeError("no card")
    up = next(b.custom_id for b in message.buttons if b.custom_id and UP.fullmatch(b.custom_id))
    with sqlite3.connect(f"file:{_file(bot)}?mode=ro", uri=True) as reader:
        before = _last(reader)
        started = time.monotonic()
        press = asyncio.create_task(bot.discord.click(member, message, up))
        while _last(reader) == before:
            if time.monotonic() - started > PATIENCE_S:
                raise TimeoutError("the vote did not reach the database")
            await asyncio.sleep(LOOK_EVERY_S)
        seconds = time.monotonic() - started
    done = await press
    following = await ask(bot, member)
    return seconds, done.seconds_to_complete, following.text != card.text


def _file(bot: Running) -> Path:
    return bot.data_dir / DATABASE_NAME


def _last(reader: sqlite3.Connection) -> int:
    return int(reader.execute("SELECT coalesce(max(seq), 0) FROM gestures").fetchone()[0])
