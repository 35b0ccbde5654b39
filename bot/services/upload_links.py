"""Links to the upload page: who may use one, in which browser, for how long.

Every secret is random, stored as a hash and single-use; the browser says through Discord who sits in
front of it, as for `/link`.
"""

import logging
from datetime import timedelta
from typing import Final

from bot.domain.ids import MemberId
from bot.domain.uploads import UploadTicket
from bot.errors import UserError
from bot.ports import Clock
from bot.ports.linking import Identity
from bot.ports.uploads import PartialUploads, UploadTicketStore
from bot.services.consent import ConsentService
from bot.services.linking import digest, form_token, secret

log = logging.getLogger(__name__)

TO_OPEN: Final = timedelta(minutes=10)
TO_SEND: Final = timedelta(hours=24)
STATE_PREFIX: Final = "upload."
"""Tells the states of this page from those of `/link`: both come back to one address."""


class UploadRefusedError(UserError):
    """A link that is over, used or foreign, or a file that is not taken."""

    def __init__(self, key: str = "upload.refused.stale", **params: object) -> None:
        super().__init__(key, **params)


class UploadLinks:
    """Gives out links and lets their owners in."""

    def __init__(
        self,
        *,
        tickets: UploadTicketStore,
        files: PartialUploads,
        consent: ConsentService,
        identity: Identity,
        clock: Clock,
        base_url: str,
        identity_redirect_uri: str,
    ) -> None:
        self._tickets = tickets
        self._files = files
        self._consent = consent
        self._identity = identity
        self._clock = clock
        self._base_url = base_url
        self._identity_redirect_uri = identity_redirect_uri

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
