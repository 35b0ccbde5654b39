"""How long a whole listening life takes: `python -m tests.worker.bench [PLAYS]`.

The real service, child and database file take in a generated Spotify download, then take it in
again, while somebody else votes. Seconds on the clock depend on what else the machine does, so the
seconds of CPU stand beside them.
"""

import argparse
import asyncio
import os
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.adapters.clock import SystemClock
from bot.adapters.uploads import UploadFolder
from bot.app import App, open_app
from bot.domain.feedback import Gesture, Verdict, Via
from bot.domain.ids import ChannelId, MemberId
from bot.domain.recommending import RecommendRequest
from bot.ports import ParsedUpload, Worker
from bot.services.imports import ImportService
from bot.settings import Settings
from tests.worker import exports

IMPORTER, VOTER = MemberId(1), MemberId(2)
TICK_S = 0.005
VOTE_EVERY_S = 0.02


@dataclass
class Watch:
    """What was seen of the bot's own process while something ran, in milliseconds."""

    lags: list[float] = field(default_factory=list)
    votes: list[float] = field(default_factory=list)


class TimedWorker:
    """The real worker, and how long its parse took."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.refit = worker.refit
        self.seconds = self.cpu_s = 0.0
        self.peak_bytes = 0

    async def parse_upload(
        self, folder: Path, *, on_progress: Callable[[int], Awaitable[None]] | None = None
    ) -> ParsedUpload:
        start, cpu = time.perf_counter(), _cpu_s(resource.RUSAGE_CHILDREN)
        parsed = await self._worker.parse_upload(folder, on_progress=on_progress)
        self.seconds = time.perf_counter() - start
        self.cpu_s = _cpu_s(resource.RUSAGE_CHILDREN) - cpu
        self.peak_bytes = parsed.peak_memory_bytes or 0
        return parsed


async def measure(plays: int) -> Table:
    """Import a generated download twice and return the figures."""
    data = await asyncio.to_thread(exports.spotify_extended_zip, plays)
    table = Table(
        "import of", f"{plays:,} plays", "again", title=f"{len(data) / 1e6:.1f} MB of ZIP"
    )
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(
            data_dir=Path(home), _env_file=None, backup_hours=0, refit_changes=100_000
        )
        async with open_app(settings) as app, UploadFolder(app.database.uploads_dir) as uploads:
            await app.services.serving.current()
            for member_id in (IMPORTER, VOTER):
                await app.services.consent.agree(member_id)
            known = await app.database.catalogue.search_artists("", limit=5)
            picks = [artist.id for artist in known]
            await app.database.listens.set_picks(VOTER, picks, at=SystemClock().now())
            worker = TimedWorker(app.worker)
            service = ImportService(
                listens=app.database.listens,
                uploads=uploads,
                worker=worker,
                consent=app.services.consent,
                candidates=app.services.candidates,
                training=app.services.training,
                clock=SystemClock(),
            )
            columns = [await _import(app, service, worker, data) for _ in range(2)]
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    return table


async def _import(
    app: App, service: ImportService, worker: TimedWorker, data: bytes
) -> dict[str, str]:
    load = os.getloadavg()[0]
    async with _watched(app) as seen:
        start, cpu = time.perf_counter(), _cpu_s(resource.RUSAGE_SELF)
        job = await service.run(IMPORTER, [("my_spotify_data.zip", data)])
        seconds, cpu = time.perf_counter() - start, _cpu_s(resource.RUSAGE_SELF) - cpu
    return {
        "rows found": f"{job.rows_found:,}",
        "rows added": f"{job.rows_added:,}",
        "parse s": f"{worker.seconds:.2f}",
        "absorb s": f"{seconds - worker.seconds:.2f}",
        "total s": f"{seconds:.2f}",
        "CPU s of the child": f"{worker.cpu_s:.2f}",
        "CPU s of the bot": f"{cpu:.2f}",
        "child's peak memory MB": f"{worker.peak_bytes / 2**20:.0f}",
        "loop lag p50 / p99 / max ms": " / ".join(
            f"{_quantile(seen.lags, q):.1f}" for q in (0.5, 0.99, 1)
        ),
        "vote durable p50 / p95 / max ms": " / ".join(
            f"{_quantile(seen.votes, q):.1f}" for q in (0.5, 0.95, 1)
        ),
        "votes meanwhile": str(len(seen.votes)),
        "load average before": f"{load:.1f}",
    }


@asynccontextmanager
async def _watched(app: App) -> AsyncIterator[Watch]:
    """Tick and vote while the block runs."""
    shown = await app.services.recommend.recommend(
        RecommendRequest(VOTER, None, ChannelId(1), private=True)
    )
    seen = Watch()

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK_S)
            seen.lags.append((time.perf_counter() - before - TICK_S) * 1000)

    async def vote() -> None:
        while True:
            verdict = (Verdict.UP, Verdict.DOWN)[len(seen.votes) % 2]
            item = shown.items[0].id
            now = datetime.now(UTC)
            gesture = Gesture(VOTER, shown.id, item, Via.BUTTON, "", verdict, made_at=now)
            before = time.perf_counter()
            await app.database.gestures.record(gesture)
            seen.votes.append((time.perf_counter() - before) * 1000)
            await asyncio.sleep(VOTE_EVERY_S)

    tasks = [asyncio.create_task(tick()), asyncio.create_task(vote())]
    try:
        yield seen
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _cpu_s(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def _quantile(values: list[float], q: float) -> float:
    return sorted(values)[round(q * (len(values) - 1))] if values else float("nan")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plays", type=int, nargs="?", default=160_000)
    Console().print(asyncio.run(measure(parser.parse_args().plays)))
