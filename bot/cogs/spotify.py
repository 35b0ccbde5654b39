"""Picks and blends to Spotify, by whoever presses, into their own account or the operator's."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import discord

from bot.answers import defer, guarded
from bot.client import MusicBot
from bot.cogs.buttons import CarriedButton, services_of
from bot.cogs.link import spotify_of
from bot.cogs.lists import member_of
from bot.domain.ids import BlendId, MemberId, RecommendationId, ShownItemId
from bot.domain.recommending import Recommendation
from bot.domain.spotify import Written
from bot.errors import NotFoundError, UserError
from bot.services import Services
from bot.ui import custom_ids
from bot.ui.layout import notice
from bot.ui.spotify import where_panel, written_panel
from bot.ui.texts import plain, text

Write = Callable[..., Awaitable[Written]]
"""Either way of writing a playlist."""


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
            await offer(services, interaction, recommendation, None)
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
        await offer(services, interaction, found, BlendId(int(self.groups["blend"])))


class PlaylistOn(CarriedButton, template=custom_ids.PLAYLIST_ON):
    """Whose account a playlist goes to."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Write it there."""
        await interaction.response.defer()
        services = services_of(interaction)
        found = await services.recommendations.get(RecommendationId(int(self.groups["list"])))
        if found is None:
            raise NotFoundError("error.card_gone")
        blend = int(self.groups["blend"])
        shared = self.groups["where"] == "shared"
        await write_list(
            services, interaction, found, BlendId(blend) if blend else None, shared=shared
        )


async def offer(
    services: Services,
    interaction: discord.Interaction[Any],
    recommendation: Recommendation,
    blend_id: BlendId | None,
) -> None:
    """Ask whose account it goes to where there is a choice or none of one's own; else write it."""
    spotify, member_id = spotify_of(services), member_of(interaction)
    owner = await spotify.shared.owner() if spotify.shared is not None else None
    if owner is None or owner == member_id:
        await write_list(services, interaction, recommendation, blend_id)
        return
    own = await spotify.links.works(member_id)
    panel = where_panel(owner, own=own, list_id=recommendation.id, blend_id=blend_id or 0)
    await interaction.edit_original_response(view=panel)


async def write_list(
    services: Services,
    interaction: discord.Interaction[Any],
    recommendation: Recommendation,
    blend_id: BlendId | None,
    *,
    shared: bool = False,
) -> None:
    """Write a list as a playlist and say what was placed."""
    spotify, member_id = spotify_of(services), member_of(interaction)
    owner: MemberId | None = None
    write: Write = spotify.playlists.write
    if shared:
        owner = await spotify.shared.owner() if spotify.shared is not None else None
        if spotify.shared is None or owner is None:
            raise UserError("error.shared_off")
        tastes = [recommendation.member_id]
        if blend_id is not None:
            tastes = list(await services.blends.tastes_in(blend_id, recommendation))
        write = partial(spotify.shared.write, tastes=tastes)
    await interaction.edit_original_response(view=notice(text("playlist.working")))
    day = f"{recommendation.made_at:%Y-%m-%d}"
    written = await write(
        member_id,
        purpose=f"blend:{blend_id}" if blend_id else f"list:{recommendation.id}",
        name=plain("playlist.name_blend" if blend_id else "playlist.name_list", day=day),
        description=plain("playlist.description"),
        subjects=[item.scored.subject for item in recommendation.items],
    )
    await interaction.edit_original_response(view=written_panel(written, owner=owner))


def _operator(bot: MusicBot) -> MemberId | None:
    """Return who owns the application at Discord: of a team, its owner."""
    application = bot.application
    if application is None:
        return None
    if application.team is not None and application.team.owner_id is not None:
        return MemberId(application.team.owner_id)
    return MemberId(application.owner.id)


async def setup(bot: MusicBot) -> None:
    """Register the buttons, and say whose account takes playlists for others."""
    operator = _operator(bot)
    if bot.services.spotify is not None and bot.services.spotify.shared and operator is not None:
        bot.services.spotify.shared.belong_to(operator)
    bot.add_dynamic_items(PickToSpotify, BlendToSpotify, PlaylistOn)
