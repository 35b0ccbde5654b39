"""Spotify accounts joined to members, and what is read from and written to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.ids import MemberId, TrackId
from bot.domain.listening import FetchedListen

CONSENT_DAYS = 180
"""Spotify ends a grant about six months after the member's consent, whatever is done with it."""
REMINDER_DAYS = (150, 170, 179)
READING = (
    "user-read-recently-played",
    "user-top-read",
    "user-library-read",
    "playlist-read-private",
    "user-follow-read",
)
WRITING = (
    "playlist-modify-private",
    "ugc-image-upload",
    "user-library-modify",
    "user-modify-playback-state",
)
SCOPES = (*READING, *WRITING)


class ListensUse(StrEnum):
    """What listens that came through the Web API are used for (decision D4)."""

    STORE = "store"
    PROFILE = "profile"
    TRAIN = "train"


class LoginState(StrEnum):
    """Whether a grant works, or the member has to consent again."""

    LINKED = "linked"
    RELINK = "relink"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Spotify handed out; never shown, not even by `repr`."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class SpotifyProfile:
    """Who a token belongs to."""

    account_id: str
    name: str


@dataclass(frozen=True, slots=True)
class SpotifyLogin:
    """A member's Spotify account."""

    member_id: MemberId
    account_id: str
    name: str
    scopes: frozenset[str]
    consented_at: datetime
    state: LoginState
    reminded_day: int
    ended_at: datetime | None = None
    """When Spotify said that the grant is over."""

    def ends_at(self) -> datetime:
        """Return when Spotify ends the grant."""
        return self.consented_at + timedelta(days=CONSENT_DAYS)


@dataclass(frozen=True, slots=True)
class Seats:
    """How many of the application's places for Spotify users are taken."""

    used: int
    total: int

    @property
    def full(self) -> bool:
        """Whether nobody else can link."""
        return self.used >= self.total


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """One attempt to link; only hashes of its secrets are stored."""

    id_hash: str
    member_id: MemberId
    name: str
    """The member's name in Discord, for the confirmation page."""
    expires_at: datetime
    verifier: str = field(repr=False)
    """The PKCE verifier, sealed."""
    browser_hash: str | None = None
    identified: bool = False
    csrf_hash: str | None = None


@dataclass(frozen=True, slots=True)
class SyncState:
    """How far reading one account is; `heard_until` is the newest play seen."""

    member_id: MemberId
    next_at: datetime
    pause_s: int
    heard_until: datetime | None = None
    polled_at: datetime | None = None
    tops_at: datetime | None = None
    saved_at: datetime | None = None
    playlists_at: datetime | None = None
    error_key: str | None = None
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GateState:
    """Until when nothing may be sent to Spotify, and how often in a row it said so."""

    closed_until: datetime | None = None
    strikes: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plays:
    """Recently played tracks, newest first; `oldest` and `newest` are times of the answer's ends."""

    listens: tuple[FetchedListen, ...]
    oldest: datetime | None
    newest: datetime | None
    passed_over: int
    """Items without a usable track: podcasts, nulls, local files without a name."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One page of tracks or artists as listens, and where the next page begins."""

    listens: tuple[FetchedListen, ...]
    next_offset: int | None
    passed_over: int = 0


@dataclass(frozen=True, slots=True)
class PlaylistInfo:
    """A playlist of a member's account."""

    id: str
    name: str
    owned: bool
    description: str
    snapshot_id: str
    url: str


@dataclass(frozen=True, slots=True)
class FoundTrack:
    """A search result, by its names, for comparing."""

    id: str
    title: str
    artists: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Which Spotify track one of ours is; None when it was looked for in vain."""

    spotify_id: str | None
    looked_up_at: datetime


@dataclass(frozen=True, slots=True)
class PlaylistRecord:
    """A playlist that was, or is about to be, written for a member."""

    id: int
    member_id: MemberId
    purpose: str
    name: str
    marker: str
    playlist_id: str | None
    snapshot_id: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """What a playlist holds now; `skipped` are titles Spotify doesn't have, with the reason's key."""

    url: str
    placed: int
    wanted: int
    skipped: tuple[tuple[str, str], ...]
    created: bool


Matches = Mapping[TrackId, Match]
