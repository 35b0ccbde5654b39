"""The bot's process, as `tests/fake_discord/launch.py` starts it, which also notes its own lag.

    python -m tests.bench.launch --fake-discord-port 12345 run

A ticker on the bot's own event loop writes how late each of its ticks came into `LAGS_FILE`, pairs
of doubles: when on the monotonic clock, and how late, in seconds.
"""

import asyncio
import contextlib
import os
import struct
import sys
import time
from pathlib import Path
from typing import Any

import bot.run
from tests.fake_discord import launch

TICK_S = 0.005
FLUSHED_TICKS = 50
LAGS_FILE = "BENCH_LAGS_FILE"
PAIR = struct.Struct("dd")


async def tick(path: Path) -> None:
    """Note the lag of every tick until cancelled."""
    with path.open("ab") as file:
        ticks = 0
        while True:
            before = time.monotonic()
            await asyncio.sleep(TICK_S)
            file.write(PAIR.pack(before, time.monotonic() - before - TICK_S))
            ticks += 1
            if ticks % FLUSHED_TICKS == 0:
                file.flush()


def main() -> Any:
    serve = bot.run.serve

    async def serve_and_tick(*args: Any) -> None:
        ticker = asyncio.create_task(tick(Path(os.environ[LAGS_FILE])))
        try:
            await serve(*args)
        finally:
            ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticker

    bot.run.serve = serve_and_tick
    return launch.main()


if __name__ == "__main__":
    sys.exit(main())
