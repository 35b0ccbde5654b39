"""Composition root: builds adapters and services, owns every lifetime."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from bot.adapters.clock import SystemClock
from bot.adapters.compute import ThreadCompute
from bot.adapters.http.addresses import OpenAddresses
from bot.adapters.spotify.addresses import Addresses
from bot.adapters.sqlite import backup as backups
from bot.adapters.sqlite.database import Database
from bot.adapters.uploads import UploadFolder
from bot.adapters.worker_process import WorkerProcess
from bot.client import MusicBot
from bot.open_wiring import open_doors
from bot.own_pages import own_pages
from bot.pages_wiring import open_identity, open_pages
from bot.ports import Clock
from bot.services import Services
from bot.services.imports import ImportService
from bot.services.training import MIN_PAUSE_S
from bot.services.upkeep import Chore, keep_up
from bot.services_wiring import build_services
from bot.settings import Settings
from bot.spotify_wiring import apply_use, open_spotify

log = logging.getLogger(__name__)

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class App:
    """A running Auxcord without Discord: `make_bot` adds that."""

    settings: Settings
    database: Database
    services: Services
    worker: WorkerProcess

    def make_bot(self, **options: Any) -> MusicBot:
        """Return the Discord client, not yet connected."""
        return MusicBot(services=self.services, **options)


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    min_refit_pause_s: float = MIN_PAUSE_S,
    addresses: Addresses | None = None,
    open_addresses: OpenAddresses | None = None,
) -> AsyncIterator[App]:
    """Open the database, start the child's keeper and the background services, yield, unwind.

    Raises
    ------
    DatabaseBusyError
        When another instance owns the data folder.
    StorageError
        When the database is damaged or newer than this program.
    SettingsError
        When settings that belong together don't fit.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.open(settings.data_dir))
        await database.catalogue.seed_atlas(atlas_folder())
        compute = await stack.enter_async_context(ThreadCompute(threads=settings.compute_threads))
        uploads = await stack.enter_async_context(UploadFolder(database.uploads_dir))
        await _sweep_uploads(database, uploads)
        worker = await stack.enter_async_context(
            WorkerProcess(
                settings.data_dir,
                serving=partial(_serving_folder, database),
                refit_timeout_s=settings.refit_timeout_s,
            )
        )
        services = build_services(
            settings, database, uploads, compute, worker, clock, min_refit_pause_s
        )
        await apply_use(settings, database)
        addresses = addresses or Addresses()
        pages, identity = own_pages(settings), None
        if pages is not None:
            identity = await stack.enter_async_context(
                open_identity(pages, notices=services.notices, addresses=addresses)
            )
        spotify = await stack.enter_async_context(
            open_spotify(
                settings,
                database=database,
                consent=services.consent,
                training=services.training,
                notices=services.notices,
                identity=identity,
                clock=clock,
                addresses=addresses,
            )
        )
        if spotify is not None:
            services = replace(services, spotify=spotify.services)
        chores = _chores(settings, database, services)
        if pages is not None and identity is not None:
            big = await stack.enter_async_context(
                open_pages(
                    settings,
                    pages,
                    identity=identity,
                    database=database,
                    files=uploads,
                    services=services,
                    links=None if spotify is None else spotify.services.links,
                    addresses=addresses,
                    clock=clock,
                )
            )
            services = replace(services, uploads=big)
            chores.append(Chore("uploads", HOUR_S, 200, big.sweep))
        opened = await stack.enter_async_context(
            open_doors(
                settings,
                services=services,
                store=database.enrichment,
                clock=clock,
                addresses=open_addresses or OpenAddresses(),
            )
        )
        await services.preferences.load()
        await services.training.start()
        tasks = _Background(stack)
        tasks.own("training", services.training.run())
        if services.activity is not None:
            await services.activity.start()
            stack.push_async_callback(services.activity.close)
            tasks.own("activity", services.activity.run())
        tasks.own("imports", _resume(services.imports))
        if spotify is not None:
            tasks.own("spotify", spotify.services.sync.run())
            chores += spotify.chores
        for name, work in opened.tasks:
            tasks.own(name, work)
        for chore in (*chores, *opened.chores):
            tasks.own(chore.name, keep_up(chore))
        yield App(settings=settings, database=database, services=services, worker=worker)


def atlas_folder() -> Path:
    """Return where the packaged atlas lies."""
    return Path(str(resources.files("bot.atlas").joinpath("data")))


async def _sweep_uploads(database: Database, uploads: UploadFolder) -> None:
    """Delete what a stop left behind that nothing refers to."""
    jobs = await database.listens.imports(unfinished=True)
    keep = {*(job.folder for job in jobs), *await database.upload_tickets.folders()}
    if n := await uploads.sweep(keep):
        log.info("deleted %d uploads that a stop had left behind", n)


async def _serving_folder(database: Database) -> Path | None:
    latest = await database.models.latest()
    return database.models_dir / latest[1] if latest else None


def _chores(settings: Settings, database: Database, services: Services) -> list[Chore]:
    chores = [
        Chore("purge", HOUR_S, 60, services.guilds.purge_due),
        Chore("blends", HOUR_S, 120, services.blends.delete_expired),
    ]
    if settings.backup_hours:

        async def back_up() -> None:
            folder = settings.data_dir / "backups"
            await asyncio.to_thread(
                backups.back_up, database.path, folder, keep=settings.backup_keep
            )

        chores.append(Chore("backup", settings.backup_hours * HOUR_S, 600, back_up))
    return chores


async def _resume(imports: ImportService) -> None:
    try:
        done = await imports.resume()
    except Exception:  # a background task catches once and logs
        log.exception("unfinished imports could not be looked up")
    else:
        if done:
            log.info("finished %d imports that a stop had interrupted", done)


class _Background:
    """Tasks that live as long as the app; cancelled and awaited before what they use is closed."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    def own(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_tell_of_death)
        self._stack.push_async_callback(_end, task)


def _tell_of_death(task: asyncio.Task[None]) -> None:
    """Say that a task broke off: nobody awaits it before the end."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("the task %s broke off; restart the bot", task.get_name(), exc_info=error)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
