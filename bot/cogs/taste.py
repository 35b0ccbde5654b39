"""`/taste` and `/why`."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import defer, guarded
from bot.client import MusicBot
from bot.cogs.buttons import CarriedMenu, services_of
from bot.cogs.lists import member_of
from bot.domain.feedback import BlockKind
from bot.domain.ids import ArtistId, ShownItemId
from bot.errors import NotFoundError
from bot.services import Services
from bot.ui import custom_ids
from bot.ui.layout import notice
from bot.ui.panels import why_panel
from bot.ui.safe import plain_label
from bot.ui.taste import taste_panel
from bot.ui.texts import text


class Taste(commands.Cog):
    """What is known of a member, and why a pick was made."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description="Your taste as I know it; everything in it can be undone")
    @app_commands.describe(
        private="Only you see the answer (and all of it: your listening is private)"
    )
    async def taste(self, interaction: discord.Interaction[Any], private: bool = True) -> None:
        """Show the taste; in public only what was picked and voted on."""
        await defer(interaction, private=private)
        taste = await self._services.taste.taste(member_of(interaction))
        await interaction.edit_original_response(view=taste_panel(taste, private=private))

    @app_commands.command(description="Why you were shown a track, number by number")
    @app_commands.describe(track="One of the tracks you were shown last; the newest when left out")
    async def why(self, interaction: discord.Interaction[Any], track: str | None = None) -> None:
        """Explain one pick in private."""
        await defer(interaction, private=True)
        member_id = member_of(interaction)
        await self._services.consent.require(member_id)
        if track is not None and not track.isdecimal():
            raise NotFoundError("error.nothing_shown")
        item_id = ShownItemId(int(track)) if track else await self._newest(interaction)
        why = await self._services.taste.why(member_id, item_id)
        service = self._services.preferences.of(member_id).link_service
        await interaction.edit_original_response(view=why_panel(why, item_id, service=service))

    async def _newest(self, interaction: discord.Interaction[Any]) -> ShownItemId:
        recent = await self._services.taste.recent(member_of(interaction))
        if not recent:
            raise NotFoundError("error.nothing_shown")
        return recent[0].id

    @why.autocomplete("track")
    async def suggest_shown(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer what the member was shown last."""
        recent = await self._services.taste.recent(member_of(interaction))
        words = current.casefold()
        return [
            app_commands.Choice(
                name=plain_label(i.scored.subject.full_title, limit=100), value=str(i.id)
            )
            for i in recent
            if words in i.scored.subject.full_title.casefold()
        ][:25]


class UndoMenu(CarriedMenu, template=custom_ids.TASTE_MENU):
    """Takes one vote, block or pick back."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Undo what whoever chose; then draw the panel anew."""
        await interaction.response.defer()
        services = services_of(interaction)
        member_id = member_of(interaction)
        undone = await _undo(services, interaction, self.chosen)
        taste = await services.taste.taste(member_id)
        await interaction.edit_original_response(view=taste_panel(taste, private=True))
        key = "taste.undone" if undone else "taste.undo_gone"
        label = next((o.label for o in self.item.options if o.value == self.chosen), "")
        await interaction.followup.send(view=notice(text(key, what=label)), ephemeral=True)


async def _undo(services: Services, interaction: discord.Interaction[Any], choice: str) -> bool:
    member_id = member_of(interaction)
    match choice.split(":"):
        case ["block", kind, target]:
            return await services.feedback.unblock(member_id, BlockKind(kind), int(target))
        case ["vote", item]:
            return (await services.feedback.take_back(member_id, ShownItemId(int(item)))).changed
        case ["pick", artist]:
            return await services.onboarding.unpick(member_id, ArtistId(int(artist)))
    return False


async def setup(bot: MusicBot) -> None:
    """Load the cog."""
    bot.add_dynamic_items(UndoMenu)
    await bot.add_cog(Taste(bot.services))
