"""`/doors`: every way a member's listening comes in; names are connected and closed in private."""

import asyncio
import contextvars
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.answers import defer, guarded
from bot.client import MusicBot
from bot.cogs.buttons import CarriedButton, services_of
from bot.cogs.lists import member_of
from bot.domain.doors import ACTIVITY, DoorSync
from bot.domain.listening import Source
from bot.services import Services
from bot.ui import custom_ids
from bot.ui.doors import close_question, closed, doors_panel, reading
from bot.ui.layout import notice
from bot.ui.texts import plain, text

NAME_LENGTH = 100


class Doors(commands.Cog):
    """Doors that need a name, and a look at all the others."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description="Connect ListenBrainz or Last.fm by name; see every door")
    @app_commands.describe(
        listenbrainz="Your own name at ListenBrainz", lastfm="Your own name at Last.fm"
    )
    async def doors(
        self,
        interaction: discord.Interaction[Any],
        listenbrainz: app_commands.Range[str, 1, NAME_LENGTH] | None = None,
        lastfm: app_commands.Range[str, 1, NAME_LENGTH] | None = None,
    ) -> None:
        """Show the doors, after connecting what was named."""
        await defer(interaction, private=True)
        named = {Source.LISTENBRAINZ: listenbrainz, Source.LASTFM: lastfm}
        given = [(source, name) for source, name in named.items() if name is not None]
        for source, name in given:
            await self._services.doors.connect(
                member_of(interaction), source, name, watcher=Follower(interaction)
            )
        await show(self._services, interaction)


class Follower:
    """Keeps a private answer up to date while a history comes in.

    News come from a background task; the edit is made in the command's own context, where
    discord.py looks for what carries it.
    """

    def __init__(self, interaction: discord.Interaction[Any]) -> None:
        self._interaction = interaction
        self._context = contextvars.copy_context()
        self._total = 0

    async def __call__(self, state: DoorSync, added: int) -> None:
        """Show how far reading is."""
        self._total += added
        await asyncio.create_task(self._edit(state), context=self._context)

    async def _edit(self, state: DoorSync) -> None:
        await self._interaction.edit_original_response(view=reading(state, self._total))


async def show(services: Services, interaction: discord.Interaction[Any]) -> None:
    """Fill the private placeholder with all doors."""
    view = await services.doors.view(member_of(interaction))
    spotify = services.spotify is not None
    await interaction.edit_original_response(view=doors_panel(view, spotify=spotify))


class NameModal(ui.Modal):
    """Asks for a name."""

    def __init__(self, source: Source) -> None:
        super().__init__(title=plain(f"doors.connect_{source}"), timeout=900)
        self._source = source
        self.name: ui.TextInput[NameModal] = ui.TextInput(max_length=NAME_LENGTH, custom_id="name")
        self.add_item(
            ui.Label(
                text=plain("doors.name_label"),
                description=plain("doors.name_hint"),
                component=self.name,
            )
        )

    @guarded
    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Connect the name of whoever typed it."""
        await defer(interaction, private=True)
        services = services_of(interaction)
        await services.doors.connect(
            member_of(interaction),
            self._source,
            self.name.value,
            watcher=Follower(interaction),
        )
        await show(services, interaction)


class DoorButton(CarriedButton, template=custom_ids.DOOR):
    """Connect, close, and the answers to its question."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do it for whoever pressed."""
        source, do = Source(self.groups["source"]), self.groups["do"]
        services = services_of(interaction)
        if do == "connect" and source is not ACTIVITY:
            await interaction.response.send_modal(NameModal(source))
            return
        await interaction.response.defer()
        if do == "connect":
            await services.doors.listen_along(member_of(interaction))
            await show(services, interaction)
        elif do == "ask":
            await interaction.edit_original_response(view=close_question(source))
        elif do == "stay":
            await interaction.edit_original_response(view=notice(text("doors.stays")))
        else:
            removed = await services.doors.disconnect(
                member_of(interaction), source, delete=do == "delete"
            )
            await interaction.edit_original_response(view=closed(source, removed))


async def setup(bot: MusicBot) -> None:
    """Load the cog."""
    bot.add_dynamic_items(DoorButton)
    await bot.add_cog(Doors(bot.services))
