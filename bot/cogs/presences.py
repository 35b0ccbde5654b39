"""Listening as Discord shows it; loaded only where the operator switched it on."""

import discord
from discord.ext import commands

from bot.client import MusicBot
from bot.discord_adapters.presences import shown_in
from bot.domain.ids import MemberId
from bot.services.activity import ActivityService


class Presences(commands.Cog):
    """Passes on what members who switched it on listen to; of others not even that is looked at."""

    def __init__(self, activity: ActivityService) -> None:
        self._activity = activity

    @commands.Cog.listener()
    async def on_raw_presence_update(self, event: discord.RawPresenceUpdateEvent) -> None:
        """Take in what is shown; raw events need no cache of members."""
        member_id = MemberId(event.user_id)
        if self._activity.follows(member_id):
            self._activity.saw(member_id, shown_in(event.activities))

    @commands.Cog.listener()
    async def on_shard_ready(self, _shard_id: int) -> None:
        """Note a new session: what happened before it was not told."""
        self._activity.lose_sight()


async def setup(bot: MusicBot) -> None:
    """Load the cog where presences come in."""
    if bot.services.activity is not None:
        await bot.add_cog(Presences(bot.services.activity))
