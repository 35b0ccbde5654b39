"""The Discord client: intents, the command tree with its single error funnel, start-up work."""

import hashlib
import json
import logging
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import answer_error
from bot.services import Services
from bot.unasked import Unasked

log = logging.getLogger(__name__)

COGS = (
    "bot.cogs.discover",
    "bot.cogs.feedback",
    "bot.cogs.reactions",
    "bot.cogs.start",
    "bot.cogs.account",
    "bot.cogs.imports",
    "bot.cogs.link",
    "bot.cogs.doors",
    "bot.cogs.spotify",
    "bot.cogs.taste",
    "bot.cogs.blend",
    "bot.cogs.servers",
    "bot.cogs.presences",
)
PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
    add_reactions=True,
    read_message_history=True,
)
"""Exactly what the commands need."""
COMMANDS_KEY = "discord.commands"
MAX_RATELIMIT_WAIT_S = 30.0
"""A longer wait is raised instead of slept through."""


def intents(*, presences: bool = False) -> discord.Intents:
    """Return the least that works; presences alone are privileged, and off unless switched on."""
    return discord.Intents(
        guilds=True, guild_reactions=True, dm_reactions=True, presences=presences
    )


class MusicTree(app_commands.CommandTree["MusicBot"]):
    """The command tree; every error of a command ends in `answer_error`."""

    async def on_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /
    ) -> None:
        """Answer an error in words."""
        await answer_error(interaction, error)


class MusicBot(commands.AutoShardedBot):
    """Auxcord on Discord; services are handed in, cogs take what they use from them."""

    def __init__(self, *, services: Services, **options: Any) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents(presences=services.activity is not None),
            tree_cls=MusicTree,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=MAX_RATELIMIT_WAIT_S,
            member_cache_flags=discord.MemberCacheFlags.none(),
            **options,
        )
        self.services = services
        self.unasked = Unasked(meta=services.meta, notices=services.notices)

    async def setup_hook(self) -> None:
        """Load the cogs and tell Discord the commands when they changed."""
        self.tree.allowed_installs = app_commands.AppInstallationType(guild=True, user=False)
        self.tree.allowed_contexts = app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=False
        )
        for cog in COGS:
            await self.load_extension(cog)
        await self.sync_commands()

    async def sync_commands(self) -> bool:
        """Sync the commands unless Discord has exactly these already; return whether it was needed.

        Discord allows 200 command creations a day, and a hash spares a request at every start.
        """
        payload = [c.to_dict(self.tree) for c in self.tree.get_commands()]
        digest = hashlib.sha256(
            json.dumps([self.application_id, payload], sort_keys=True, default=str).encode()
        ).hexdigest()
        meta = self.services.meta
        if await meta.get(COMMANDS_KEY) == digest:
            return False
        await self.tree.sync()
        await meta.set(COMMANDS_KEY, digest)
        log.info("told Discord about %d commands", len(payload))
        return True

    def invite_url(self) -> str:
        """Return the link that adds the bot to a server with exactly the permissions it needs."""
        return discord.utils.oauth_url(
            self.application_id or 0,
            permissions=PERMISSIONS,
            scopes=("bot", "applications.commands"),
        )
