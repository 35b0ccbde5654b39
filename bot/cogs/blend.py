"""`/blend`: one list for two to twelve people, made of those who agreed."""

import logging
from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import defer, guarded, send_private
from bot.client import MusicBot
from bot.cogs.buttons import CarriedButton, services_of
from bot.cogs.lists import member_of
from bot.domain.blending import Agreement, Blend, BlendRule
from bot.domain.ids import BlendId, ChannelId, GuildId, MemberId, MessageId
from bot.errors import UserError
from bot.services import Services
from bot.services.blends import BlendView
from bot.ui import custom_ids
from bot.ui.blend import answer_key, blend_card, call_to, invitation
from bot.ui.layout import notice
from bot.ui.texts import text
from bot.unasked import TROUBLE

log = logging.getLogger(__name__)

ANSWERS = {
    "agree": Agreement.AGREED,
    "decline": Agreement.DECLINED,
    "revoke": Agreement.REVOKED,
}


class Blends(commands.Cog):
    """Shared lists."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description="One list for 2 to 12 people, made of those who agree")
    @app_commands.guild_only()
    @app_commands.describe(
        member="Who to blend with; they are asked first",
        rule="How several tastes become one list",
    )
    @app_commands.choices(
        rule=[
            app_commands.Choice(name="Joy: what the group likes most", value=BlendRule.JOY.value),
            app_commands.Choice(name="Fair: everybody's turn", value=BlendRule.FAIR.value),
            app_commands.Choice(
                name="No one suffers: nothing somebody can't stand",
                value=BlendRule.NO_ONE_SUFFERS.value,
            ),
        ]
    )
    async def blend(
        self,
        interaction: discord.Interaction[Any],
        member: discord.User,
        member_2: discord.User | None = None,
        member_3: discord.User | None = None,
        member_4: discord.User | None = None,
        member_5: discord.User | None = None,
        member_6: discord.User | None = None,
        member_7: discord.User | None = None,
        member_8: discord.User | None = None,
        member_9: discord.User | None = None,
        member_10: discord.User | None = None,
        member_11: discord.User | None = None,
        rule: str = BlendRule.FAIR.value,
    ) -> None:
        """Invite people to a blend, in public and with a ping."""
        await defer(interaction, private=False)
        asked = [
            u
            for u in (
                member, member_2, member_3, member_4, member_5, member_6,
                member_7, member_8, member_9, member_10, member_11,
            )
            if u is not None
        ]  # fmt: skip
        if interaction.guild_id is None or interaction.channel_id is None:
            raise UserError("error.guild_only")
        if any(u.bot for u in asked):
            raise UserError("error.blend_people")
        blend = await self._services.blends.invite(
            owner_id=member_of(interaction),
            members=[MemberId(u.id) for u in asked],
            guild_id=GuildId(interaction.guild_id),
            channel_id=ChannelId(interaction.channel_id),
            rule=BlendRule(rule),
        )
        names = {MemberId(u.id): u.display_name for u in [interaction.user, *asked]}
        message = await interaction.edit_original_response(
            view=invitation(blend, names), allowed_mentions=discord.AllowedMentions.none()
        )
        await self._services.blends.sent(blend.id, MessageId(message.id))
        await _ping(interaction, asked)


async def _ping(interaction: discord.Interaction[Any], asked: Sequence[discord.User]) -> None:
    """Tell the invited in a message of its own: Discord notifies nobody of a placeholder's edit."""
    try:
        await interaction.followup.send(
            view=call_to(MemberId(u.id) for u in asked),
            allowed_mentions=discord.AllowedMentions(
                everyone=False, roles=False, users=[discord.Object(u.id) for u in asked]
            ),
        )
    except TROUBLE as error:
        log.info("an invitation stands, but its call failed: %s", error)


class BlendAnswer(CarriedButton, template=custom_ids.BLEND):
    """I'm in, no thanks, take me out."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Record the answer of whoever pressed, and redraw the blend."""
        await interaction.response.defer()
        services = services_of(interaction)
        agreement = ANSWERS[self.groups["answer"]]
        blend_id = BlendId(int(self.groups["blend"]))
        async with services.blends.turn(blend_id):
            view = await services.blends.answer(blend_id, member_of(interaction), agreement)
            await redraw(services, interaction, view)
        await send_private(interaction, notice(text(answer_key(agreement))))


async def redraw(
    services: Services, interaction: discord.Interaction[Any], view: BlendView
) -> None:
    """Show a blend as it now stands, by the click's own interaction."""
    names = await names_of(interaction, view.blend)
    nobody = discord.AllowedMentions.none()
    if view.result is None:
        ended = view.blend.standing_of(view.blend.owner_id) is not Agreement.AGREED
        panel = invitation(view.blend, names, ended=ended, left_out=view.left_out)
        await interaction.edit_original_response(
            view=panel, attachments=[], allowed_mentions=nobody
        )
        return
    service = services.preferences.of(view.blend.owner_id).link_service
    card, file = blend_card(
        view.result,
        names,
        left_out=view.left_out,
        service=service,
        spotify=services.spotify is not None,
    )
    message = await interaction.edit_original_response(
        view=card, attachments=[file], allowed_mentions=nobody
    )
    await services.recommendations.mark_sent(
        view.result.items[0].recommendation_id,
        message_id=MessageId(message.id),
        channel_id=ChannelId(message.channel.id),
        open_to_reactions=False,
    )


async def names_of(interaction: discord.Interaction[Any], blend: Blend) -> dict[MemberId, str]:
    """Return display names: from the cache, the click itself, or the mention as a last resort."""
    names: dict[MemberId, str] = {}
    guild = interaction.guild
    for member_id, _ in blend.members:
        known = guild.get_member(member_id) if guild else None
        if member_id == interaction.user.id:
            names[member_id] = interaction.user.display_name
        elif known is not None:
            names[member_id] = known.display_name
        else:
            names[member_id] = await _fetched_name(interaction, member_id)
    return names


async def _fetched_name(interaction: discord.Interaction[Any], member_id: MemberId) -> str:
    guild = interaction.guild
    try:
        if guild is not None:
            return (await guild.fetch_member(member_id)).display_name
    except TROUBLE:
        pass
    return text_mention(member_id)


def text_mention(member_id: MemberId) -> str:
    """Return a stand-in for a name that can't be read."""
    return f"…{member_id % 10_000:04d}"


async def setup(bot: MusicBot) -> None:
    """Load the cog."""
    bot.add_dynamic_items(BlendAnswer)
    await bot.add_cog(Blends(bot.services))
