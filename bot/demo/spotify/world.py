"""What the stand-in for Spotify knows: accounts, tracks, playlists, grants, and what was asked."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.stand_ins import AT_SPOTIFY

TOKEN_S = 3600
GRANT_DAYS = 180
RANGES = ("short_term", "medium_term", "long_term")


@dataclass(frozen=True, slots=True)
class SpotifyTrack:
    """A track as the Web API shows it."""

    title: str
    artist: str
    duration_ms: int = 200_000
    id: str = ""

    def body(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "type": "track",
            "id": self.id,
            "uri": f"spotify:track:{self.id}",
            "name": self.title,
            "artists": [
                {"type": "artist", "id": id_of("artist", self.artist), "name": self.artist}
            ],
            "duration_ms": self.duration_ms,
            "external_ids": {"isrc": f"XX{id_of('isrc', self.id)[:10].upper()}"},
            "external_urls": {"spotify": f"https://open.spotify.com/track/{self.id}"},
            "is_local": False,
        }


@dataclass(slots=True)
class Playlist:
    """A playlist; every change gives it a new snapshot."""

    id: str
    owner: str
    name: str
    description: str
    public: bool = False
    uris: list[str] = field(default_factory=list)
    changes: int = 0
    cover: bytes | None = None

    @property
    def snapshot(self) -> str:
        """The version of its items."""
        return id_of("snapshot", f"{self.id}{self.changes}")


@dataclass(slots=True)
class Account:
    """Somebody with a Spotify account."""

    name: str
    id: str
    account_id: str
    allowlisted: bool = True
    premium: bool = True
    device: bool = True
    plays: list[tuple[datetime, SpotifyTrack]] = field(default_factory=list)
    saved: list[tuple[datetime, SpotifyTrack]] = field(default_factory=list)
    top_tracks: dict[str, list[SpotifyTrack]] = field(default_factory=dict)
    top_artists: dict[str, list[str]] = field(default_factory=dict)
    followed: list[str] = field(default_factory=list)
    library: list[str] = field(default_factory=list)
    queue: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Grant:
    """What one consent allows."""

    account: Account
    scopes: frozenset[str]
    given_at: datetime
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A code on its way back to the application."""

    grant: Grant
    challenge: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that the stand-in got."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    account: str | None = None


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class World:
    """All of it."""

    client_id: str = "stand-in-client"
    now: Callable[[], datetime] = _now
    accounts: dict[str, Account] = field(default_factory=dict)
    tracks: dict[str, SpotifyTrack] = field(default_factory=dict)
    playlists: dict[str, Playlist] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    owner_premium: bool = True
    rotates: bool = False
    redirect_uris: set[str] = field(default_factory=set)
    """Addresses that the application registered; empty means any."""

    def add_account(self, name: str, **details: Any) -> Account:
        """Add somebody."""
        account = Account(
            name=name, id=id_of("user", name), account_id=id_of("account", name), **details
        )
        self.accounts[account.id] = account
        return account

    def track(self, title: str, artist: str, duration_ms: int = 200_000) -> SpotifyTrack:
        """Return the track of that name, added if it is new."""
        id_ = id_of("track", f"{artist}\n{title}")
        return self.tracks.setdefault(id_, SpotifyTrack(title, artist, duration_ms, id_))

    def grant(self, account: Account, scopes: frozenset[str]) -> Grant:
        """Return a consent given just now."""
        return Grant(account, scopes, self.now())

    def approve(
        self, account: Account, *, scopes: frozenset[str], challenge: str, redirect_uri: str
    ) -> str:
        """Return a code for the application."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(self.grant(account, scopes), challenge, redirect_uri)
        return code

    def exchange(self, code: str, verifier: str, redirect_uri: str) -> dict[str, Any] | None:
        """Return tokens for a code, None when anything about it is wrong; a code works once."""
        found = self.codes.pop(code, None)
        if found is None or found.redirect_uri != redirect_uri:
            return None
        digest = hashlib.sha256(verifier.encode()).digest()
        if urlsafe_b64encode(digest).decode().rstrip("=") != found.challenge:
            return None
        return self.hand_out(found.grant, refresh=self._new_refresh(found.grant))

    def renew(self, refresh: str) -> dict[str, Any] | None:
        """Return a new access token, None when the grant is over."""
        grant = self.refresh.get(refresh)
        over = grant is not None and self.now() >= grant.given_at + timedelta(days=GRANT_DAYS)
        if grant is None or grant.revoked or over:
            return None
        if not self.rotates:
            return self.hand_out(grant, refresh=None)
        del self.refresh[refresh]
        return self.hand_out(grant, refresh=self._new_refresh(grant))

    def hand_out(self, grant: Grant, *, refresh: str | None) -> dict[str, Any]:
        """Return the token answer."""
        token = secrets.token_urlsafe(40)
        self.access[token] = (grant, self.now() + timedelta(seconds=TOKEN_S))
        answer: dict[str, Any] = {
            "access_token": token,
            "token_type": "Bearer",
            "scope": " ".join(sorted(grant.scopes)),
            "expires_in": TOKEN_S,
        }
        if refresh is not None:
            answer["refresh_token"] = refresh
        return answer

    def _new_refresh(self, grant: Grant) -> str:
        token = secrets.token_urlsafe(60)
        self.refresh[token] = grant
        return token

    def revoke(self, account: Account) -> None:
        """Take the application's access away, as on Spotify's own page."""
        for grant in self.refresh.values():
            if grant.account is account:
                grant.revoked = True
        self.access = {t: (g, at) for t, (g, at) in self.access.items() if g.account is not account}

    def holder(self, token: str) -> Grant | None:
        """Return whose access token it is, None when it is over or unknown."""
        found = self.access.get(token)
        return found[0] if found and found[1] > self.now() else None


def id_of(kind: str, name: str) -> str:
    """Return an id of 22 letters and digits, always the same for the same name, and no real one."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = int.from_bytes(hashlib.sha256(f"{kind}\n{name}".encode()).digest(), "big")
    letters = [AT_SPOTIFY]
    for _ in range(22 - len(AT_SPOTIFY)):
        number, place = divmod(number, 62)
        letters.append(digits[place])
    return "".join(letters)
