"""Asking for a list and sending it: shared by `/recommend`, `/start` and "more like this"."""

import logging
from typing import Any

import discord

from bot.domain.ids import ChannelId, GuildId, ItemKey, MemberId, MessageId
from bot.domain.music import Subject
from bot.domain.recommending import Recommendation, RecommendRequest
from bot.services import Services
from bot.ui.card import recommendation_card
from bot.ui.layout import Layout
from bot.unasked import Unasked

log = logging.getLogger(__name__)

SEEDED = ("👍", "👎")


def member_of(interaction: discord.Interaction[Any]) -> MemberId:
    """Return who asked or pressed."""
    return MemberId(interaction.user.id)


def unasked_of(interaction: discord.Interaction[Any]) -> Unasked:
    """Return what sends things that nobody waits for."""
    unasked: Unasked = interaction.client.unasked
    return unasked


async def make_card(
    services: Services,
    interaction: discord.Interaction[Any],
    *,
    private: bool,
    count: int = 5,
    like: Subject | None = None,
    adventure: int | None = None,
) -> tuple[Recommendation, Layout]:
    """Return a stored list and the card that shows it."""
    key: ItemKey | None = like.key if like else None
    recommendation = await services.recommend.recommend(
        RecommendRequest(
            member_id=member_of(interaction),
            guild_id=GuildId(interaction.guild_id) if interaction.guild_id else None,
            channel_id=ChannelId(interaction.channel_id) if interaction.channel_id else None,
            private=private,
            count=count,
            like=key,
            adventure=adventure,
        )
    )
    card = recommendation_card(
        recommendation,
        owner_name=interaction.user.display_name,
        like=like,
        settings=services.preferences.of(recommendation.member_id),
    )
    return recommendation, card


async def send_card(
    services: Services,
    interaction: discord.Interaction[Any],
    recommendation: Recommendation,
    card: Layout,
) -> None:
    """Fill the placeholder of a deferred answer and note which message shows the list."""
    message = await interaction.edit_original_response(view=card)
    await note_sent(services, recommendation, message)
    if len(recommendation.items) == 1 and not recommendation.private:
        await seed_reactions(interaction, message)


async def note_sent(
    services: Services,
    recommendation: Recommendation,
    message: discord.Message | discord.InteractionMessage,
) -> None:
    """Record the message; reactions on a public one are looked up by its id."""
    await services.recommendations.mark_sent(
        recommendation.id,
        message_id=MessageId(message.id),
        channel_id=ChannelId(message.channel.id),
        open_to_reactions=not recommendation.private,
    )


async def seed_reactions(
    interaction: discord.Interaction[Any], message: discord.InteractionMessage
) -> None:
    """Put 👍 and 👎 under a single pick, after it is on screen; where not allowed, buttons do."""
    if not (
        interaction.app_permissions.add_reactions
        and interaction.app_permissions.read_message_history
    ):
        return

    async def seed() -> None:
        for emoji in SEEDED:
            await message.add_reaction(emoji)

    try:
        await unasked_of(interaction).attempt(
            f"seeding message {message.id}",
            seed,
            channel_id=message.channel.id,
            guild=interaction.guild,
        )
    except discord.NotFound:
        log.info("message %d is gone already", message.id)
