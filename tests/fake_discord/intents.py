"""Which intent lets an event through."""

from __future__ import annotations

import enum


class Intent(enum.IntFlag):
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15


NONE = Intent(0)
PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
_LIMITED_FLAGS = {
    Intent.GUILD_PRESENCES: 1 << 13,
    Intent.GUILD_MEMBERS: 1 << 15,
    Intent.MESSAGE_CONTENT: 1 << 19,
}
KNOWN_BITS = (1 << 26) - 1

_BY_PREFIX = (
    # prefix, intent in a guild, intent in direct messages; the first match counts
    ("MESSAGE_REACTION_", Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS),
    ("MESSAGE_", Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES),
    ("GUILD_MEMBER_", Intent.GUILD_MEMBERS, NONE),
    ("GUILD_", Intent.GUILDS, NONE),
    ("CHANNEL_", Intent.GUILDS, NONE),
    ("PRESENCE_", Intent.GUILD_PRESENCES, NONE),
)


def intent_for(event: str, *, in_guild: bool) -> Intent:
    """Return the intent this event needs; `NONE` for events that always arrive."""
    for prefix, guild, direct in _BY_PREFIX:
        if event.startswith(prefix):
            return guild if in_guild else direct
    return NONE


def application_flags(privileged: Intent) -> int:
    """Return the flags that tell which privileged intents a small application switched on."""
    return sum(flag for intent, flag in _LIMITED_FLAGS.items() if intent in privileged)
