"""Who and what exists in the fake Discord."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fake_discord import components as parts

if TYPE_CHECKING:
    import datetime


class Permission(enum.IntFlag):
    """The permission bits that the fake looks at."""

    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    USE_APPLICATION_COMMANDS = 1 << 31


ORDINARY = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
)


class MessageFlag(enum.IntFlag):
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    COMPONENTS_V2 = 1 << 15


@dataclass(eq=False)
class User:
    """An account. `accepts_dms=False` gives 50007, `has_installed` is a user install of the app."""

    id: int
    name: str
    bot: bool = False
    accepts_dms: bool = True
    has_installed: bool = False
    locale: str = "en-US"


@dataclass(eq=False)
class Member:
    user: User
    guild: Guild
    permissions: Permission = ORDINARY
    nick: str | None = None


@dataclass(eq=False)
class Guild:
    """A server; with `bot_present=False` the bot is reached there by user installs only."""

    id: int
    name: str
    owner: User
    bot_present: bool = True
    bot_permissions: Permission = ORDINARY
    members: dict[int, Member] = field(default_factory=dict)
    channels: list[Channel] = field(default_factory=list)


@dataclass(eq=False)
class Channel:
    """A text channel of a guild, or the direct messages between one user and the bot."""

    id: int
    name: str
    guild: Guild | None = None
    recipient: User | None = None
    denied: Permission = field(default_factory=lambda: Permission(0))
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def is_dm(self) -> bool:
        return self.guild is None

    @property
    def guild_id(self) -> int | None:
        return None if self.guild is None else self.guild.id

    @property
    def bot_permissions(self) -> Permission:
        if self.guild is None:
            return ORDINARY
        if not self.guild.bot_present:
            return Permission(0)
        return self.guild.bot_permissions & ~self.denied

    @property
    def visible_messages(self) -> list[Message]:
        """What the channel shows to everyone, oldest first."""
        return [message for message in self.messages.values() if not message.ephemeral]


@dataclass(eq=False)
class Attachment:
    """A file on the fake's own attachment route."""

    id: int
    filename: str
    data: bytes
    url: str
    content_type: str = "application/octet-stream"
    description: str | None = None


@dataclass(eq=False)
class Message:
    """A message as it stands now; it changes in place when the bot edits it."""

    id: int
    channel: Channel
    author: User
    created_at: datetime.datetime
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: MessageFlag = field(default_factory=lambda: MessageFlag(0))
    reactions: dict[str, list[int]] = field(default_factory=dict)
    """Emoji (`👍`, or `name:id`) to the ids of the users who reacted."""
    visible_to: User | None = None
    """The only reader of an ephemeral message."""
    edited_at: datetime.datetime | None = None
    interaction_metadata: dict[str, Any] | None = None
    versions: list[str] = field(default_factory=list)
    """The text after each write, oldest first."""
    deleted: bool = False

    @property
    def ephemeral(self) -> bool:
        return MessageFlag.EPHEMERAL in self.flags

    @property
    def loading(self) -> bool:
        """Whether people still see "… is thinking"."""
        return MessageFlag.LOADING in self.flags

    @property
    def is_v2(self) -> bool:
        return MessageFlag.COMPONENTS_V2 in self.flags

    @property
    def text(self) -> str:
        """Everything there is to read: content, text displays and embeds."""
        pieces: list[str | None] = [self.content, *parts.texts(self.components)]
        for embed in self.embeds:
            pieces += [embed.get("title"), embed.get("description")]
            pieces += [f"{each['name']}: {each['value']}" for each in embed.get("fields", [])]
            pieces.append(embed.get("footer", {}).get("text"))
        return "\n".join(piece for piece in pieces if piece)

    @property
    def buttons(self) -> list[parts.Button]:
        return parts.buttons(self.components)

    @property
    def selects(self) -> list[parts.Select]:
        return parts.selects(self.components)

    def button(self, which: str) -> parts.Button:
        """Find one by custom id, label, emoji, or a beginning of the custom id that only one has."""
        return parts.pick_button(self.buttons, which)
