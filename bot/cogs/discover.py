"""`/recommend` and "more like this"."""

import logging
import time
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import defer, guarded
from bot.client import MusicBot
from bot.cogs.buttons import CarriedButton, services_of
from bot.cogs.lists import make_card, member_of, send_card
from bot.domain.ids import ItemKey
from bot.errors import NotFoundError
from bot.services import Services
from bot.services.onboarding import KEY_PREFIX
from bot.ui import custom_ids
from bot.ui.safe import plain_label

log = logging.getLogger(__name__)


class Discover(commands.Cog):
    """Lists of music for one member."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description="Music for you; your 👍 and 👎 tune the very next list")
    @app_commands.describe(
        like="Start from an artist or a track you love",
        adventure="0 stays close to what you know, 10 goes far away",
        private="Only you see the answer",
        count="How many tracks; a single one also takes emoji reactions",
    )
    async def recommend(
        self,
        interaction: discord.Interaction[Any],
        like: str | None = None,
        adventure: app_commands.Range[int, 0, 10] | None = None,
        private: bool | None = None,
        count: app_commands.Range[int, 1, 5] = 5,
    ) -> None:
        """Answer with a card of one to five tracks."""
        started = time.perf_counter()
        quiet = self._services.preferences.is_private(member_of(interaction), private)
        await defer(interaction, private=quiet)
        subject = await self._services.onboarding.resolve_subject(like) if like else None
        recommendation, card = await make_card(
            self._services,
            interaction,
            private=quiet,
            count=count,
            like=subject,
            adventure=adventure,
        )
        await send_card(self._services, interaction, recommendation, card)
        log.info(
            "recommend member=%d items=%d model=%s ms=%d",
            recommendation.member_id,
            len(recommendation.items),
            recommendation.model_version,
            (time.perf_counter() - started) * 1000,
        )

    @recommend.autocomplete("like")
    async def suggest_like(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer artists and tracks from local data."""
        del interaction
        subjects = await self._services.onboarding.suggest_subjects(current)
        return [
            app_commands.Choice(
                name=plain_label(("🎵 " if s.track else "👤 ") + s.full_title, limit=100),
                value=f"{KEY_PREFIX}{s.key}",
            )
            for s in subjects
        ]


class LikeThisButton(CarriedButton, template=custom_ids.LIKE_THIS):
    """More like one pick, as a private list for whoever presses."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Answer with a private list that starts from the pick."""
        await defer(interaction, private=True)
        services = services_of(interaction)
        subject = await services.onboarding.by_key(ItemKey(int(self.groups["key"])))
        if subject is None:
            raise NotFoundError("error.like_unknown")
        recommendation, card = await make_card(services, interaction, private=True, like=subject)
        await send_card(services, interaction, recommendation, card)


async def setup(bot: MusicBot) -> None:
    """Load the cog."""
    bot.add_dynamic_items(LikeThisButton)
    await bot.add_cog(Discover(bot.services))
