"""Files too large for Discord: the bytes, as they come through a page, then the import.

The bytes may come in any number of pieces. How far it is only the file on disk says, so a dropped
connection, a closed page or a restart costs nothing but what was on its way.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from bot.domain.listening import ImportJob, ImportState
from bot.domain.uploads import UploadFile, UploadTicket
from bot.errors import MusicBotError, NotFoundError, UserError
from bot.ports import Clock
from bot.ports.uploads import PartialUploads, UploadTicketStore
from bot.services.imports import ImportService
from bot.services.notices import Notice, NoticeBoard
from bot.services.upload_links import UploadLinks, UploadRefusedError

log = logging.getLogger(__name__)

QUIET_S: Final = 60.0
"""A connection that brings nothing for so long has been lost."""
MIN_FREE_BYTES: Final = 500 * 2**20
MOST_AT_ONCE: Final = 20
LONGEST_NAME: Final = 200
TROUBLES_KEPT: Final = 200
MIB: Final = 2**20
FORM_BYTES: Final = 8192
"""What a form adds to the file that it carries, at most."""


class WrongOffsetError(UserError):
    """Bytes that don't follow on what is there; the sender has to ask how far it is."""

    def __init__(self) -> None:
        super().__init__("upload.refused.offset")


@dataclass(frozen=True, slots=True)
class UploadState:
    """How far an upload is, for its page."""

    ticket: UploadTicket
    received: int = 0
    job: ImportJob | None = None
    trouble: UserError | None = None
    """Why the import failed, as long as that is remembered."""


class BigUploads:
    """Takes bytes in and hands complete files to the import."""

    def __init__(
        self,
        *,
        links: UploadLinks,
        tickets: UploadTicketStore,
        files: PartialUploads,
        imports: ImportService,
        notices: NoticeBoard,
        clock: Clock,
        limit_mb: int,
    ) -> None:
        self.links = links
        self._tickets = tickets
        self._files = files
        self._imports = imports
        self._notices = notices
        self._clock = clock
        self.limit_mb = limit_mb
        self._writing: dict[str, asyncio.Task[int]] = {}
        self._importing: set[asyncio.Task[None]] = set()
        self._troubles: dict[int, UserError] = {}

    async def state(self, ticket: UploadTicket) -> UploadState:
        """Return how far an upload is."""
        if ticket.import_id is not None:
            job = await self._imports.job(ticket.member_id, ticket.import_id)
            size = ticket.file.size if ticket.file else 0
            return UploadState(ticket, size, job, self._troubles.get(ticket.import_id))
        return UploadState(ticket, await self._received(ticket) or 0)

    async def offset(self, ticket: UploadTicket) -> int:
        """Return from where to go on; a connection that still seems open is given up."""
        if ticket.import_id is not None or ticket.folder is None or ticket.file is None:
            raise UploadRefusedError
        await self._stop(ticket)
        received = await self._received(ticket)
        if received is None:
            raise UploadRefusedError
        await self._complete(ticket.id_hash, ticket.folder, ticket.file, received)
        return received

    async def choose(self, ticket: UploadTicket, file: UploadFile) -> int:
        """Note which file comes; return how much of it is there already.

        Raises
        ------
        UploadRefusedError
            When the file is empty or too large, or there is no room for it.
        """
        if ticket.import_id is not None:
            raise UploadRefusedError
        if not 0 < file.size <= self.limit_mb * MIB:
            raise UploadRefusedError("upload.refused.size", limit=self.limit_mb)
        await self._stop(ticket)
        if ticket.file == file and ticket.folder is not None:
            received = await self._received(ticket)
            if received is not None:
                await self._complete(ticket.id_hash, ticket.folder, file, received)
                return received
        if await self._files.free_bytes() < file.size + MIN_FREE_BYTES:
            log.warning("no room for an upload of %d MiB", file.size // MIB)
            raise UploadRefusedError("upload.refused.room")
        folder = await self._files.begin()
        if not await self._tickets.choose(ticket.id_hash, file=file, folder=folder):
            await self._files.discard(folder)
            raise UploadRefusedError
        if ticket.folder is not None:
            await self._files.discard(ticket.folder)
        return 0

    async def append(
        self, ticket: UploadTicket, *, offset: int, pieces: AsyncIterator[bytes]
    ) -> int:
        """Take bytes in until they end; return how much of the file is there then.

        A connection that still seems open is given up for a newer one.

        Raises
        ------
        WrongOffsetError
            When the bytes don't follow on what is there.
        UploadRefusedError
            When the link is over or too many send at once.
        """
        if ticket.import_id is not None or ticket.folder is None or ticket.file is None:
            raise UploadRefusedError
        received = await self._alone(ticket, self._take(ticket.folder, ticket.file, offset, pieces))
        await self._complete(ticket.id_hash, ticket.folder, ticket.file, received)
        return received

    async def take_whole(
        self, ticket: UploadTicket, *, name: str, announced: int, pieces: AsyncIterator[bytes]
    ) -> None:
        """Take a file in one go; its size is known at its end only, `announced` is the most.

        Raises
        ------
        OSError
            When the bytes end before the file does; what arrived of it is of no use.
        UploadRefusedError
            When the file is empty or too large, there is no room for it, or the link is over.
        """
        most = self.limit_mb * MIB
        if announced > most + FORM_BYTES:
            raise UploadRefusedError("upload.refused.size", limit=self.limit_mb)
        expected = UploadFile.in_one_go(name, min(announced, most))
        await self.choose(ticket, expected)
        begun = await self._tickets.get(ticket.id_hash, at=self._clock.now())
        if begun is None or begun.folder is None:
            raise UploadRefusedError
        received = await self._alone(begun, self._store(begun.folder, expected, 0, pieces))
        if not received:
            raise UploadRefusedError("upload.refused.size", limit=self.limit_mb)
        file = replace(expected, size=received)
        if not await self._tickets.choose(ticket.id_hash, file=file, folder=begun.folder):
            raise UploadRefusedError
        await self._complete(ticket.id_hash, begun.folder, file, received)

    async def _alone(self, ticket: UploadTicket, taking: Coroutine[Any, Any, int]) -> int:
        """Let one connection write for a link: a newer one ends an older one that hangs."""
        await self._stop(ticket)
        if len(self._writing) >= MOST_AT_ONCE:
            taking.close()
            raise UploadRefusedError("upload.refused.busy")
        task = asyncio.create_task(taking)
        self._writing[ticket.id_hash] = task
        task.add_done_callback(partial(self._written, ticket.id_hash))
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.cancelled():
            raise UploadRefusedError("upload.refused.overtaken")
        return task.result()

    async def sweep(self) -> int:
        """Forget links that are over, with what arrived for them; return how many files."""
        folders = await self._tickets.sweep(before=self._clock.now())
        for folder in folders:
            await self._files.discard(folder)
        return len(folders)

    async def settle(self) -> None:
        """Wait for imports under way."""
        while self._importing:
            await asyncio.wait(self._importing)

    async def close(self) -> None:
        """End what is under way; imports go on at the next start."""
        tasks = [*self._writing.values(), *self._importing]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _stop(self, ticket: UploadTicket) -> None:
        """End what writes for a link; who comes meanwhile is ended, too, so there is never a second."""
        while (task := self._writing.pop(ticket.id_hash, None)) is not None:
            task.cancel()
            await asyncio.wait([task])

    def _written(self, id_hash: str, task: asyncio.Task[int]) -> None:
        if self._writing.get(id_hash) is task:
            del self._writing[id_hash]
        if not task.cancelled():
            task.exception()  # who asked may be gone: then nobody else hears of it

    async def _received(self, ticket: UploadTicket) -> int | None:
        """Return how much has arrived; None when there is nothing any more, as after a restore."""
        try:
            return None if ticket.folder is None else await self._files.received(ticket.folder)
        except NotFoundError:
            return None

    async def _take(
        self, folder: str, file: UploadFile, offset: int, pieces: AsyncIterator[bytes]
    ) -> int:
        try:
            received = await self._files.received(folder)
        except NotFoundError:
            raise UploadRefusedError from None
        if offset != received:
            raise WrongOffsetError
        try:
            return await self._store(folder, file, offset, pieces)
        except (TimeoutError, OSError):
            log.info("an upload was cut off; it may go on")
            return await self._files.received(folder)

    async def _store(
        self, folder: str, file: UploadFile, received: int, pieces: AsyncIterator[bytes]
    ) -> int:
        while True:
            async with asyncio.timeout(QUIET_S):
                piece = await anext(pieces, b"")
            if not piece:
                return received
            if received + len(piece) > file.size:
                raise UploadRefusedError("upload.refused.size", limit=self.limit_mb)
            await self._write(folder, piece)
            received += len(piece)

    async def _write(self, folder: str, piece: bytes) -> None:
        """Write bytes to the end even when the connection is given up: the next asks how many."""
        write = asyncio.ensure_future(self._files.append(folder, piece))
        try:
            await asyncio.shield(write)
        except asyncio.CancelledError:
            await asyncio.wait([write])
            raise

    async def _complete(self, id_hash: str, folder: str, file: UploadFile, received: int) -> None:
        """Begin the import once all is there; also when a stop came just before that."""
        if received != file.size:
            return
        await self._files.seal(folder, file.name)
        job = await self._tickets.use_up(id_hash, folder=folder, at=self._clock.now())
        if job is None:
            return
        task = asyncio.create_task(self._import(job), name=f"import {job.id}")
        self._importing.add(task)
        task.add_done_callback(self._importing.discard)

    async def _import(self, job: ImportJob) -> None:
        try:
            done = await self._imports.finish(job)
        except UserError as error:
            if len(self._troubles) >= TROUBLES_KEPT:
                self._troubles.clear()
            self._troubles[job.id] = error
            notice = Notice(error.key, error.params, answer=True)
        except MusicBotError as error:
            log.warning("import %d stopped: %s", job.id, type(error).__name__)
            return
        except Exception:  # nobody waits for this task; the job goes on at the next start
            log.exception("import %d stopped", job.id)
            return
        else:
            params = {"n": done.rows_added, "found": done.rows_found}
            notice = Notice("upload.done", params, answer=True)
        await self._notices.tell(job.member_id, notice)


def finished(state: UploadState) -> bool:
    """Return whether nothing more happens."""
    job = state.job
    return job is not None and job.state in (ImportState.DONE, ImportState.FAILED)
