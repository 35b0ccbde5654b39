"""`/link`: a Spotify account is joined to the member who asked, and to nobody else.

With a public address the member's browser says through Discord who sits in front of it; without one
the member pastes the address that they were sent to into Discord, which knows them. Every secret is
random, stored as a hash, single-use, and good for ten minutes.
"""

import hashlib
import hmac
import logging
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

from bot.domain.ids import MemberId
from bot.domain.listening import Source
from bot.domain.spotify import LinkRequest, LoginState, Seats, SpotifyLogin
from bot.errors import (
    ForbiddenError,
    LinkExpiredError,
    NotAllowlistedError,
    PremiumRequiredError,
    SealBrokenError,
    UpstreamError,
    UserError,
)
from bot.ports import Clock, DoorStore
from bot.ports.linking import Identity, LinkRequestStore, SpotifyAuth, SpotifyStore, Vault
from bot.ports.spotify import SpotifyApi
from bot.services.consent import ConsentService
from bot.services.link_watch import LinkWatch
from bot.services.spotify_tokens import VERIFIER, SpotifyTokens
from bot.services.training import TrainingService

log = logging.getLogger(__name__)

VALID_FOR: Final = timedelta(minutes=10)
API: Final = Source.SPOTIFY_API
SECRET_BYTES: Final = 32
VERIFIER_BYTES: Final = 64
LONGEST: Final = 2000
"""No address or secret of ours is longer; what is, is not looked at."""


@dataclass(frozen=True, slots=True)
class LinkOffer:
    """What the private message of `/link` shows."""

    url: str
    pages: bool
    """Whether the bot's own pages lead through it; otherwise the member pastes an address."""
    expires_at: datetime
    seats: Seats
    login: SpotifyLogin | None


@dataclass(frozen=True, slots=True)
class Identified:
    """A browser whose owner Discord has named, and the token of its form."""

    request: LinkRequest
    csrf: str


class LinkRefusedError(UserError):
    """A step that is not taken; the sentence says why."""

    default_key = "link.refused.stale"


class LinkService:
    """Leads through linking and unlinking."""

    def __init__(
        self,
        *,
        accounts: SpotifyStore,
        requests: LinkRequestStore,
        tokens: SpotifyTokens,
        vault: Vault,
        auth: SpotifyAuth,
        identity: Identity | None,
        api: SpotifyApi,
        doors: DoorStore,
        consent: ConsentService,
        training: TrainingService,
        watch: LinkWatch,
        clock: Clock,
        seats: int,
        base_url: str | None,
        redirect_uri: str,
        identity_redirect_uri: str,
    ) -> None:
        self._accounts = accounts
        self._requests = requests
        self._tokens = tokens
        self._vault = vault
        self._auth = auth
        self._identity = identity
        self._api = api
        self._doors = doors
        self._consent = consent
        self._training = training
        self.watch = watch
        self._clock = clock
        self._seats = seats
        self._base_url = base_url
        self.redirect_uri = redirect_uri
        self._identity_redirect_uri = identity_redirect_uri

    async def status(self, member_id: MemberId) -> tuple[SpotifyLogin | None, Seats]:
        """Return a member's account and how many seats are taken."""
        return await self._accounts.login(member_id), await self._accounts.seats(total=self._seats)

    async def works(self, member_id: MemberId) -> bool:
        """Return whether a member has an account that can be used right now."""
        login = await self._accounts.login(member_id)
        return login is not None and login.state is LoginState.LINKED

    async def begin(self, member_id: MemberId, name: str) -> LinkOffer:
        """Open an attempt; the member's older ones are void from now on.

        Raises
        ------
        ConsentMissingError
            When the member never agreed to anything being stored.
        UserError
            `error.spotify_full` when no seat is left.
        """
        await self._consent.require(member_id)
        login, seats = await self.status(member_id)
        if login is None and seats.full:
            raise UserError("error.spotify_full", used=seats.used, total=seats.total)
        now = self._clock.now()
        rid, verifier = secret(), secrets.token_urlsafe(VERIFIER_BYTES)
        request = LinkRequest(
            id_hash=digest(rid),
            member_id=member_id,
            name=name,
            expires_at=now + VALID_FOR,
            verifier=self._vault.seal(verifier, purpose=VERIFIER, member_id=member_id),
        )
        if self._base_url is not None:
            await self._requests.create(request, state_hash=None, at=now)
            url = f"{self._base_url}/link/{rid}"
        else:
            state = secret()
            await self._requests.create(request, state_hash=digest(state), at=now)
            url = self._consent_url(verifier, state)
        return LinkOffer(url, self._base_url is not None, request.expires_at, seats, login)

    async def look(self, rid: str) -> LinkRequest:
        """Return the attempt that a page is about, without tying it to any browser."""
        request = await self._requests.get(digest(rid), at=self._clock.now())
        if request is None:
            raise LinkRefusedError
        return request

    async def say_who(self, rid: str, browser: str) -> str:
        """Tie an attempt to a browser; return where its owner tells Discord who they are."""
        if self._identity is None:
            raise LinkRefusedError
        state = secret()
        bound = await self._requests.bind_browser(
            digest(rid),
            browser_hash=digest(browser),
            identity_hash=digest(state),
            at=self._clock.now(),
        )
        if not bound:
            raise LinkRefusedError
        return self._identity.login_url(redirect_uri=self._identity_redirect_uri, state=state)

    async def identified(self, *, state: str, code: str, browser: str) -> None:
        """Take Discord's word for who sits there; anybody but the member ends the attempt."""
        if self._identity is None or not (state and code and browser):
            raise LinkRefusedError
        request = await self._requests.identify(
            digest(state), browser_hash=digest(browser), at=self._clock.now()
        )
        if request is None:
            raise LinkRefusedError
        who = await self._identity.who(code=code, redirect_uri=self._identity_redirect_uri)
        if who != request.member_id:
            await self._requests.sweep_one(request.id_hash)
            log.warning("a link of member %d was opened by somebody else", request.member_id)
            await self.watch.refused(request.member_id, "link.somebody_else")
            raise LinkRefusedError("link.refused.somebody_else", name=request.name)
        await self._requests.confirm(
            request.id_hash,
            browser_hash=digest(browser),
            csrf_hash=digest(form_token(browser, request.id_hash)),
        )

    async def confirmation(self, *, rid: str, browser: str) -> Identified:
        """Return what the confirmation page names, for the browser that was identified."""
        request = await self.look(rid)
        known = request.identified and request.browser_hash == digest(browser)
        if not known or request.csrf_hash is None:
            raise LinkRefusedError
        return Identified(request, form_token(browser, request.id_hash))

    async def confirmed(self, *, rid: str, browser: str, csrf: str) -> str:
        """Take the form's answer; return where the member consents."""
        request = await self.look(rid)
        state = secret()
        armed = await self._requests.arm(
            request.id_hash,
            browser_hash=digest(browser),
            csrf_hash=digest(csrf),
            state_hash=digest(state),
            at=self._clock.now(),
        )
        if not armed:
            raise LinkRefusedError
        return self._consent_url(self._verifier(request), state)

    async def called_back(self, *, state: str, code: str, browser: str) -> SpotifyLogin:
        """Finish an attempt in the browser that it is tied to."""
        if not (state and browser) or len(state) > LONGEST:
            raise LinkRefusedError
        request = await self._requests.consume(
            digest(state), at=self._clock.now(), browser_hash=digest(browser)
        )
        return await self._finish(request, code)

    async def pasted(self, member_id: MemberId, address: str) -> SpotifyLogin:
        """Finish an attempt by the address that the browser was sent to."""
        parts = urlsplit(address.strip()[:LONGEST])
        if f"{parts.scheme}://{parts.netloc}{parts.path}" != self.redirect_uri:
            raise LinkRefusedError("link.refused.address", start=self.redirect_uri)
        query = parse_qs(parts.query)
        state, code = (query.get(name, [""])[0] for name in ("state", "code"))
        if not state:
            raise LinkRefusedError("link.refused.address", start=self.redirect_uri)
        request = await self._requests.consume(
            digest(state), at=self._clock.now(), member_id=member_id
        )
        return await self._finish(request, code)

    async def unlink(self, member_id: MemberId) -> int:
        """Delete tokens, listens from the Web API and what derives from them."""
        removed = await self._doors.withdraw(member_id, API, at=self._clock.now())
        self._training.wake()
        log.info("member %d unlinked Spotify: %d listens deleted", member_id, removed)
        return removed

    async def sweep(self) -> int:
        """Forget attempts that are over."""
        return await self._requests.sweep(before=self._clock.now() - VALID_FOR)

    async def _finish(self, request: LinkRequest | None, code: str) -> SpotifyLogin:
        if request is None:
            raise LinkRefusedError
        member_id = request.member_id
        try:
            if not code or len(code) > LONGEST:
                raise LinkRefusedError("link.refused.declined")
            login = await self._join(request, code)
        except UserError as error:
            await self.watch.refused(member_id, error.key, **error.params)
            raise
        except UpstreamError:
            await self.watch.refused(member_id, "web.trouble")
            raise
        await self.watch.linked(login)
        return login

    async def _join(self, request: LinkRequest, code: str) -> SpotifyLogin:
        member_id = request.member_id
        try:
            tokens = await self._auth.exchange(
                code=code, verifier=self._verifier(request), redirect_uri=self.redirect_uri
            )
            profile = await self._api.me(tokens.access)
        except LinkExpiredError:
            raise LinkRefusedError from None
        except NotAllowlistedError:
            raise LinkRefusedError("link.refused.not_listed") from None
        except PremiumRequiredError:
            raise LinkRefusedError("link.refused.owner_premium") from None
        except ForbiddenError:
            raise LinkRefusedError("link.refused.declined") from None
        holder = await self._accounts.holder(profile.account_id)
        if holder not in (None, member_id):
            raise UserError("error.spotify_taken")
        before = await self._accounts.login(member_id)
        if before is not None and before.account_id != profile.account_id:
            await self.unlink(member_id)  # what came through the other account goes with it
        await self._tokens.keep(member_id, profile, tokens)
        login = await self._accounts.login(member_id)
        if login is None:
            raise LinkRefusedError
        log.info("member %d linked a Spotify account", member_id)
        return login

    def _verifier(self, request: LinkRequest) -> str:
        try:
            return self._vault.open(request.verifier, purpose=VERIFIER, member_id=request.member_id)
        except SealBrokenError:
            raise LinkRefusedError from None

    def _consent_url(self, verifier: str, state: str) -> str:
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        return self._auth.consent_url(
            redirect_uri=self.redirect_uri,
            state=state,
            challenge=challenge.decode().rstrip("="),
        )


def secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(value: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


def form_token(browser: str, id_hash: str) -> str:
    """Return the token of a browser's form: only who has the cookie can know it."""
    return hmac.new(browser.encode(), f"form {id_hash}".encode(), hashlib.sha256).hexdigest()
