"""`/settings`, `/privacy`, `/my-data`, `/forget-me`, `/help`, `/about`: always private."""

import logging
from io import BytesIO
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot import __version__
from bot.answers import defer, guarded
from bot.client import MusicBot
from bot.cogs.buttons import CarriedButton, CarriedMenu, services_of
from bot.cogs.lists import member_of, unasked_of
from bot.domain.blending import Blend
from bot.domain.music import LinkService
from bot.services import Services
from bot.ui import custom_ids
from bot.ui.account import (
    about_panel,
    forget_question,
    forgotten,
    help_panel,
    privacy_panel,
    settings_panel,
)
from bot.ui.layout import Layout, container, line, notice
from bot.ui.texts import text

log = logging.getLogger(__name__)

SEND_LIMIT = 9 * 1024 * 1024
"""Discord takes 10 MiB from a bot; the rest is room for the message around the file."""


class Account(commands.Cog):
    """What the bot holds about a person, and how it behaves towards them."""

    def __init__(self, bot: MusicBot, services: Services) -> None:
        self._bot = bot
        self._services = services

    @app_commands.command(description="Public or private answers, adventure, where titles lead")
    async def settings(self, interaction: discord.Interaction[Any]) -> None:
        """Show all settings, each changeable in place."""
        await defer(interaction, private=True)
        settings = self._services.preferences.of(member_of(interaction))
        await interaction.edit_original_response(view=settings_panel(settings))

    @app_commands.command(description="What is stored about you, why, and for how long")
    async def privacy(self, interaction: discord.Interaction[Any]) -> None:
        """Show the privacy text."""
        await defer(interaction, private=True)
        panel = privacy_panel(backup_hours=self._services.backup_hours)
        await interaction.edit_original_response(view=panel)

    @app_commands.command(name="my-data", description="Everything stored about you, as a file")
    async def my_data(self, interaction: discord.Interaction[Any]) -> None:
        """Send the export."""
        await defer(interaction, private=True)
        handed = await self._services.privacy.hand_over(member_of(interaction), limit=SEND_LIMIT)
        if handed is None:
            await interaction.edit_original_response(view=notice(text("mydata.nothing")))
            return
        name, data = handed
        view = Layout(container(line(text("mydata.done")), discord.ui.File(f"attachment://{name}")))
        await interaction.edit_original_response(
            view=view, attachments=[discord.File(BytesIO(data), filename=name)]
        )

    @app_commands.command(name="forget-me", description="Delete everything stored about you")
    async def forget_me(self, interaction: discord.Interaction[Any]) -> None:
        """Ask before an erasure."""
        await defer(interaction, private=True)
        await interaction.edit_original_response(view=forget_question())

    @app_commands.command(description="Every command in a line")
    async def help(self, interaction: discord.Interaction[Any]) -> None:
        """List the commands."""
        await defer(interaction, private=True)
        rows = [
            (c.name, c.description)
            for c in self._bot.tree.get_commands()
            if isinstance(c, app_commands.Command)
        ]
        await interaction.edit_original_response(view=help_panel(rows))

    @app_commands.command(description="Version, and what the recommender has learned from")
    async def about(self, interaction: discord.Interaction[Any]) -> None:
        """Show the serving model."""
        await defer(interaction, private=True)
        panel = about_panel(
            self._services.serving.info,
            version=__version__,
            training=self._services.training.running,
        )
        await interaction.edit_original_response(view=panel)


class SettingSwitch(CarriedButton, template=custom_ids.SETTING):
    """A switch in `/settings`."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Turn the switch of whoever pressed and redraw."""
        await interaction.response.defer()
        preferences = services_of(interaction).preferences
        member_id = member_of(interaction)
        await services_of(interaction).consent.require(member_id)
        name = self.groups["name"]
        now = getattr(preferences.of(member_id), name)
        settings = await preferences.change(member_id, **{name: not now})
        await interaction.edit_original_response(view=settings_panel(settings))


class SettingMenu(CarriedMenu, template=custom_ids.SETTING_MENU):
    """A menu in `/settings`."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Store what whoever chose and redraw."""
        await interaction.response.defer()
        member_id = member_of(interaction)
        await services_of(interaction).consent.require(member_id)
        name = self.groups["name"]
        value = int(self.chosen) if name == "adventure" else LinkService(self.chosen)
        settings = await services_of(interaction).preferences.change(member_id, **{name: value})
        await interaction.edit_original_response(view=settings_panel(settings))


class ForgetButton(CarriedButton, template=custom_ids.FORGET):
    """The answer to `/forget-me`'s question."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Erase whoever pressed, or don't."""
        await interaction.response.defer()
        if self.groups["answer"] == "no":
            await interaction.edit_original_response(view=notice(text("forget.kept")))
            return
        services, member_id = services_of(interaction), member_of(interaction)
        posted = await services.blends.posted_with(member_id)
        report = await services.privacy.forget(member_id)
        await interaction.edit_original_response(view=forgotten(report))
        for blend in posted:
            await _take_back(interaction, blend)


async def _take_back(interaction: discord.Interaction[Any], blend: Blend) -> None:
    """Replace a blend's card: it tells a share and matches of somebody who was forgotten."""
    if blend.message_id is None:
        return
    channel = interaction.client.get_partial_messageable(blend.channel_id)
    card = channel.get_partial_message(blend.message_id)

    async def replace() -> discord.Message:
        nothing = notice(text("blend.taken_back"))
        edited: discord.Message = await card.edit(view=nothing, attachments=[])
        return edited

    try:
        await unasked_of(interaction).attempt(f"taking back blend {blend.id}", replace)
    except discord.NotFound:
        log.info("the card of blend %d is gone already", blend.id)


async def setup(bot: MusicBot) -> None:
    """Load the cog."""
    bot.add_dynamic_items(SettingSwitch, SettingMenu, ForgetButton)
    await bot.add_cog(Account(bot, bot.services))
