"""`/import`: listening history from files."""

import logging
import math
import time
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers import defer
from bot.client import MusicBot
from bot.cogs.lists import member_of
from bot.domain.listening import ImportJob
from bot.errors import UserError
from bot.services import Services
from bot.services.imports import Files
from bot.ui.account import import_done, import_working, upload_offer
from bot.ui.texts import text
from bot.unasked import TROUBLE

log = logging.getLogger(__name__)

PROGRESS_EVERY_S = 2.5
MIB = 2**20


class Imports(commands.Cog):
    """Brings listens in from exports."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @app_commands.command(
        name="import",
        description="Bring your history: Spotify export (ZIP or JSON), ListenBrainz export or CSV",
    )
    @app_commands.describe(
        file="ZIP, JSON, JSONL or CSV", file_2="One more", file_3="One more", file_4="One more"
    )
    async def import_files(
        self,
        interaction: discord.Interaction[Any],
        file: discord.Attachment | None = None,
        file_2: discord.Attachment | None = None,
        file_3: discord.Attachment | None = None,
        file_4: discord.Attachment | None = None,
    ) -> None:
        """Read attachments, parse them in a child process, store the plays; always private.

        Without a file, or with one that is too large, there is the upload page.
        """
        await defer(interaction, private=True)
        member_id = member_of(interaction)
        await self._services.consent.require(member_id)
        attachments = [f for f in (file, file_2, file_3, file_4) if f is not None]
        if not attachments:
            await self._offer_page(interaction, UserError("error.import_no_file"))
            return
        try:
            for attachment in attachments:
                self._check_size(attachment)
        except UserError as error:
            await self._offer_page(interaction, error)
            return
        await interaction.edit_original_response(view=import_working(None))

        async def fetch() -> Files:
            return [(a.filename, await _read(a)) for a in attachments]

        job = await self._services.imports.fetch_and_run(
            member_id, fetch, on_progress=_Progress(interaction)
        )
        await interaction.edit_original_response(view=import_done(job))

    async def _offer_page(self, interaction: discord.Interaction[Any], why: UserError) -> None:
        """Lead to the upload page, where there is one."""
        uploads = self._services.uploads
        if uploads is None:
            raise why
        url = await uploads.links.begin(member_of(interaction), interaction.user.display_name)
        words = None if why.key == "error.import_no_file" else text(why.key, **why.params)
        await interaction.edit_original_response(view=upload_offer(url, too_large=words))

    def _check_size(self, attachment: discord.Attachment) -> None:
        limit = self._services.upload_limit_mb
        if attachment.size > limit * MIB:
            raise UserError(
                "error.upload_too_large",
                name=attachment.filename,
                size=math.ceil(attachment.size / MIB),
                limit=limit,
            )


async def _read(attachment: discord.Attachment) -> bytes:
    """Return an attachment's bytes; those of private commands vanish soon, so read at once."""
    try:
        return await attachment.read()
    except TROUBLE as error:
        raise UserError("error.download") from error


class _Progress:
    """Edits the private answer now and then while rows are stored."""

    def __init__(self, interaction: discord.Interaction[Any]) -> None:
        self._interaction = interaction
        self._last = time.monotonic()

    async def __call__(self, job: ImportJob) -> None:
        if time.monotonic() - self._last < PROGRESS_EVERY_S:
            return
        self._last = time.monotonic()
        try:
            await self._interaction.edit_original_response(view=import_working(job))
        except TROUBLE as error:
            log.info("progress of import %d was not shown: %s", job.id, error)


async def setup(bot: MusicBot) -> None:
    """Load the cog."""
    await bot.add_cog(Imports(bot.services))
