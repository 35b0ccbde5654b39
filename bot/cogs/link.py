"""`/link` and `/unlink`: a Spotify account for whoever asks, in private."""

import asyncio
import contextvars
import time
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.answers import defer, guarded
from bot.client import MusicBot
from bot.cogs.buttons import CarriedButton, services_of
from bot.cogs.lists import member_of
from bot.discord_adapters.notices import notices_by
from bot.domain.spotify import LoginState
from bot.errors import UserError
from bot.services import Services, SpotifyServices
from bot.services.link_watch import LinkEvent
from bot.ui import custom_ids
from bot.ui.layout import notice
from bot.ui.link import link_event, link_offer, link_state, unlink_question, unlinked
from bot.ui.texts import plain, text

ADDRESS_LENGTH = 2000
PROGRESS_EVERY_S = 2.5
"""Discord lets a message be changed a few times in five seconds."""


class Link(commands.Cog):
    """The Spotify door."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(description="Link your Spotify account, see how it is, or finish linking")
    @app_commands.describe(step="Finish: paste the address your browser was sent to")
    @app_commands.choices(step=[app_commands.Choice(name="finish", value="finish")])
    async def link(self, interaction: discord.Interaction[Any], step: str | None = None) -> None:
        """Begin, show or finish a link."""
        spotify = spotify_of(self._services)
        if step == "finish":
            await interaction.response.send_modal(FinishModal())
            return
        await defer(interaction, private=True)
        login, _ = await spotify.links.status(member_of(interaction))
        if login is not None and login.state is LoginState.LINKED:
            state = await spotify.sync.state(login.member_id)
            await interaction.edit_original_response(view=link_state(login, state))
            return
        await begin(spotify, interaction)

    @app_commands.command(description="Unlink Spotify: tokens and its listens are deleted")
    async def unlink(self, interaction: discord.Interaction[Any]) -> None:
        """Ask before unlinking."""
        await defer(interaction, private=True)
        await ask_to_unlink(spotify_of(self._services), interaction)


def spotify_of(services: Services) -> SpotifyServices:
    """Return the Spotify door.

    Raises
    ------
    UserError
        When the operator has not switched it on.
    """
    if services.spotify is None:
        raise UserError("error.spotify_off")
    return services.spotify


async def begin(spotify: SpotifyServices, interaction: discord.Interaction[Any]) -> None:
    """Open an attempt and fill the private placeholder; the message follows what becomes of it."""
    member_id = member_of(interaction)
    offer = await spotify.links.begin(member_id, interaction.user.display_name)

    spotify.links.watch.watch(member_id, _Follower(interaction))
    await interaction.edit_original_response(
        view=link_offer(offer, paste_start=spotify.links.redirect_uri)
    )


class _Follower:
    """Keeps the private message up to date; how reading goes on is shown now and then only.

    Events come from a page or a background task; the edit is made in the command's own context,
    where discord.py looks for what carries it.
    """

    def __init__(self, interaction: discord.Interaction[Any]) -> None:
        self._interaction = interaction
        self._context = contextvars.copy_context()
        self._last = time.monotonic()

    async def __call__(self, event: LinkEvent) -> None:
        now = time.monotonic()
        if event.of and now - self._last < PROGRESS_EVERY_S:
            return
        self._last = now
        await asyncio.create_task(self._edit(event), context=self._context)

    async def _edit(self, event: LinkEvent) -> None:
        await self._interaction.edit_original_response(view=link_event(event))


async def ask_to_unlink(spotify: SpotifyServices, interaction: discord.Interaction[Any]) -> None:
    """Fill the private placeholder with the question."""
    login, _ = await spotify.links.status(member_of(interaction))
    if login is None:
        raise UserError("error.spotify_not_linked")
    await interaction.edit_original_response(view=unlink_question())


class FinishModal(ui.Modal):
    """Takes the address that the member's browser was sent to."""

    def __init__(self) -> None:
        super().__init__(title=plain("link.finish_title"), timeout=900)
        self.address: ui.TextInput[FinishModal] = ui.TextInput(
            style=discord.TextStyle.paragraph,
            max_length=ADDRESS_LENGTH,
            custom_id="address",
        )
        self.add_item(
            ui.Label(
                text=plain("link.finish_label"),
                description=plain("link.finish_hint"),
                component=self.address,
            )
        )

    @guarded
    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Finish the attempt; the message of `/link`, or this answer, tells how it goes on."""
        await defer(interaction, private=True)
        spotify = spotify_of(services_of(interaction))
        login = await spotify.links.pasted(member_of(interaction), self.address.value)
        await interaction.edit_original_response(view=notice(text("link.linked", name=login.name)))


class LinkButton(CarriedButton, template=custom_ids.LINK):
    """Link again, and Finish."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Open the form, or a new attempt for whoever pressed."""
        spotify = spotify_of(services_of(interaction))
        if self.groups["do"] == "finish":
            await interaction.response.send_modal(FinishModal())
            return
        await defer(interaction, private=True)
        await begin(spotify, interaction)


class UnlinkButton(CarriedButton, template=custom_ids.UNLINK):
    """Unlink, and the answer to its question."""

    @guarded
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Ask, unlink whoever pressed, or don't."""
        spotify = spotify_of(services_of(interaction))
        if self.groups["answer"] == "ask":
            await defer(interaction, private=True)
            await ask_to_unlink(spotify, interaction)
            return
        await interaction.response.defer()
        if self.groups["answer"] == "no":
            await interaction.edit_original_response(view=notice(text("unlink.kept")))
            return
        removed = await spotify.links.unlink(member_of(interaction))
        await interaction.edit_original_response(view=unlinked(removed))


async def setup(bot: MusicBot) -> None:
    """Load the cog, and let notices go out through this client."""
    bot.services.notices.attach(notices_by(bot, bot.unasked), application_id=bot.application_id)
    bot.add_dynamic_items(LinkButton, UnlinkButton)
    await bot.add_cog(Link(bot.services))
