"""Files too large for Discord: a private link to a page, who sits there, the bytes, then the import.

The bytes may come in any number of pieces. How far it is only the file on disk says, so a dropped
connection, a closed page or a restart costs nothing but what was on its way.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.domain.ids import ImportId, MemberId
from bot.domain.listening import ImportJob, ImportState
from bot.domain.uploads import UploadFile, UploadTicket
from bot.errors import MusicBotError, UserError
from bot.ports import Clock
from bot.ports_spotify import Identity
from bot.ports_uploads import PartialUploads, UploadTicketStore
from bot.services.consent import ConsentService
from bot.services.imports import ImportService
from bot.services.linking import digest, form_token, secret
from bot.services.notices import Notice, NoticeBoard

log = logging.getLogger(__name__)

TO_OPEN: Final = timedelta(minutes=10)
TO_SEND: Final = timedelta(hours=24)
STATE_PREFIX: Final = "upload."
"""Tells the states of this page from those of `/link`: both come back to one address."""
QUIET_S: Final = 60.0
"""A connection that brings nothing for so long has been lost."""
MIN_FREE_BYTES: Final = 500 * 2**20
MOST_AT_ONCE: Final = 20
LONGEST_NAME: Final = 200
TROUBLES_KEPT: Final = 200
MIB: Final = 2**20


class UploadRefusedError(UserError):
    """A link that is over, used or foreign, or a file that is not taken."""

    def __init__(self, key: str = "upload.refused.stale", **params: object) -> None:
        super().__init__(key, **params)


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
    """Gives out links, takes bytes in, hands complete files to the import."""

    def __init__(
        self,
        *,
        tickets: UploadTicketStore,
        files: PartialUploads,
        imports: ImportService,
        consent: ConsentService,
        identity: Identity,
        notices: NoticeBoard,
        clock: Clock,
        base_url: str,
        identity_redirect_uri: str,
        limit_mb: int,
    ) -> None:
        self._tickets = tickets
        self._files = files
        self._imports = imports
        self._consent = consent
        self._identity = identity
        self._notices = notices
        self._clock = clock
        self._base_url = base_url
        self._identity_redirect_uri = identity_redirect_uri
        self.limit_mb = limit_mb
        self._writing: dict[str, asyncio.Task[int]] = {}
        self._importing: set[asyncio.Task[None]] = set()
        self._troubles: dict[ImportId, UserError] = {}

    async def begin(self, member_id: MemberId, name: str) -> str:
        """Return the address of a page that takes one file; the member's older ones are void.

        Raises
        ------
        ConsentMissingError
            When the member never agreed to anything being stored.
        """
        await self._consent.require(member_id)
        rid, now = secret(), self._clock.now()
        ticket = UploadTicket(digest(rid), member_id, name, now + TO_OPEN)
        for folder in await self._tickets.create(ticket, at=now):
            await self._files.discard(folder)
        return f"{self._base_url}/upload/{rid}"

    async def look(self, rid: str) -> UploadTicket:
        """Return the link that a page is about, without tying it to any browser."""
        ticket = await self._tickets.get(digest(rid), at=self._clock.now())
        if ticket is None:
            raise UploadRefusedError
        return ticket

    async def say_who(self, rid: str, browser: str) -> str:
        """Tie a link to a browser; return where its owner tells Discord who they are."""
        state = STATE_PREFIX + secret()
        bound = await self._tickets.bind_browser(
            digest(rid),
            browser_hash=digest(browser),
            identity_hash=digest(state),
            at=self._clock.now(),
        )
        if not bound:
            raise UploadRefusedError
        return self._identity.login_url(redirect_uri=self._identity_redirect_uri, state=state)

    async def identified(self, *, state: str, code: str, browser: str) -> None:
        """Take Discord's word for who sits there; anybody but the member ends the link."""
        if not (state and code and browser):
            raise UploadRefusedError
        ticket = await self._tickets.identify(
            digest(state), browser_hash=digest(browser), at=self._clock.now()
        )
        if ticket is None:
            raise UploadRefusedError
        who = await self._identity.who(code=code, redirect_uri=self._identity_redirect_uri)
        if who != ticket.member_id:
            await self._tickets.delete(ticket.id_hash)
            if ticket.folder is not None:
                await self._files.discard(ticket.folder)
            log.warning("an upload link of member %d was opened by somebody else", ticket.member_id)
            raise UploadRefusedError("upload.refused.somebody_else", name=ticket.name)
        await self._tickets.admit(
            ticket.id_hash,
            browser_hash=digest(browser),
            csrf_hash=digest(form_token(browser, ticket.id_hash)),
            expires_at=self._clock.now() + TO_SEND,
        )

    def form_token(self, ticket: UploadTicket, browser: str) -> str:
        """Return what the page sends along with bytes."""
        return form_token(browser, ticket.id_hash)

    async def admitted(self, rid: str, browser: str, *, token: str | None = None) -> UploadTicket:
        """Return the link of the browser whose owner was identified; with bytes comes a token."""
        ticket = await self.look(rid)
        if ticket.browser_hash != digest(browser) or ticket.csrf_hash is None:
            raise UploadRefusedError
        if token is not None and digest(token) != ticket.csrf_hash:
            raise UploadRefusedError
        return ticket

    async def state(self, ticket: UploadTicket) -> UploadState:
        """Return how far an upload is."""
        if ticket.import_id is not None:
            job = await self._imports.job(ticket.member_id, ticket.import_id)
            size = ticket.file.size if ticket.file else 0
            return UploadState(ticket, size, job, self._troubles.get(ticket.import_id))
        received = 0 if ticket.folder is None else await self._files.received(ticket.folder)
        return UploadState(ticket, received)

    async def offset(self, ticket: UploadTicket) -> int:
        """Return from where to go on; a connection that still seems open is given up."""
        if ticket.import_id is not None or ticket.folder is None:
            raise UploadRefusedError
        await self._stop(ticket)
        return await self._files.received(ticket.folder)

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
            return await self._files.received(ticket.folder)
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
        await self._stop(ticket)
        if len(self._writing) >= MOST_AT_ONCE:
            raise UploadRefusedError("upload.refused.busy")
        task = asyncio.create_task(self._take(ticket.folder, ticket.file, offset, pieces))
        self._writing[ticket.id_hash] = task
        try:
            await asyncio.wait([task])
        finally:
            if self._writing.get(ticket.id_hash) is task:
                del self._writing[ticket.id_hash]
        if task.cancelled():
            raise UploadRefusedError("upload.refused.overtaken")
        received = task.result()
        if received == ticket.file.size:
            await self._complete(ticket, ticket.folder, ticket.file)
        return received

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
        task = self._writing.pop(ticket.id_hash, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _take(
        self, folder: str, file: UploadFile, offset: int, pieces: AsyncIterator[bytes]
    ) -> int:
        received = await self._files.received(folder)
        if offset != received:
            raise WrongOffsetError
        try:
            while True:
                async with asyncio.timeout(QUIET_S):
                    piece = await anext(pieces, b"")
                if not piece:
                    break
                if received + len(piece) > file.size:
                    raise UploadRefusedError("upload.refused.size", limit=self.limit_mb)
                await self._write(folder, piece)
                received += len(piece)
        except (TimeoutError, OSError):
            log.info("an upload was cut off; it may go on")
        return received

    async def _write(self, folder: str, piece: bytes) -> None:
        """Write bytes to the end even when the connection is given up: the next asks how many."""
        write = asyncio.ensure_future(self._files.append(folder, piece))
        try:
            await asyncio.shield(write)
        except asyncio.CancelledError:
            await asyncio.wait([write])
            raise

    async def _complete(self, ticket: UploadTicket, folder: str, file: UploadFile) -> None:
        await self._files.seal(folder, file.name)
        job = await self._tickets.use_up(ticket.id_hash, at=self._clock.now())
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
        else:
            params = {"n": done.rows_added, "found": done.rows_found}
            notice = Notice("upload.done", params, answer=True)
        await self._notices.tell(job.member_id, notice)


def finished(state: UploadState) -> bool:
    """Return whether nothing more happens."""
    job = state.job
    return job is not None and job.state in (ImportState.DONE, ImportState.FAILED)
