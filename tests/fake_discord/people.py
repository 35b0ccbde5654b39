"""What people do: commands, clicks, forms, reactions and messages."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from tests.fake_discord.commands import Filled, fill_options
from tests.fake_discord.components import BUTTON, PREMIUM_STYLE
from tests.fake_discord.core import Core
from tests.fake_discord.errors import NotPossibleError, NotSeenError
from tests.fake_discord.forms import fill_modal, pick_values
from tests.fake_discord.payloads import channel_json, member_json, message_json, user_json
from tests.fake_discord.record import Kind
from tests.fake_discord.rest.reactions import change_reaction, check_emoji
from tests.fake_discord.world import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.fake_discord.model import Attachment, Channel, Message, User
    from tests.fake_discord.record import Choice, InteractionRecord

    Until = Literal["sent", "acknowledged", "completed"]

PATIENCE_S = 60.0


class People(Core):
    """Each action refuses, with `NotPossibleError`, what a person could not do either."""

    async def slash(
        self,
        user: User,
        channel: Channel,
        command: str,
        options: Mapping[str, Any] | None = None,
        *,
        until: Until = "completed",
        within: float = PATIENCE_S,
    ) -> InteractionRecord:
        """Use a slash command; subcommands are separated by spaces."""
        self.world.require_sees(user, channel)
        filled, path = Filled(channel.guild), command.removeprefix("/").split()
        definition = self.commands.find(path[0], user, channel)
        data = {
            "id": definition["id"],
            "name": path[0],
            "type": 1,
            "options": fill_options(definition, path[1:], options or {}, filled),
        } | filled.extra
        record = self._open(Kind.COMMAND, f"/{' '.join(path)}", user, channel, data)
        return await self._send(record, until=until, within=within)

    async def autocomplete(
        self,
        user: User,
        channel: Channel,
        command: str,
        option: str,
        typed: str,
        options: Mapping[str, Any] | None = None,
        *,
        within: float = PATIENCE_S,
    ) -> list[Choice]:
        """Type into an option and return the suggestions."""
        self.world.require_sees(user, channel)
        filled, path = Filled(channel.guild), command.removeprefix("/").split()
        definition = self.commands.find(path[0], user, channel)
        given = {**(options or {}), option: typed}
        data = {
            "id": definition["id"],
            "name": path[0],
            "type": 1,
            "options": fill_options(definition, path[1:], given, filled, focused=option),
        } | filled.extra
        record = self._open(
            Kind.AUTOCOMPLETE, f"typing {option} of /{command}", user, channel, data
        )
        await self._send(record, until="completed", within=within)
        return record.choices

    async def click(
        self,
        user: User,
        message: Message,
        which: str,
        *,
        until: Until = "completed",
        within: float = PATIENCE_S,
    ) -> InteractionRecord:
        """Click a button, found by custom id, label, emoji or the custom id's beginning."""
        self.world.require_sees(user, message.channel, message)
        button = message.button(which)
        if button.disabled or button.custom_id is None or button.style == PREMIUM_STYLE:
            raise NotPossibleError(f"{which!r} is disabled or a link")
        data = {"custom_id": button.custom_id, "component_type": BUTTON}
        name = f"click {button.custom_id}"
        record = self._open(Kind.COMPONENT, name, user, message.channel, data, source=message)
        return await self._send(record, until=until, within=within)

    async def select(
        self,
        user: User,
        message: Message,
        custom_id: str,
        values: Sequence[Any],
        *,
        until: Until = "completed",
        within: float = PATIENCE_S,
    ) -> InteractionRecord:
        """Choose values of a select: strings, users or channels, as its type wants."""
        self.world.require_sees(user, message.channel, message)
        found = [each for each in message.selects if each.custom_id == custom_id]
        if not found or found[0].disabled:
            there = [each.custom_id for each in message.selects]
            raise NotPossibleError(f"{custom_id!r} cannot be used; the message has {there}")
        select, filled = found[0], Filled(message.channel.guild)
        field = {
            "custom_id": custom_id,
            "type": select.type,
            "min_values": select.min_values,
            "max_values": select.max_values,
            "options": [{"value": value} for value in select.options],
        }
        data = {
            "custom_id": custom_id,
            "component_type": select.type,
            "values": pick_values(field, values, filled),
        } | filled.extra
        name = f"select {custom_id}"
        record = self._open(Kind.COMPONENT, name, user, message.channel, data, source=message)
        return await self._send(record, until=until, within=within)

    async def submit_modal(
        self,
        user: User,
        opened: InteractionRecord,
        values: Mapping[str, Any],
        *,
        until: Until = "completed",
        within: float = PATIENCE_S,
    ) -> InteractionRecord:
        """Fill in and send the form that `opened` showed; fields left out keep their default."""
        if opened.modal is None or opened.user is not user:
            raise NotPossibleError(f"{opened} shows no form to {user.name}")
        filled = Filled(opened.channel.guild)
        data = {
            "custom_id": opened.modal.custom_id,
            "components": fill_modal(opened.modal, values, filled),
        } | filled.extra
        name, source = f"submit {opened.modal.custom_id}", opened.source
        record = self._open(Kind.MODAL, name, user, opened.channel, data, source=source)
        return await self._send(record, until=until, within=within)

    async def react(self, user: User, message: Message, emoji: str, *, burst: bool = False) -> None:
        """Add a reaction; `burst` makes it a super reaction."""
        self._require_reactable(user, message)
        check_emoji(emoji)
        change_reaction(self, message, user, emoji, add=True, burst=burst)

    async def unreact(self, user: User, message: Message, emoji: str) -> None:
        self._require_reactable(user, message)
        if not change_reaction(self, message, user, emoji, add=False):
            raise NotPossibleError(f"{user.name} has no {emoji} on this message")

    async def say(self, user: User, channel: Channel, text: str) -> Message:
        """Write a message."""
        self.world.require_sees(user, channel)
        message = self.world.blank_message(channel, user)
        self.world.write(message, {"content": text}, {}, edit=False)
        self.announce("MESSAGE_CREATE", message)
        return message

    def upload(
        self,
        filename: str,
        data: bytes,
        content_type: str = "application/octet-stream",
        *,
        limit: int = MAX_FILE_BYTES,
    ) -> Attachment:
        """Make a file for an attachment option or a file upload field; Nitro has a higher limit."""
        if len(data) > limit:
            raise NotPossibleError(f"{filename} is larger than {limit} bytes")
        return self.world.add_file(filename, data, content_type)

    def _require_reactable(self, user: User, message: Message) -> None:
        self.world.require_sees(user, message.channel, message)
        if message.ephemeral:
            raise NotPossibleError("nobody can react to an ephemeral message")

    def _open(
        self,
        kind: Kind,
        name: str,
        user: User,
        channel: Channel,
        data: dict[str, Any],
        *,
        source: Message | None = None,
    ) -> InteractionRecord:
        guild = channel.guild
        by_user_only = guild is not None and not guild.bot_present
        record = self.book.open(
            kind=kind,
            name=name,
            user=user,
            channel=channel,
            source=source,
            only_user_installed=by_user_only,
        )
        owners = {} if by_user_only else {"0": "0" if guild is None else str(guild.id)}
        if user.has_installed:
            owners["1"] = str(user.id)
        record.payload = {
            "id": str(record.id),
            "application_id": str(self.world.me.id),
            "type": int(kind),
            "token": record.token,
            "version": 1,
            "data": data,
            "channel_id": str(channel.id),
            "channel": channel_json(channel),
            "locale": user.locale,
            "app_permissions": str(int(channel.bot_permissions)),
            "attachment_size_limit": MAX_FILE_BYTES,
            "entitlements": [],
            "authorizing_integration_owners": owners,
            "context": 1 if guild is None else 0,
        }
        if guild is None:
            record.payload["user"] = user_json(user)
        else:
            member = guild.members[user.id]
            permissions = str(int(member.permissions))
            record.payload |= {
                "guild_id": str(guild.id),
                "guild": {"id": str(guild.id), "locale": "en-US", "features": []},
                "guild_locale": "en-US",
                "member": member_json(member) | {"permissions": permissions},
            }
        if source is not None:
            record.payload["message"] = message_json(source, me=self.world.me)
        return record

    async def _send(
        self, record: InteractionRecord, *, until: Until, within: float
    ) -> InteractionRecord:
        if not self.gateway.dispatch(
            "INTERACTION_CREATE", record.payload, guild_id=record.channel.guild_id
        ):
            raise NotPossibleError(f"{record.name}: the bot is offline\n{self.situation()}")
        if until == "sent":
            return record
        try:
            async with asyncio.timeout(within):
                await (record.acknowledged if until == "acknowledged" else record.completed).wait()
        except TimeoutError:
            missing = "completed" if record.acknowledged.is_set() else "acknowledged"
            raise NotSeenError(f"{record.name} was not {missing}\n{self.situation()}") from None
        return record
