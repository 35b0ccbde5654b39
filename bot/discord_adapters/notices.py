"""Notices as private messages."""

import logging

import discord

from bot.domain.ids import MemberId
from bot.services.notices import Notice, Send
from bot.ui.link import notice_panel
from bot.unasked import Unasked

log = logging.getLogger(__name__)


def notices_by(client: discord.Client, unasked: Unasked) -> Send:
    """Return what sends a notice through a client."""

    async def send(member_id: MemberId, notice: Notice) -> bool:
        async def write() -> discord.Message:
            user = client.get_user(member_id) or await client.fetch_user(member_id)
            return await user.send(view=notice_panel(notice))

        try:
            sent = await unasked.attempt(f"a private message to member {member_id}", write)
        except discord.NotFound:
            log.info("member %d is no longer at Discord", member_id)
            return False
        return sent is not None

    return send
