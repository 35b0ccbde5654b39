"""Access tokens: one refresh at a time per member, sealed at rest, gone when the grant is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

from bot.domain.ids import MemberId
from bot.domain.spotify import SpotifyProfile, Tokens
from bot.errors import AccessRefusedError, LinkExpiredError, SealBrokenError, UserError
from bot.ports import Clock
from bot.ports.linking import SpotifyAuth, SpotifyStore, Vault

T = TypeVar("T")

log = logging.getLogger(__name__)

ACCESS: Final = "spotify.access"
REFRESH: Final = "spotify.refresh"
VERIFIER: Final = "spotify.verifier"
EARLY: Final = timedelta(seconds=90)
"""A token is renewed this long before its end: a call takes up to 15 s, clocks differ."""
SERVICE: Final = "Spotify"

Ended = Callable[[MemberId], Awaitable[None]]


class SpotifyTokens:
    """Hands out access tokens that work, or says that the member has to link again."""

    def __init__(
        self, *, store: SpotifyStore, vault: Vault, auth: SpotifyAuth, clock: Clock, seats: int
    ) -> None:
        self._store = store
        self._vault = vault
        self._auth = auth
        self._clock = clock
        self._seats = seats
        self._locks: dict[MemberId, asyncio.Lock] = {}
        self._ended: Ended | None = None

    def on_end(self, tell: Ended) -> None:
        """Set who tells a member, once, that their grant is over."""
        self._ended = tell

    async def call(self, member_id: MemberId, ask: Callable[[str], Awaitable[T]]) -> T:
        """Make a call with a member's token; a token that is refused is renewed once.

        Raises
        ------
        UserError
            `error.spotify_not_linked` when there is no account.
        LinkExpiredError
            When the member has to consent again.
        """
        token = await self.access(member_id)
        try:
            return await ask(token)
        except AccessRefusedError:
            fresh = await self.access(member_id, refused=token)
            try:
                return await ask(fresh)
            except AccessRefusedError as error:
                await self._end(member_id)
                raise LinkExpiredError(SERVICE) from error

    async def access(self, member_id: MemberId, *, refused: str | None = None) -> str:
        """Return a token that is good for a while, other than the one that was `refused`."""
        async with self._locks.setdefault(member_id, asyncio.Lock()):
            sealed = await self._store.sealed_tokens(member_id)
            if sealed is None:
                if await self._store.login(member_id) is None:
                    raise UserError("error.spotify_not_linked")
                raise LinkExpiredError(SERVICE)
            access, refresh, expires_at = sealed
            try:
                token = self._vault.open(access, purpose=ACCESS, member_id=member_id)
                if token != refused and expires_at > self._clock.now() + EARLY:
                    return token
                renewing = self._vault.open(refresh, purpose=REFRESH, member_id=member_id)
            except SealBrokenError:
                log.error("tokens of member %d can't be opened; they have to link again", member_id)  # noqa: TRY400  # says all there is
                await self._end(member_id)
                raise LinkExpiredError(SERVICE) from None
            return await self._renew(member_id, renewing)

    async def _renew(self, member_id: MemberId, refresh: str) -> str:
        try:
            tokens = await self._auth.refresh(refresh)
        except LinkExpiredError:
            await self._end(member_id)
            raise
        # A kill right here loses a rotated token: the next refresh is then refused, and the member
        # asked once to link again.
        await self._store.save_tokens(
            member_id,
            access=self._vault.seal(tokens.access, purpose=ACCESS, member_id=member_id),
            refresh=self._vault.seal(tokens.refresh, purpose=REFRESH, member_id=member_id),
            expires_at=tokens.expires_at,
        )
        return tokens.access

    async def keep(self, member_id: MemberId, profile: SpotifyProfile, tokens: Tokens) -> bool:
        """Store a new grant; return whether another account of this member stood before."""
        async with self._locks.setdefault(member_id, asyncio.Lock()):
            return await self._store.save_login(
                member_id,
                profile,
                access=self._vault.seal(tokens.access, purpose=ACCESS, member_id=member_id),
                refresh=self._vault.seal(tokens.refresh, purpose=REFRESH, member_id=member_id),
                tokens=tokens,
                at=self._clock.now(),
                seats=self._seats,
            )

    async def _end(self, member_id: MemberId) -> None:
        if await self._store.end_login(member_id, at=self._clock.now()) and self._ended is not None:
            await self._ended(member_id)
