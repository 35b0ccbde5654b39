"""The fake's objects as Discord's JSON."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tests.fake_discord.components import media_items, walk

if TYPE_CHECKING:
    from tests.fake_discord.model import Attachment, Channel, Guild, Member, Message, User

TEXT_CHANNEL = 0
DM_CHANNEL = 1
JOINED_AT = "2024-01-01T00:00:00+00:00"


def user_json(user: User) -> dict[str, Any]:
    return {
        "id": str(user.id),
        "username": user.name,
        "global_name": user.name.title(),
        "discriminator": "0000" if user.bot else "0",
        "avatar": None,
        "bot": user.bot,
        "public_flags": 0,
    }


def member_json(member: Member) -> dict[str, Any]:
    return {
        "user": user_json(member.user),
        "nick": member.nick,
        "roles": [],
        "joined_at": JOINED_AT,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "avatar": None,
        "premium_since": None,
        "communication_disabled_until": None,
    }


def role_json(guild: Guild) -> dict[str, Any]:
    """Describe @everyone; the fake has no other role."""
    return {
        "id": str(guild.id),
        "name": "@everyone",
        "permissions": str(int(guild.bot_permissions)),
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def channel_json(channel: Channel) -> dict[str, Any]:
    last = max(channel.messages, default=None)
    common: dict[str, Any] = {
        "id": str(channel.id),
        "flags": 0,
        "last_message_id": last and str(last),
    }
    if channel.guild is None:
        recipients = [user_json(channel.recipient)] if channel.recipient else []
        return common | {"type": DM_CHANNEL, "recipients": recipients}
    return common | {
        "type": TEXT_CHANNEL,
        "guild_id": str(channel.guild.id),
        "name": channel.name,
        "position": 0,
        "permission_overwrites": [
            {"id": str(channel.guild.id), "type": 0, "allow": "0", "deny": str(int(channel.denied))}
        ],
        "parent_id": None,
        "nsfw": False,
        "topic": None,
        "rate_limit_per_user": 0,
    }


def guild_json(guild: Guild, *, me: Member | None = None) -> dict[str, Any]:
    """Describe a guild as REST does; with `me` as GUILD_CREATE does, for a bot without members."""
    body: dict[str, Any] = {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "owner_id": str(guild.owner.id),
        "roles": [role_json(guild)],
        "emojis": [],
        "stickers": [],
        "features": [],
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "afk_timeout": 300,
        "afk_channel_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "preferred_locale": "en-US",
        "description": None,
        "banner": None,
        "vanity_url_code": None,
    }
    if me is None:
        return body
    return body | {
        "unavailable": False,
        "joined_at": JOINED_AT,
        "large": False,
        "member_count": len(guild.members) + 1,
        "members": [member_json(me)],
        "channels": [channel_json(channel) for channel in guild.channels],
        "threads": [],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def attachment_json(attachment: Attachment, *, ephemeral: bool = False) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": len(attachment.data),
        "url": attachment.url,
        "proxy_url": attachment.url,
        "content_type": attachment.content_type,
        "flags": 0,
    }
    if attachment.description is not None:
        body["description"] = attachment.description
    return body | ({"ephemeral": True} if ephemeral else {})


def emoji_json(emoji: str) -> dict[str, Any]:
    """Turn `👍` or `name:id` into an emoji object."""
    name, _, number = emoji.rpartition(":")
    return {"id": number, "name": name} if name else {"id": None, "name": emoji}


def message_json(message: Message, *, me: User) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": str(message.id),
        "channel_id": str(message.channel.id),
        "type": 20 if message.interaction_metadata and message.author is me else 0,
        "author": user_json(message.author),
        "content": message.content,
        "embeds": message.embeds,
        "attachments": [
            attachment_json(each, ephemeral=message.ephemeral) for each in message.attachments
        ],
        "components": components_json(message),
        "flags": int(message.flags),
        "timestamp": message.created_at.isoformat(),
        "edited_timestamp": message.edited_at and message.edited_at.isoformat(),
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "tts": False,
        "pinned": False,
    }
    if message.author is me:
        body["application_id"] = str(me.id)
    if message.interaction_metadata:
        body["interaction_metadata"] = message.interaction_metadata
    if message.reactions:
        body["reactions"] = [
            {
                "emoji": emoji_json(emoji),
                "count": len(user_ids),
                "count_details": {"burst": 0, "normal": len(user_ids)},
                "me": me.id in user_ids,
                "me_burst": False,
                "burst_colors": [],
            }
            for emoji, user_ids in message.reactions.items()
        ]
    return body


def components_json(message: Message) -> list[dict[str, Any]]:
    """Number the components and point `attachment://` references at the real files."""
    components = copy.deepcopy(message.components)
    urls = {f"attachment://{each.filename}": each.url for each in message.attachments}
    taken = {each["id"] for each in walk(components) if each.get("id")}
    free = iter(number for number in range(1, 1000) if number not in taken)
    for component in walk(components):
        if not component.get("id"):
            component["id"] = next(free)
        for media in media_items(component):
            media["url"] = urls.get(media["url"], media["url"])
            media |= {"proxy_url": media["url"], "width": 64, "height": 64, "loading_state": 2}
            media.setdefault("placeholder", "")
    return components
