"""`/start`: what this is, five artists, the first list; and the OK that comes before anything."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import defer, guarded
from bot.client import MusicBot
from bot.cogs.buttons import CarriedButton, services_of
from bot.cogs.feedback import vote_and_answer
from bot.cogs.lists import make_card, member_of, note_sent
from bot.domain.ids import ArtistId, ShownItemId
from bot.services import Services
from bot.services.onboarding import ARTIST_PREFIX
from bot.ui import custom_ids
from bot.ui.account import start_panel
from bot.ui.layout import notice
from bot.ui.panels import consent_panel
from bot.ui.safe import plain_label
from bot.ui.texts import text


class Start(commands.Cog):
    """The way in."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description="What this is; pick five artists and get a first list")
    @app_commands.describe(
        artist_1="An artist you love; names are suggested while you type",
        artist_2="A second one",
        artist_3="A third one",
        artist_4="A fourth one",
        artist_5="A fifth one",
    )
    async def start(
        self,
        interaction: discord.Interaction[Any],
        artist_1: str | None = None,
        artist_2: str | None = None,
        artist_3: str | None = None,
        artist_4: str | None = None,
        artist_5: str | None = None,
    ) -> None:
        """Explain, or store picked artists and answer with a first list; always private."""
        await defer(interaction, private=True)
        member_id = member_of(interaction)
        values = [v for v in (artist_1, artist_2, artist_3, artist_4, artist_5) if v]
        agreed = await self._services.consent.given(member_id)
        if not values:
            await interaction.edit_original_response(view=start_panel(agreed=agreed))
            return
        artists, unknown = await self._services.onboarding.known_artists(values)
        if not artists:
            raise unknown[0]
        picked = [a.id for a in artists]
        if agreed:
            await store_picks_and_list(self._services, interaction, picked)
        else:
            names = ", ".join(a.name for a in artists)
            intro = text("consent.picks_intro", names=names)
            panel = consent_panel(custom_ids.agree_to_picks(picked), intro)
            await interaction.edit_original_response(view=panel)
        if unknown:
            said = [text(error.key, **error.params) for error in unknown]
            left_out = "\n".join([*said, text("start.left_out")])
            await interaction.followup.send(view=notice(left_out), ephemeral=True)

    @start.autocomplete("artist_1")
    @start.autocomplete("artist_2")
    @start.autocomplete("artist_3")
    @start.autocomplete("artist_4")
    @start.autocomplete("artist_5")
    async def suggest_artist(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        """Offer artists from local data that are not chosen in another option already."""
        taken = {str(v) for v in vars(interaction.namespace).values()}
        artists = await self._services.onboarding.suggest_artists(current)
        return [
            app_commands.Choice(
                name=plain_label(
                    f"{a.name} · {', '.join(a.tags[:2])}" if a.tags else a.name, limit=100
                ),
                value=f"{ARTIST_PREFIX}{a.id}",
            )
            for a in artists
            if f"{ARTIST_PREFIX}{a.id}" not in taken
        ]


async def store_picks_and_list(
    services: Services, interaction: discord.Interaction[Any], artist_ids: list[ArtistId]
) -> None:
    """Store picks and fill the private placeholder with a first list."""
    await services.onboarding.pick(member_of(interaction), artist_ids)
    recommendation, card = await make_card(services, interaction, private=True)
    message = await interaction.edit_original_response(view=card)
    await note_sent(services, recommendation, message)


class AgreeButton(CarriedButton, template=custom_ids.AGREE):
    """OK, store it: records the consent and goes on with what was asked."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Record the consent of whoever pressed, then carry out what it was asked for."""
        await defer(interaction, private=True)
        services = services_of(interaction)
        await services.consent.agree(member_of(interaction))
        args = [a for a in self.groups["args"].split(",") if a]
        match self.groups["then"], args:
            case "vote", [item, word]:
                await vote_and_answer(services, interaction, ShownItemId(int(item)), word)
            case "picks", [*picked]:
                await store_picks_and_list(
                    services, interaction, [ArtistId(int(p)) for p in picked]
                )
            case _:
                await interaction.edit_original_response(view=notice(text("consent.agreed")))


async def setup(bot: MusicBot) -> None:
    """Load the cog."""
    bot.add_dynamic_items(AgreeButton)
    await bot.add_cog(Start(bot.services))
