"""Reactions, by the bot and in general."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.fake_discord.errors import ApiError, missing_permissions
from tests.fake_discord.model import Permission
from tests.fake_discord.payloads import emoji_json, member_json, user_json
from tests.fake_discord.rest.bodies import answer, nothing, number

if TYPE_CHECKING:
    from aiohttp import web

    from tests.fake_discord.core import Core
    from tests.fake_discord.model import Message, User

MAX_REACTIONS = 20
_CUSTOM = re.compile(r"^\w{2,32}:\d{15,21}$")


def check_emoji(emoji: str) -> None:
    """Refuse what is neither `name:id` nor looks like an emoji."""
    if not _CUSTOM.match(emoji) and (not emoji or emoji.isascii()):
        raise ApiError(400, 10014, "Unknown Emoji")


def change_reaction(
    core: Core, message: Message, user: User, emoji: str, *, add: bool, burst: bool = False
) -> bool:
    """Add or remove one reaction and tell the gateway; return whether anything changed."""
    users = message.reactions.get(emoji, [])
    if (user.id in users) == add:
        return False
    if add:
        if emoji not in message.reactions and len(message.reactions) >= MAX_REACTIONS:
            raise ApiError(400, 30010, f"Maximum number of reactions reached ({MAX_REACTIONS})")
        message.reactions.setdefault(emoji, []).append(user.id)
    else:
        users.remove(user.id)
        if not users:
            del message.reactions[emoji]
    channel, guild = message.channel, message.channel.guild
    event: dict[str, Any] = {
        "user_id": str(user.id),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "emoji": emoji_json(emoji),
        "burst": burst,
        "type": int(burst),
    }
    if guild is not None:
        if not guild.bot_present:
            return True
        event["guild_id"] = str(guild.id)
    if add:
        # The event of a removal names neither the author nor the member.
        event["message_author_id"] = str(message.author.id)
        if guild is not None and user.id in guild.members:
            event["member"] = member_json(guild.members[user.id])
        elif guild is not None and user is core.world.me:
            event["member"] = member_json(core.world.my_member(guild))
    name = "MESSAGE_REACTION_ADD" if add else "MESSAGE_REACTION_REMOVE"
    core.gateway.dispatch(name, event, guild_id=channel.guild_id)
    return True


class Reactions:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._world = core.world
        self._next_allowed_at: dict[int, float] = {}

    def routes(self) -> list[tuple[str, str, Any]]:
        emoji = "/channels/{channel}/messages/{message}/reactions/{emoji}"
        return [
            ("GET", emoji, self.users),
            ("PUT", f"{emoji}/@me", self.add),
            ("DELETE", f"{emoji}/@me", self.remove_own),
            ("DELETE", f"{emoji}/{{user}}", self.remove_other),
        ]

    def _message(self, request: web.Request, needed: Permission) -> tuple[Message, str]:
        channel = self._world.channel_for_bot(number(request, "channel"), needed)
        emoji = request.match_info["emoji"]
        check_emoji(emoji)
        return self._world.message_for_bot(channel, number(request, "message")), emoji

    async def users(self, request: web.Request) -> web.Response:
        message, emoji = self._message(request, Permission.READ_MESSAGE_HISTORY)
        after, limit = int(request.query.get("after", 0)), int(request.query.get("limit", 25))
        ids = sorted(each for each in message.reactions.get(emoji, ()) if each > after)
        return answer([user_json(self._world.users[each]) for each in ids[:limit]])

    async def add(self, request: web.Request) -> web.Response:
        message, emoji = self._message(request, Permission.READ_MESSAGE_HISTORY)
        is_new = emoji not in message.reactions
        if is_new and Permission.ADD_REACTIONS not in message.channel.bot_permissions:
            raise missing_permissions()
        self._limit(message.channel.id)
        change_reaction(self._core, message, self._world.me, emoji, add=True)
        return nothing()

    async def remove_own(self, request: web.Request) -> web.Response:
        message, emoji = self._message(request, Permission.VIEW_CHANNEL)
        self._limit(message.channel.id)
        change_reaction(self._core, message, self._world.me, emoji, add=False)
        return nothing()

    async def remove_other(self, request: web.Request) -> web.Response:
        message, emoji = self._message(request, Permission.VIEW_CHANNEL)
        if message.channel.is_dm:
            raise ApiError(403, 50003, "Cannot execute action on a DM channel")
        if Permission.MANAGE_MESSAGES not in message.channel.bot_permissions:
            raise missing_permissions()
        user = self._world.user(number(request, "user"))
        change_reaction(self._core, message, user, emoji, add=False)
        return nothing()

    def _limit(self, channel_id: int) -> None:
        """Hold the bot to one reaction per channel and interval, if the test asked for that."""
        now = self._core.clock.now()
        wait = self._next_allowed_at.get(channel_id, 0.0) - now
        if wait > 0:
            raise ApiError(429, 0, "You are being rate limited.", retry_after=wait)
        self._next_allowed_at[channel_id] = now + self._core.reaction_interval_s
