"""What linking accounts needs: who sits there, grants and tokens, where they are kept sealed.

Everything that goes over the network raises `UpstreamError` or one of its children.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.ids import MemberId
from bot.domain.spotify import LinkRequest, Seats, SpotifyLogin, SpotifyProfile, Tokens


class Vault(Protocol):
    """Seals small secrets for one row each."""

    def seal(self, secret: str, *, purpose: str, member_id: MemberId) -> str:
        """Return a secret in a form that only the key, for this purpose and member, opens."""
        ...

    def open(self, sealed: str, *, purpose: str, member_id: MemberId) -> str:
        """Return the secret.

        Raises
        ------
        SealBrokenError
            When no key fits, or the text belongs to another row.
        """
        ...


class SpotifyStore(Protocol):
    """Linked accounts and their sealed tokens."""

    async def login(self, member_id: MemberId) -> SpotifyLogin | None:
        """Return a member's account."""
        ...

    async def logins(self) -> Sequence[SpotifyLogin]:
        """Return every account, longest linked first."""
        ...

    async def seats(self, *, total: int) -> Seats:
        """Return how many places are taken; accounts that wait for a new consent keep theirs."""
        ...

    async def holder(self, account_id: str) -> MemberId | None:
        """Return whose account it is."""
        ...

    async def save_login(
        self,
        member_id: MemberId,
        profile: SpotifyProfile,
        *,
        access: str,
        refresh: str,
        tokens: Tokens,
        at: datetime,
        seats: int,
    ) -> bool:
        """Store a new grant with its sealed tokens, in one transaction.

        Return whether another account of this member stood before: what came through that one has
        to go.

        Raises
        ------
        UserError
            `error.spotify_taken` when somebody else has this account, `error.spotify_full` when
            all seats are taken.
        """
        ...

    async def sealed_tokens(self, member_id: MemberId) -> tuple[str, str, datetime] | None:
        """Return sealed access token, sealed refresh token and expiry; None when not linked."""
        ...

    async def save_tokens(
        self, member_id: MemberId, *, access: str, refresh: str, expires_at: datetime
    ) -> None:
        """Replace the sealed tokens; nothing happens when the account was unlinked meanwhile."""
        ...

    async def end_login(self, member_id: MemberId, *, at: datetime) -> bool:
        """Drop the tokens because the grant is over; return whether it stood until now."""
        ...

    async def remind(self, member_id: MemberId, *, day: int) -> bool:
        """Record that a reminder was due; return whether it is the first for that day."""
        ...


class LinkRequestStore(Protocol):
    """Attempts to link: single use, ten minutes."""

    async def create(self, request: LinkRequest, *, state_hash: str | None, at: datetime) -> None:
        """Store a new attempt; older ones of the member are void from now on."""
        ...

    async def get(self, id_hash: str, *, at: datetime) -> LinkRequest | None:
        """Return an attempt that is neither used nor over."""
        ...

    async def bind_browser(
        self, id_hash: str, *, browser_hash: str, identity_hash: str, at: datetime
    ) -> bool:
        """Tie an attempt to the first browser that opened it; return whether it is this one."""
        ...

    async def identify(
        self, identity_hash: str, *, browser_hash: str, at: datetime
    ) -> LinkRequest | None:
        """Consume the state of the Discord login; None when it is unknown, used or foreign."""
        ...

    async def confirm(self, id_hash: str, *, browser_hash: str, csrf_hash: str) -> bool:
        """Mark an attempt's browser as the member's own and remember its form's token."""
        ...

    async def arm(
        self, id_hash: str, *, browser_hash: str, csrf_hash: str, state_hash: str, at: datetime
    ) -> bool:
        """Give an identified attempt its state for Spotify; the form's token is used up."""
        ...

    async def consume(
        self,
        state_hash: str,
        *,
        at: datetime,
        browser_hash: str | None = None,
        member_id: MemberId | None = None,
    ) -> LinkRequest | None:
        """Use an attempt up by its state, in the browser or by the member that it belongs to."""
        ...

    async def sweep_one(self, id_hash: str) -> None:
        """Delete an attempt: somebody else opened it."""
        ...

    async def sweep(self, *, before: datetime) -> int:
        """Delete attempts that were over before an instant."""
        ...


class SpotifyAuth(Protocol):
    """The accounts service: authorisation with PKCE, exchange, refresh."""

    def consent_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Return where the member consents."""
        ...

    async def exchange(self, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Return the tokens for a code."""
        ...

    async def refresh(self, refresh_token: str) -> Tokens:
        """Return new tokens; the old refresh token where the answer has none.

        Raises
        ------
        LinkExpiredError
            When Spotify says that the grant is over.
        """
        ...


class Identity(Protocol):
    """Who sits in front of a browser, as Discord knows them."""

    def login_url(self, *, redirect_uri: str, state: str) -> str:
        """Return where somebody says who they are."""
        ...

    async def who(self, *, code: str, redirect_uri: str) -> MemberId:
        """Return whose code it is; what Discord handed out for it is dropped at once."""
        ...
