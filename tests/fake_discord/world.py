"""The state behind the API: users, guilds, channels, messages and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_discord.errors import (
    ApiError,
    NotPossibleError,
    missing_access,
    missing_permissions,
    unknown_channel,
    unknown_message,
    unknown_user,
)
from tests.fake_discord.model import (
    ORDINARY,
    Attachment,
    Channel,
    Guild,
    Member,
    Message,
    MessageFlag,
    Permission,
    User,
)
from tests.fake_discord.rules.messages import check_message

if TYPE_CHECKING:
    from tests.fake_discord.clock import Clock, Snowflakes

MAX_FILE_BYTES = 10 * 1024 * 1024


class World:
    """Plain state; whoever changes it also tells the gateway."""

    def __init__(self, clock: Clock, snowflakes: Snowflakes) -> None:
        self._clock = clock
        self._snowflakes = snowflakes
        self.me = User(snowflakes.next(), "auxcord", bot=True)
        self.owner = User(snowflakes.next(), "owner")
        self.users: dict[int, User] = {self.me.id: self.me, self.owner.id: self.owner}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.files: dict[int, Attachment] = {}
        self.base_url = ""

    def add_user(self, name: str, **properties: Any) -> User:
        user = User(properties.pop("id", None) or self._snowflakes.next(), name, **properties)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, *, id: int | None, owner: User, **properties: Any) -> Guild:
        guild = Guild(id or self._snowflakes.next_guild(), name, owner, **properties)
        self.guilds[guild.id] = guild
        everything = ORDINARY | Permission.ADMINISTRATOR | Permission.MANAGE_GUILD
        guild.members[owner.id] = Member(owner, guild, everything)
        return guild

    def add_channel(self, guild: Guild, name: str, denied: Permission) -> Channel:
        channel = Channel(self._snowflakes.next(), name, guild=guild, denied=denied)
        guild.channels.append(channel)
        self.channels[channel.id] = channel
        return channel

    def dm(self, user: User) -> Channel:
        """Return the direct messages of this user and the bot; opened when first asked for."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(self._snowflakes.next(), f"DM {user.name}", recipient=user)
        self.channels[channel.id] = channel
        return channel

    def add_file(
        self, filename: str, data: bytes, content_type: str, description: str | None = None
    ) -> Attachment:
        number = self._snowflakes.next()
        url = f"{self.base_url}/attachments/{number}/{filename}"
        file = self.files[number] = Attachment(
            number, filename, data, url, content_type=content_type, description=description
        )
        return file

    def my_member(self, guild: Guild) -> Member:
        return Member(self.me, guild, guild.bot_permissions)

    # What the bot may reach.

    def user(self, user_id: int) -> User:
        try:
            return self.users[user_id]
        except KeyError:
            raise unknown_user() from None

    def channel_for_bot(self, channel_id: int, needed: Permission) -> Channel:
        """Look up a channel as the bot's token sees it, refusing as Discord does."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise unknown_channel()
        if Permission.VIEW_CHANNEL not in channel.bot_permissions:
            raise missing_access()
        if needed & ~channel.bot_permissions:
            raise missing_permissions()
        if (
            channel.recipient
            and not channel.recipient.accepts_dms
            and Permission.SEND_MESSAGES & needed
        ):
            raise ApiError(403, 50007, "Cannot send messages to this user")
        return channel

    def message_for_bot(self, channel: Channel, message_id: int) -> Message:
        """Look up a message on the channel routes, where ephemeral ones do not exist."""
        message = channel.messages.get(message_id)
        if message is None or message.ephemeral:
            raise unknown_message()
        return message

    def require_sees(self, user: User, channel: Channel, message: Message | None = None) -> None:
        """Refuse a person's action on what that person cannot see."""
        if channel.guild is not None and user.id not in channel.guild.members:
            raise NotPossibleError(f"{user.name} is no member of {channel.guild.name!r}")
        if channel.guild is None and channel.recipient is not user:
            raise NotPossibleError(f"{user.name} cannot see {channel.name!r}")
        if message is None:
            return
        if message.deleted:
            raise NotPossibleError("the message was deleted")
        if message.ephemeral and message.visible_to is not user:
            raise NotPossibleError(f"{user.name} cannot see this ephemeral message")

    # Writing.

    def blank_message(self, channel: Channel, author: User, **properties: Any) -> Message:
        """Prepare a message that is not in the channel yet."""
        return Message(
            self._snowflakes.next(),
            channel=channel,
            author=author,
            created_at=self._clock.utcnow(),
            **properties,
        )

    def write(
        self,
        message: Message,
        payload: dict[str, Any],
        uploads: dict[int, tuple[str, bytes, str]],
        *,
        edit: bool,
    ) -> None:
        """Apply a create or edit payload, all of it or nothing, and put the message in its channel."""
        settable = MessageFlag.COMPONENTS_V2 if edit else ~MessageFlag.LOADING
        flags = message.flags | (MessageFlag(payload.get("flags") or 0) & settable)
        if message.loading:
            flags &= ~MessageFlag.LOADING
        content = message.content
        if "content" in payload:
            content = payload["content"] or ""
        embeds = message.embeds if "embeds" not in payload else payload["embeds"] or []
        components = (
            message.components if "components" not in payload else payload["components"] or []
        )
        attachments = self._attachments(message, payload, uploads)
        check_message(
            content=content,
            embeds=embeds,
            components=components,
            flags=flags,
            files=[each.filename for each in attachments],
            payload=payload,
        )
        message.content, message.embeds, message.components = content, embeds, components
        message.attachments, message.flags = attachments, flags
        message.versions.append(message.text)
        if edit:
            message.edited_at = self._clock.utcnow()
        message.channel.messages[message.id] = message

    def _attachments(
        self,
        message: Message,
        payload: dict[str, Any],
        uploads: dict[int, tuple[str, bytes, str]],
    ) -> list[Attachment]:
        if any(len(data) > MAX_FILE_BYTES for _, data, _ in uploads.values()):
            raise ApiError(413, 40005, "Request entity too large")
        listed = payload.get("attachments")
        if listed is None:
            kept = list(message.attachments)
            listed = []
        else:
            wanted = {int(each["id"]) for each in listed}
            kept = [each for each in message.attachments if each.id in wanted]
        descriptions = {int(each["id"]): each.get("description") for each in listed}
        return kept + [
            self.add_file(name, data, content_type, descriptions.get(index))
            for index, (name, data, content_type) in sorted(uploads.items())
        ]

    def delete(self, message: Message) -> None:
        message.deleted = True
        message.channel.messages.pop(message.id, None)
