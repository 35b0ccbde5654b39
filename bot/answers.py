"""How errors reach people: one funnel, never raising, always private.

Components do not pass through the command tree, so `guarded` leads their errors here too.
"""

import functools
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

import discord
from discord import app_commands

from bot.errors import (
    ConsentMissingError,
    ForbiddenError,
    LinkExpiredError,
    NotAllowlistedError,
    PremiumRequiredError,
    StorageError,
    UpstreamError,
    UserError,
)
from bot.ui import custom_ids
from bot.ui.layout import Layout, notice
from bot.ui.panels import consent_panel
from bot.ui.texts import text
from bot.unasked import TROUBLE, UNKNOWN_MESSAGE

log = logging.getLogger(__name__)

P = ParamSpec("P")
S = TypeVar("S")
Callback = Callable[Concatenate[S, discord.Interaction[Any], P], Coroutine[Any, Any, None]]
UPSTREAM_WORDS = (
    (LinkExpiredError, "error.spotify_expired"),
    (NotAllowlistedError, "error.spotify_not_listed"),
    (PremiumRequiredError, "error.spotify_premium"),
    (ForbiddenError, "error.spotify_forbidden"),
)
"""What waiting does not mend, and what does; the first kind that fits."""
UNKNOWN_INTERACTION = 10062
TOKEN_EXPIRED = 50027


async def answer_error(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Tell the person what went wrong and what to do next.

    Never raises. Errors that nobody foresaw get an incident id which is also in the log.
    """
    error = getattr(error, "original", error)
    if isinstance(error, discord.HTTPException) and error.code in {
        UNKNOWN_INTERACTION,
        UNKNOWN_MESSAGE,
        TOKEN_EXPIRED,
    }:
        log.warning("interaction %s is over, nobody can be told (%s)", interaction.id, error.code)
        return
    try:
        await send_private(interaction, _in_words(error, interaction))
    except TROUBLE as failure:
        log.warning("an error could not be shown: %s", failure)


def _in_words(error: BaseException, interaction: discord.Interaction[Any]) -> Layout:
    if isinstance(error, ConsentMissingError):
        intro = f"{text('error.consent_missing')} {text('consent.run_again')}"
        return consent_panel(custom_ids.agree("nothing"), intro)
    if isinstance(error, UserError):
        return notice(text(error.key, **error.params))
    if isinstance(error, app_commands.CommandSignatureMismatch):
        return notice(text("error.stale_command"), warning=True)
    if isinstance(error, app_commands.NoPrivateMessage):
        return notice(text("error.guild_only"))
    for kind, key in UPSTREAM_WORDS:
        if isinstance(error, kind):
            return notice(text(key), warning=True)
    if isinstance(error, UpstreamError):
        seconds = round(error.retry_after_s or 60)
        return notice(text("error.upstream", service=error.service, seconds=seconds), warning=True)
    incident = secrets.token_hex(3)
    command = interaction.command.name if interaction.command else "component"
    log.error("incident %s in %s: %s", incident, command, type(error).__name__, exc_info=error)
    key = "error.storage" if isinstance(error, StorageError) else "error.incident"
    return notice(text(key, incident=incident), warning=True)


async def send_private(interaction: discord.Interaction[Any], view: Layout) -> None:
    """Answer privately, whatever was answered before.

    A deferred public answer can't become private, and whatever fills its placeholder inherits the
    visibility: so a neutral line fills it, the words follow in private, and the line is deleted.
    """
    response = interaction.response
    if not response.is_done():
        await response.send_message(view=view, ephemeral=True)
        return
    if response.type is not discord.InteractionResponseType.deferred_channel_message:
        await interaction.followup.send(view=view, ephemeral=True)
        return
    if interaction.extras.get("ephemeral", False):
        await interaction.edit_original_response(view=view)
        return
    await interaction.edit_original_response(view=notice(text("error.in_private")))
    await interaction.followup.send(view=view, ephemeral=True)
    await interaction.delete_original_response()


async def defer(interaction: discord.Interaction[Any], *, private: bool) -> None:
    """Acknowledge at once; visibility is fixed here and remembered for a later error."""
    interaction.extras["ephemeral"] = private
    await interaction.response.defer(ephemeral=private, thinking=True)


def guarded(callback: Callback[S, P]) -> Callback[S, P]:
    """Lead a component callback's errors into `answer_error`."""

    @functools.wraps(callback)
    async def wrapper(
        self: S, interaction: discord.Interaction[Any], /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        try:
            await callback(self, interaction, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  # the funnel logs what it does not know
            await answer_error(interaction, error)

    return wrapper
