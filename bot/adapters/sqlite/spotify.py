"""Linked Spotify accounts; tokens arrive here sealed and leave sealed."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.rows import ensure_member
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import MemberId
from bot.domain.listening import Source
from bot.domain.spotify import LoginState, Seats, SpotifyLogin, SpotifyProfile, Tokens
from bot.errors import UserError

_SOURCE: Final = Source.SPOTIFY_API.value
_LOGINS: Final = (
    "SELECT l.member_id, l.account, g.name, g.scopes, g.consented_at, g.state, g.reminded_day, "
    "CASE g.state WHEN 'relink' THEN g.expires_at END "
    "FROM links AS l JOIN spotify_logins AS g ON g.member_id = l.member_id "
    "WHERE l.source_id = (SELECT id FROM sources WHERE name = ?1) "
)


class SqliteSpotifyStore:
    """Implements `SpotifyStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def login(self, member_id: MemberId) -> SpotifyLogin | None:
        """Return a member's account."""
        found = await self._readers.run(_load, "AND l.member_id = ?2", (member_id,))
        return found[0] if found else None

    async def logins(self) -> Sequence[SpotifyLogin]:
        """Return every account, longest linked first."""
        return await self._readers.run(_load, "ORDER BY l.linked_at, l.member_id", ())

    async def seats(self, *, total: int) -> Seats:
        """Return how many places are taken."""
        return Seats(used=len(await self.logins()), total=total)

    async def holder(self, account_id: str) -> MemberId | None:
        """Return whose account it is."""
        found = await self._readers.run(_load, "AND l.account = ?2", (account_id,))
        return found[0].member_id if found else None

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
        """Store a new grant with its sealed tokens; return whether another account stood before."""
        return await self._writer.run(
            _save, member_id, profile, access, refresh, tokens, to_ms(at), seats
        )

    async def sealed_tokens(self, member_id: MemberId) -> tuple[str, str, datetime] | None:
        """Return sealed access token, sealed refresh token and expiry; None when not linked."""
        return await self._readers.run(_sealed, member_id)

    async def save_tokens(
        self, member_id: MemberId, *, access: str, refresh: str, expires_at: datetime
    ) -> None:
        """Replace the sealed tokens; nothing happens when the account was unlinked meanwhile."""
        await self._writer.run(_save_tokens, member_id, access, refresh, to_ms(expires_at))

    async def end_login(self, member_id: MemberId, *, at: datetime) -> bool:
        """Drop the tokens because the grant is over; return whether it stood until now."""
        return await self._writer.run(_end, member_id, to_ms(at))

    async def remind(self, member_id: MemberId, *, day: int) -> bool:
        """Record that a reminder was due; return whether it is the first for that day."""
        return await self._writer.run(_remind, member_id, day)

    async def all_sealed(self) -> Sequence[tuple[MemberId, str, str]]:
        """Return member, sealed access and sealed refresh token of every standing grant."""
        return await self._readers.run(_all_sealed)

    async def reseal(self, rows: Sequence[tuple[MemberId, str, str, str]]) -> int:
        """Replace sealed tokens that are still the old ones; return how many.

        Rows are member, old refresh token, new access token, new refresh token. Attempts to link
        that are under way become void: their verifiers are sealed with the old key.
        """
        return await self._writer.run(_reseal, rows)


def _load(raw: sqlite3.Connection, condition: str, args: tuple[Any, ...]) -> list[SpotifyLogin]:
    return [
        SpotifyLogin(
            member_id=MemberId(row[0]),
            account_id=row[1],
            name=row[2],
            scopes=frozenset(row[3].split()),
            consented_at=from_ms(row[4]),
            state=LoginState(row[5]),
            reminded_day=row[6],
            ended_at=from_ms(row[7]),
        )
        for row in raw.execute(_LOGINS + condition, (_SOURCE, *args))
    ]


def _save(
    raw: sqlite3.Connection,
    member_id: MemberId,
    profile: SpotifyProfile,
    access: str,
    refresh: str,
    tokens: Tokens,
    at: int,
    seats: int,
) -> bool:
    others = [one for one in _load(raw, "", ()) if one.member_id != member_id]
    if any(one.account_id == profile.account_id for one in others):
        raise UserError("error.spotify_taken")
    if len(others) >= seats:
        raise UserError("error.spotify_full", used=len(others), total=seats)
    ensure_member(raw, member_id)
    before = _load(raw, "AND l.member_id = ?2", (member_id,))
    raw.execute(
        "INSERT OR REPLACE INTO links (member_id, source_id, account, linked_at) "
        "SELECT ?, id, ?, ? FROM sources WHERE name = ?",
        (member_id, profile.account_id, at, _SOURCE),
    )
    raw.execute(
        "INSERT OR REPLACE INTO spotify_logins (member_id, name, scopes, access_token, "
        "refresh_token, expires_at, consented_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'linked')",
        (
            member_id,
            profile.name,
            " ".join(sorted(tokens.scopes)),
            access,
            refresh,
            to_ms(tokens.expires_at),
            at,
        ),
    )
    return bool(before) and before[0].account_id != profile.account_id


def _sealed(raw: sqlite3.Connection, member_id: MemberId) -> tuple[str, str, datetime] | None:
    row = raw.execute(
        "SELECT access_token, refresh_token, expires_at FROM spotify_logins "
        "WHERE member_id = ? AND state = 'linked'",
        (member_id,),
    ).fetchone()
    return None if row is None else (row[0], row[1], from_ms(row[2]))


def _save_tokens(
    raw: sqlite3.Connection, member_id: MemberId, access: str, refresh: str, expires_at: int
) -> None:
    raw.execute(
        "UPDATE spotify_logins SET access_token = ?, refresh_token = ?, expires_at = ? "
        "WHERE member_id = ? AND state = 'linked'",
        (access, refresh, expires_at, member_id),
    )


def _end(raw: sqlite3.Connection, member_id: MemberId, at: int) -> bool:
    """End a grant; from then on `expires_at` is when it ended."""
    done = raw.execute(
        "UPDATE spotify_logins SET state = 'relink', access_token = NULL, refresh_token = NULL, "
        "expires_at = ? WHERE member_id = ? AND state = 'linked'",
        (at, member_id),
    )
    return done.rowcount == 1


def _remind(raw: sqlite3.Connection, member_id: MemberId, day: int) -> bool:
    done = raw.execute(
        "UPDATE spotify_logins SET reminded_day = ? WHERE member_id = ? AND reminded_day < ?",
        (day, member_id, day),
    )
    return done.rowcount == 1


def _all_sealed(raw: sqlite3.Connection) -> list[tuple[MemberId, str, str]]:
    rows = raw.execute(
        "SELECT member_id, access_token, refresh_token FROM spotify_logins WHERE state = 'linked'"
    )
    return [(MemberId(member_id), access, refresh) for member_id, access, refresh in rows]


def _reseal(raw: sqlite3.Connection, rows: Sequence[tuple[MemberId, str, str, str]]) -> int:
    raw.execute("DELETE FROM link_requests")
    return sum(
        raw.execute(
            "UPDATE spotify_logins SET access_token = ?, refresh_token = ? "
            "WHERE member_id = ? AND refresh_token = ?",
            (access, refresh, member_id, old),
        ).rowcount
        for member_id, old, access, refresh in rows
    )
