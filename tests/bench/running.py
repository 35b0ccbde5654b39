"""The bot as a process among people, and what can be seen of it from outside."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import launch
from tests.bench.people import MEMBERS, member_id
from tests.fake_discord import Channel, FakeDiscord, Guild, User

ROOT = Path(__file__).resolve().parents[2]
START_S = 60.0
STOP_S = 15.0
LOOK_EVERY_S = 0.002
MB = 1024.0


@dataclass
class Running:
    """A bot that is ready, in a server with everybody in it."""

    discord: FakeDiscord
    guild: Guild
    channel: Channel
    members: list[User]
    process: asyncio.subprocess.Process
    data_dir: Path
    seconds_to_ready: float
    log: Path

    def memory(self) -> dict[str, float]:
        """Return resident memory in MB: all, and the part that is not files mapped in."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        rows = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        return {
            "resident": int(rows["VmRSS"].split()[0]) / MB,
            "anonymous": int(rows["RssAnon"].split()[0]) / MB,
        }

    def jobs(self) -> list[str]:
        """Return the jobs that the bot's child processes do right now."""
        pid = self.process.pid
        found = []
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text(encoding="ascii").split():
                try:
                    words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue  # ended meanwhile
                if b"bot.worker" in words:
                    found.append(words[words.index(b"bot.worker") + 1].decode())
        return found

    async def until_job(self, name: str, *, runs: bool, within: float = 120.0) -> float:
        """Wait until a child does, or no longer does, this job; return when that was seen."""
        end = time.monotonic() + within
        while (name in self.jobs()) is not runs:
            if time.monotonic() > end:
                raise TimeoutError(f"{name}: waited {within:g} s\n{self.log.read_text()[-2000:]}")
            await asyncio.sleep(LOOK_EVERY_S)
        return time.monotonic()

    async def lags_ms(self, since: float, until: float) -> list[float]:
        """Return the loop lags of a stretch of time on the monotonic clock, in milliseconds."""
        while True:
            data = self.data_dir.with_suffix(".lags").read_bytes()
            whole = data[: len(data) // launch.PAIR.size * launch.PAIR.size]
            pairs = list(launch.PAIR.iter_unpack(whole))
            if pairs and pairs[-1][0] >= until:
                return [lag * 1000 for at, lag in pairs if since <= at <= until]
            await asyncio.sleep(0.1)


@asynccontextmanager
async def running(
    data_dir: Path, *, refit_changes: int = 100_000, settings: dict[str, str] | None = None
) -> AsyncIterator[Running]:
    """Run the bot on a data folder until the block ends."""
    async with FakeDiscord() as discord:
        guild = discord.add_guild("Club", id=600_000_000_000_000_000)
        channel = discord.add_channel(guild, "music")
        members = [
            discord.add_member(guild, discord.add_user(f"member{n}", id=member_id(n)))
            for n in range(MEMBERS)
        ]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(data_dir.parent),
            "PYTHONPATH": str(ROOT),
            "AUXCORD_DISCORD_TOKEN": discord.token,
            "AUXCORD_DATA_DIR": str(data_dir),
            "AUXCORD_BACKUP_HOURS": "0",
            "AUXCORD_REFIT_CHANGES": str(refit_changes),
            launch.LAGS_FILE: str(data_dir.with_suffix(".lags")),
        } | (settings or {})
        log = data_dir.with_suffix(".log")
        with log.open("ab") as output:
            started = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.bench.launch"),
                *("--fake-discord-port", str(discord.port), "run"),
                env=environment,
                cwd=data_dir.parent,
                stdout=output,
                stderr=output,
            )
        try:
            await discord.wait_ready(within=START_S)
            ready = time.monotonic() - started
            await discord.wait_message(channel, within=START_S)  # the greeting: at home now
            yield Running(discord, guild, channel, members, process, data_dir, ready, log)
        finally:
            await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_S):
            code = await process.wait()
    except TimeoutError:
        process.kill()
        raise
    if code:
        raise RuntimeError(f"the bot ended with exit code {code}")
