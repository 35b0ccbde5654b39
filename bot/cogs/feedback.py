"""Vote buttons, the ⋯ panel, blocks: by whoever presses, for their own profile."""

from typing import Any

import discord

from bot.answers import defer, guarded, send_private
from bot.client import MusicBot
from bot.cogs.buttons import CarriedButton, CarriedMenu, services_of
from bot.cogs.lists import member_of
from bot.domain.feedback import BlockKind, Verdict
from bot.domain.ids import ShownItemId
from bot.errors import ConsentMissingError, NotFoundError
from bot.services import Services
from bot.ui import custom_ids
from bot.ui.layout import notice
from bot.ui.panels import blocked_panel, consent_panel, receipt_panel, why_panel
from bot.ui.preview import preview_panel
from bot.ui.texts import text

VERDICTS = {"up": Verdict.UP, "down": Verdict.DOWN}


async def vote_and_answer(
    services: Services, interaction: discord.Interaction[Any], item_id: ShownItemId, word: str
) -> None:
    """Store a vote, or take it back, and show its receipt; the answer is deferred already.

    A first vote of somebody who never agreed explains, and is stored by the OK.
    """
    member_id = member_of(interaction)
    try:
        if word == "undo":
            receipt = await services.feedback.take_back(member_id, item_id)
        else:
            receipt = await services.feedback.vote(member_id, item_id, VERDICTS[word])
    except ConsentMissingError:
        await interaction.edit_original_response(view=await _consent_first(services, item_id, word))
        return
    await interaction.edit_original_response(view=receipt_panel(receipt, item_id))


async def _consent_first(
    services: Services, item_id: ShownItemId, word: str
) -> discord.ui.LayoutView:
    recommendation = await services.recommendations.of_item(item_id)
    if recommendation is None:
        raise NotFoundError("error.card_gone")
    item = next(i for i in recommendation.items if i.id == item_id)
    intro = text("consent.vote_intro", title=item.scored.subject.full_title)
    verdict = VERDICTS.get(word, Verdict.UP)
    return consent_panel(custom_ids.agree_to_vote(item_id, verdict), intro)


class VoteButton(CarriedButton, template=custom_ids.VOTE):
    """👍, 👎 and undo."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Store the vote of whoever pressed."""
        await defer(interaction, private=True)
        item_id = ShownItemId(int(self.groups["item"]))
        await vote_and_answer(
            services_of(interaction), interaction, item_id, self.groups["verdict"]
        )


class VoteMenu(CarriedMenu, template=custom_ids.VOTE_MENU):
    """A vote on one of many tracks, as on a blend."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Store the vote of whoever chose."""
        await defer(interaction, private=True)
        item_id = ShownItemId(int(self.chosen))
        await vote_and_answer(
            services_of(interaction), interaction, item_id, self.groups["verdict"]
        )


class MoreButton(CarriedButton, template=custom_ids.MORE):
    """⋯: why this, for whoever presses, and what can be done about it."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Open the private panel."""
        await defer(interaction, private=True)
        services = services_of(interaction)
        member_id = member_of(interaction)
        item_id = ShownItemId(int(self.groups["item"]))
        why = await services.taste.why(member_id, item_id)
        service = services.preferences.of(member_id).link_service
        spotify = services.spotify is not None and await services.spotify.links.works(member_id)
        # Spotify's policy wants no other service's streams beside its own buttons.
        preview = services.previews.on and not spotify
        panel = why_panel(why, item_id, service=service, spotify=spotify, preview=preview)
        await interaction.edit_original_response(view=panel)


class PreviewButton(CarriedButton, template=custom_ids.PREVIEW):
    """Half a minute of a pick, fetched while whoever pressed waits."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Answer with a link that expires; nothing of it is stored."""
        await defer(interaction, private=True)
        services = services_of(interaction)
        item_id = ShownItemId(int(self.groups["item"]))
        recommendation = await services.recommendations.of_item(item_id)
        if recommendation is None:
            raise NotFoundError("error.card_gone")
        subject = next(i.scored.subject for i in recommendation.items if i.id == item_id)
        found = await services.previews.of(subject)
        await interaction.edit_original_response(view=preview_panel(subject, found))


class BlockButton(CarriedButton, template=custom_ids.BLOCK):
    """Not this song, never this artist."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Store the block of whoever pressed."""
        await defer(interaction, private=True)
        kind = BlockKind(self.groups["kind"])
        item_id = ShownItemId(int(self.groups["item"]))
        subject = await services_of(interaction).feedback.block(
            member_of(interaction), item_id, kind
        )
        await interaction.edit_original_response(view=blocked_panel(subject, kind))


class UnblockButton(CarriedButton, template=custom_ids.UNBLOCK):
    """The undo of a block."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Lift the block."""
        await defer(interaction, private=True)
        lifted = await services_of(interaction).feedback.unblock(
            member_of(interaction), BlockKind(self.groups["kind"]), int(self.groups["target"])
        )
        key = "block.lifted" if lifted else "block.not_blocked"
        await send_private(interaction, notice(text(key)))


async def setup(bot: MusicBot) -> None:
    """Register the buttons."""
    bot.add_dynamic_items(
        VoteButton, VoteMenu, MoreButton, PreviewButton, BlockButton, UnblockButton
    )
