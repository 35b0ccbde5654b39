"""Picks and blends to Spotify, by whoever presses, into their own account."""

from typing import Any

import discord

from bot.answers import defer, guarded
from bot.client import MusicBot
from bot.cogs.buttons import CarriedButton, services_of
from bot.cogs.link import spotify_of
from bot.cogs.lists import member_of
from bot.domain.ids import RecommendationId, ShownItemId
from bot.domain.recommending import Recommendation
from bot.errors import NotFoundError
from bot.services import Services
from bot.ui import custom_ids
from bot.ui.layout import notice
from bot.ui.spotify import written_panel
from bot.ui.texts import plain, text


class PickToSpotify(CarriedButton, template=custom_ids.SPOTIFY):
    """Queue, save, or the whole list as a playlist."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do it in the account of whoever pressed."""
        await defer(interaction, private=True)
        services = services_of(interaction)
        item_id = ShownItemId(int(self.groups["item"]))
        recommendation = await services.recommendations.of_item(item_id)
        if recommendation is None:
            raise NotFoundError("error.card_gone")
        do = self.groups["do"]
        if do == "list":
            await write_list(services, interaction, recommendation, f"list:{recommendation.id}")
            return
        subject = next(i.scored.subject for i in recommendation.items if i.id == item_id)
        playlists = spotify_of(services).playlists
        if do == "queue":
            await playlists.queue(member_of(interaction), subject)
        else:
            await playlists.save(member_of(interaction), subject)
        key = "playlist.queued" if do == "queue" else "playlist.saved"
        await interaction.edit_original_response(view=notice(text(key, title=subject.full_title)))


class BlendToSpotify(CarriedButton, template=custom_ids.BLEND_TO_SPOTIFY):
    """A blend as a playlist; once more after somebody joined updates the same one."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Write it into the account of whoever pressed."""
        await defer(interaction, private=True)
        services = services_of(interaction)
        found = await services.recommendations.get(RecommendationId(int(self.groups["list"])))
        if found is None:
            raise NotFoundError("error.card_gone")
        await write_list(services, interaction, found, f"blend:{self.groups['blend']}")


async def write_list(
    services: Services,
    interaction: discord.Interaction[Any],
    recommendation: Recommendation,
    purpose: str,
) -> None:
    """Write a list as a playlist and say what was placed."""
    spotify = spotify_of(services)
    await interaction.edit_original_response(view=notice(text("playlist.working")))
    kind = "blend" if purpose.startswith("blend:") else "list"
    day = f"{recommendation.made_at:%Y-%m-%d}"
    written = await spotify.playlists.write(
        member_of(interaction),
        purpose=purpose,
        name=plain(f"playlist.name_{kind}", day=day),
        description=plain("playlist.description"),
        subjects=[item.scored.subject for item in recommendation.items],
    )
    await interaction.edit_original_response(view=written_panel(written))


async def setup(bot: MusicBot) -> None:
    """Register the buttons."""
    bot.add_dynamic_items(PickToSpotify, BlendToSpotify)
