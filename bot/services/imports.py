"""`/import`: raw files first, then the child parses, then rows enter in small transactions."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from bot.domain.ids import ImportId, MemberId
from bot.domain.listening import ImportJob, ImportState
from bot.errors import (
    BadFileError,
    MusicBotError,
    NotFoundError,
    StorageError,
    UserError,
    WorkerError,
)
from bot.ports import Clock, ListenStore, Uploads, Worker
from bot.services.candidates import CandidateService
from bot.services.consent import ConsentService
from bot.services.training import TrainingService

log = logging.getLogger(__name__)

CHUNK_ROWS = 10_000
"""Rows between two reports of progress; the store cuts them into short transactions."""

UPLOADS_IN_MEMORY = 2
"""Between Discord and the disk an upload is in memory, 100 MB at the most."""

Files = Sequence[tuple[str, bytes]]
Progress = Callable[[ImportJob], Awaitable[None]]


class ImportService:
    """Runs imports one after the other per member; unfinished ones go on after a restart."""

    def __init__(
        self,
        *,
        listens: ListenStore,
        uploads: Uploads,
        worker: Worker,
        consent: ConsentService,
        candidates: CandidateService,
        training: TrainingService,
        clock: Clock,
    ) -> None:
        self._listens = listens
        self._uploads = uploads
        self._worker = worker
        self._consent = consent
        self._candidates = candidates
        self._training = training
        self._clock = clock
        self._in_memory = asyncio.Semaphore(UPLOADS_IN_MEMORY)
        self._running: dict[MemberId, asyncio.Lock] = {}

    async def run(
        self,
        member_id: MemberId,
        files: Iterable[tuple[str, bytes]],
        *,
        on_progress: Progress | None = None,
    ) -> ImportJob:
        """Import files that are at hand and return how it ended; else as `fetch_and_run`."""
        given = list(files)

        async def at_hand() -> Files:
            return given

        return await self.fetch_and_run(member_id, at_hand, on_progress=on_progress)

    async def fetch_and_run(
        self,
        member_id: MemberId,
        fetch: Callable[[], Awaitable[Files]],
        *,
        on_progress: Progress | None = None,
    ) -> ImportJob:
        """Fetch an upload, import it and return how it ended; it is on disk before work starts.

        Only a few uploads are in memory at once: the others wait. Who has an import under way
        already is refused before anything is fetched.

        Raises
        ------
        ConsentMissingError, BadFileError, UserError
            With the sentence to show; nothing that was already stored is lost.
        """
        await self._consent.require(member_id)
        lock = self._running.setdefault(member_id, asyncio.Lock())
        if lock.locked():
            raise UserError("error.import_running")
        async with lock:
            async with self._in_memory:
                files = await fetch()
                names = [name for name, _ in files]
                folder = await self._uploads.store(files)
                del files
            job = await self._listens.begin_import(
                member_id, file_names=names, folder=folder, at=self._clock.now()
            )
            return await self._carry_out(job, on_progress)

    async def finish(self, job: ImportJob) -> ImportJob:
        """Import an upload that was noted already, after whatever runs for the member already.

        Raises
        ------
        BadFileError, UserError, StorageError
            As `run` does.
        """
        async with self._running.setdefault(job.member_id, asyncio.Lock()):
            return await self._carry_out(job, None)

    async def resume(self) -> int:
        """Finish imports that a stop interrupted; return how many ended well."""
        done = 0
        for job in reversed(await self._listens.imports(unfinished=True)):
            lock = self._running.setdefault(job.member_id, asyncio.Lock())
            try:
                async with lock:
                    await self._carry_out(job, None)
            except MusicBotError as error:
                log.warning("import %d could not be finished: %s", job.id, error)
            else:
                done += 1
        return done

    async def job(self, member_id: MemberId, import_id: ImportId) -> ImportJob | None:
        """Return how one of a member's imports is."""
        jobs = await self._listens.imports(unfinished=False, member_id=member_id)
        return next((job for job in jobs if job.id == import_id), None)

    async def latest(self, member_id: MemberId) -> ImportJob | None:
        """Return a member's newest import."""
        jobs = await self._listens.imports(unfinished=False, member_id=member_id)
        return jobs[0] if jobs else None

    async def _carry_out(self, job: ImportJob, on_progress: Progress | None) -> ImportJob:
        try:
            if job.state in {ImportState.WAITING, ImportState.PARSING}:
                parsed = await self._worker.parse_upload(self._uploads.path(job.folder))
                await self._listens.import_staged(
                    job.id, rows_found=parsed.rows, notes=parsed.notes
                )
            await self._store_rows(job.id, on_progress)
        except BadFileError as error:
            await self._close(job, ImportState.FAILED, error.key)
            raise
        except WorkerError as error:
            await self._close(job, ImportState.FAILED, "error.import_failed")
            raise UserError("error.import_failed") from error
        except StorageError:
            raise  # the job stays unfinished and goes on at the next start
        finished = await self._close(job, ImportState.DONE, None)
        if finished.rows_added:
            self._candidates.wake(finished.member_id)
        self._training.wake()
        log.info(
            "import %d of member %d: %d rows, %d new",
            finished.id,
            finished.member_id,
            finished.rows_done,
            finished.rows_added,
        )
        return finished

    async def _store_rows(self, import_id: ImportId, on_progress: Progress | None) -> None:
        job = await self._job(import_id)
        while job.rows_done < job.rows_found:
            progress = await self._listens.absorb(import_id, limit=CHUNK_ROWS)
            if progress.rows_done <= job.rows_done:
                raise WorkerError("the staged rows ended early")
            job = await self._job(import_id)
            if on_progress is not None:
                await on_progress(job)

    async def _job(self, import_id: ImportId) -> ImportJob:
        jobs = await self._listens.imports(unfinished=True)
        job = next((job for job in jobs if job.id == import_id), None)
        if job is None:
            raise NotFoundError  # erased meanwhile
        return job

    async def _close(self, job: ImportJob, state: ImportState, error_key: str | None) -> ImportJob:
        finished = await self._listens.finish_import(
            job.id, state=state, error_key=error_key, at=self._clock.now()
        )
        await self._uploads.discard(job.folder)
        return finished
