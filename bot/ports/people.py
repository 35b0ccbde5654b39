"""Members and servers, and what the bot notes about itself."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.domain.ids import (
    GuildId,
    MemberId,
)
from bot.domain.members import Consent, ErasureReport, GuildInfo, MemberSettings


class MemberStore(Protocol):
    """People: consent, settings, export, erasure."""

    async def consent(self, member_id: MemberId) -> Consent | None:
        """Return the standing consent."""
        ...

    async def agree(self, member_id: MemberId, *, version: int, at: datetime) -> None:
        """Record consent; agreeing again to the same version keeps the first date."""
        ...

    async def settings(self, member_id: MemberId) -> MemberSettings:
        """Return a member's settings, the defaults for an unknown member."""
        ...

    async def save_settings(self, member_id: MemberId, settings: MemberSettings) -> None:
        """Store all settings of a member."""
        ...

    async def all_settings(self) -> Mapping[MemberId, MemberSettings]:
        """Return every stored setting: the in-memory copy is filled from it at start."""
        ...

    async def export(self, member_id: MemberId) -> Mapping[str, Any]:
        """Return everything stored about a member as JSON-ready values, ids as strings."""
        ...

    async def erase(self, member_id: MemberId, *, at: datetime) -> ErasureReport:
        """Delete a member from every table and file, write the ledger, empty the log.

        Readers are paused and the checkpoint retried until no byte is left. Answers of others,
        and the shared catalogue, stay. The next refit must be published (see `ModelStore`).
        """
        ...


class GuildStore(Protocol):
    """Servers."""

    async def joined(self, guild_id: GuildId, *, at: datetime) -> GuildInfo:
        """Record that the bot is in a server; clears an earlier removal."""
        ...

    async def mark_greeted(self, guild_id: GuildId) -> None:
        """Record that the one greeting was sent."""
        ...

    async def removed(self, guild_id: GuildId, *, at: datetime) -> None:
        """Record that the bot was removed; the purge is due 30 days later."""
        ...

    async def present(self) -> Collection[GuildId]:
        """Return the servers on record that the bot was not removed from."""
        ...

    async def due_for_purge(self, *, removed_before: datetime) -> Sequence[GuildId]:
        """Return servers removed before an instant that still have data."""
        ...

    async def purge(self, guild_id: GuildId) -> int:
        """Delete a server's own data (shown history, blends, settings); return the rows.

        Verdicts belong to the person: the items they rest on stay, cut loose from the server.
        """
        ...


class MetaStore(Protocol):
    """A few named texts about the installation itself, such as the hash of the synced commands."""

    async def get(self, key: str) -> str | None:
        """Return a value, None when there is none."""
        ...

    async def set(self, key: str, value: str) -> None:
        """Store a value."""
        ...
