"""Joining and leaving servers: one greeting, a purge 30 days after removal."""

import discord
from discord.ext import commands

from bot.client import MusicBot
from bot.domain.ids import GuildId
from bot.services import Services
from bot.ui.account import greeting


class Servers(commands.Cog):
    """Keeps the record of servers."""

    def __init__(self, bot: MusicBot, services: Services) -> None:
        self._bot = bot
        self._services = services

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Catch up with servers that were joined or left while the bot was away."""
        here = {GuildId(g.id) for g in self._bot.guilds}
        await self._services.guilds.compare(here)
        for guild in self._bot.guilds:
            await self._welcome(guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Greet a server once."""
        await self._welcome(guild)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Start the 30 days after which a server's own data is deleted."""
        await self._services.guilds.removed(GuildId(guild.id))

    async def _welcome(self, guild: discord.Guild) -> None:
        if not await self._services.guilds.joined(GuildId(guild.id)):
            return
        channel = _where_to_greet(guild)
        if channel is None:
            return

        async def greet() -> discord.Message:
            # One nonce per server: where only the answer got lost, Discord takes the next try for it.
            return await channel.send(view=greeting(), nonce=guild.id)

        try:
            sent = await self._bot.unasked.attempt(
                f"greeting server {guild.id}", greet, channel_id=channel.id, guild=guild
            )
        except discord.NotFound:
            return
        if sent is not None:
            await self._services.guilds.greeted(GuildId(guild.id))


def _where_to_greet(guild: discord.Guild) -> discord.TextChannel | None:
    """Return the system channel, else the first text channel the bot may write in."""
    candidates = [guild.system_channel, *guild.text_channels]
    for channel in candidates:
        if channel is not None and channel.permissions_for(guild.me).send_messages:
            return channel
    return None


async def setup(bot: MusicBot) -> None:
    """Load the cog."""
    await bot.add_cog(Servers(bot, bot.services))
