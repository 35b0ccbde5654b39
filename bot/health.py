"""Is the running bot well? A file with three ages that the container's health check reads."""

import asyncio
import json
import logging
import os
import time
from pathlib import Path

from bot.client import MusicBot

log = logging.getLogger(__name__)

FILE_NAME = "health.json"
BEAT_S = 10.0
MAX_AGE_S = 60.0
MAX_GATEWAY_LATENCY_S = 120.0
MAX_LAG_S = 5.0


async def beat(bot: MusicBot, data_dir: Path) -> None:
    """Write how the bot is every ten seconds, until cancelled."""
    path = data_dir / FILE_NAME
    lag = 0.0
    try:
        while True:
            latency = bot.latency if bot.is_ready() else None
            row = {
                "at": time.time(),
                "pid": os.getpid(),
                "ready": bot.is_ready(),
                "gateway_latency_s": latency if latency is not None and latency < 1e9 else None,
                "loop_lag_s": round(lag, 4),
            }
            temporary = path.with_suffix(".tmp")
            try:
                temporary.write_text(json.dumps(row), encoding="utf-8")  # 150 bytes
                temporary.replace(path)
            except OSError as error:  # a full disk must not end the bot: the check sees an old beat
                log.warning("the health file can't be written: %s", error.strerror)
            started = time.monotonic()
            await asyncio.sleep(BEAT_S)
            lag = time.monotonic() - started - BEAT_S
    finally:
        path.unlink(missing_ok=True)


def check(data_dir: Path) -> int:
    """Return 0 when the newest beat is young and says that all is well, else 1 with a reason."""
    try:
        row = json.loads((data_dir / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        print("unwell: the bot is not running")  # noqa: T201  # docker shows it
        return 1
    problems = []
    if time.time() - row["at"] > MAX_AGE_S:
        problems.append("the event loop stands still")
    if not row["ready"]:
        problems.append("not connected to Discord")
    latency = row["gateway_latency_s"]
    if latency is not None and latency > MAX_GATEWAY_LATENCY_S:
        problems.append("Discord does not answer heartbeats")
    if row["loop_lag_s"] > MAX_LAG_S:
        problems.append("the event loop lags")
    print("unwell: " + ", ".join(problems) if problems else "well")  # noqa: T201
    return 1 if problems else 0
