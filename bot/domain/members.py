"""People and servers: consent, settings, erasure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.ids import GuildId, MemberId
from bot.domain.music import LinkService

CONSENT_VERSION = 1
"""Raised when what is stored changes; an older consent is then asked for again."""
DEFAULT_ADVENTURE = 4


@dataclass(frozen=True, slots=True)
class Consent:
    """When a member agreed to which version of the privacy text."""

    version: int
    given_at: datetime


@dataclass(frozen=True, slots=True)
class MemberSettings:
    """What a member chose; the defaults hold for everybody else."""

    private: bool = False
    adventure: int = DEFAULT_ADVENTURE
    link_service: LinkService = LinkService.YOUTUBE
    explicit: bool = True
    notices: bool = True


@dataclass(frozen=True, slots=True)
class GuildInfo:
    """A server the bot is, or was, in."""

    id: GuildId
    joined_at: datetime
    removed_at: datetime | None
    greeted: bool


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What `/forget-me` removed, by kind of row."""

    member_id: MemberId
    removed: Mapping[str, int]
    files: int
    bytes_left_in_log: int
    """Bytes of the write-ahead log after the checkpoint; 0 when nothing can be recovered."""
