"""What the Spotify services need from the world; the general ones are in `bot.ports`.

Everything that goes over the network raises `UpstreamError` or one of its children.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.ids import MemberId, TrackId
from bot.domain.spotify import (
    Fetched,
    FoundTrack,
    GateState,
    LinkRequest,
    Match,
    Matches,
    PlaylistInfo,
    PlaylistRecord,
    Plays,
    Seats,
    SpotifyLogin,
    SpotifyProfile,
    SyncState,
    Tokens,
)


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


class GateStore(Protocol):
    """The gate's memory."""

    async def state(self) -> GateState:
        """Return until when the gate is closed."""
        ...

    async def save(self, state: GateState) -> None:
        """Remember it over a restart."""
        ...

    async def count(self, day: str, operation: str) -> int:
        """Count a call that is about to be made; return the day's calls, this one included."""
        ...

    async def calls(self, day: str) -> int:
        """Return how many calls were made on a day."""
        ...


class SyncStore(Protocol):
    """How far reading each account is."""

    async def state(self, member_id: MemberId) -> SyncState | None:
        """Return one account's state."""
        ...

    async def save(self, state: SyncState) -> None:
        """Store it; nothing happens when the account was unlinked meanwhile."""
        ...

    async def due(self) -> Sequence[SyncState]:
        """Return the states of linked accounts, the next one first."""
        ...


class PlaylistStore(Protocol):
    """Playlists written for members, and which track is which on Spotify."""

    async def intend(
        self,
        member_id: MemberId,
        *,
        purpose: str,
        name: str,
        marker: str,
        at: datetime,
        shared: bool = False,
    ) -> PlaylistRecord:
        """Record what is about to be written; the same purpose gives the same record.

        `shared` says that others than the account's owner asked for it.
        """
        ...

    async def created(self, record_id: int, *, playlist_id: str | None) -> None:
        """Record under which id Spotify keeps it; None when it is gone."""
        ...

    async def written(self, record_id: int, *, snapshot_id: str, at: datetime) -> None:
        """Record that its tracks are placed."""
        ...

    async def matches(self, track_ids: Collection[TrackId], *, since: datetime) -> Matches:
        """Return what is known of tracks, not older than an instant."""
        ...

    async def save_match(self, track_id: TrackId, match: Match) -> None:
        """Remember a search's outcome."""
        ...


class SharedPlaylistStore(Protocol):
    """Playlists that members have on the operator's account."""

    async def admit(
        self, member_id: MemberId, *, at: datetime, since: datetime, of_member: int, in_all: int
    ) -> bool:
        """Note that somebody asks, unless they or all together asked too often since then."""
        ...

    async def holds(self, purpose: str, tastes: Collection[MemberId]) -> None:
        """Note whose taste a playlist is about to hold, besides whose it may hold already."""
        ...

    async def to_empty(self) -> Sequence[tuple[str, MemberId]]:
        """Return playlists that have to be emptied, and whose account they are on."""
        ...

    async def emptied(self, playlist_id: str) -> None:
        """Forget a playlist that is empty or out of reach."""
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


class SpotifyApi(Protocol):
    """The Web API calls that the bot makes; `urgent` ones may use the reserve of the budget.

    Raises
    ------
    RateLimitedError, LinkExpiredError, NotAllowlistedError, PremiumRequiredError, ForbiddenError,
    GoneError, UpstreamError
    """

    async def me(self, token: str) -> SpotifyProfile:
        """Return whose token it is."""
        ...

    async def recently_played(self, token: str, *, urgent: bool = False) -> Plays:
        """Return the newest 50 plays."""
        ...

    async def top_tracks(self, token: str, *, time_range: str, urgent: bool = False) -> Fetched:
        """Return up to 50 most played tracks."""
        ...

    async def top_artists(self, token: str, *, time_range: str, urgent: bool = False) -> Fetched:
        """Return up to 50 most played artists."""
        ...

    async def saved_tracks(self, token: str, *, offset: int = 0, urgent: bool = False) -> Fetched:
        """Return 50 saved tracks, newest first."""
        ...

    async def followed_artists(self, token: str, *, urgent: bool = False) -> Fetched:
        """Return the first 50 artists that somebody follows."""
        ...

    async def playlists(
        self, token: str, *, offset: int = 0, urgent: bool = False
    ) -> tuple[Sequence[PlaylistInfo], int | None]:
        """Return 50 playlists and where the next page begins."""
        ...

    async def playlist_tracks(
        self, token: str, playlist_id: str, *, offset: int = 0, urgent: bool = False
    ) -> Fetched:
        """Return 50 tracks of a playlist."""
        ...

    async def search_tracks(
        self, token: str, *, title: str, artist: str, urgent: bool = False
    ) -> Sequence[FoundTrack]:
        """Return up to ten tracks."""
        ...

    async def create_playlist(self, token: str, *, name: str, description: str) -> PlaylistInfo:
        """Create an unlisted playlist; never repeated by itself."""
        ...

    async def rename_playlist(
        self, token: str, playlist_id: str, *, name: str, description: str
    ) -> None:
        """Change name and description."""
        ...

    async def replace_items(self, token: str, playlist_id: str, uris: Sequence[str]) -> str:
        """Make up to 100 tracks a playlist's only ones; return its snapshot."""
        ...

    async def add_items(
        self, token: str, playlist_id: str, uris: Sequence[str], *, position: int
    ) -> str:
        """Add up to 100 tracks; never repeated by itself."""
        ...

    async def upload_cover(self, token: str, playlist_id: str, jpeg: bytes) -> None:
        """Give a playlist a picture; a refusal of this call alone stops no others."""
        ...

    async def queue(self, token: str, uri: str) -> None:
        """Play a track next on the member's active device."""
        ...

    async def save_track(self, token: str, uri: str) -> None:
        """Put a track into the member's library."""
        ...
