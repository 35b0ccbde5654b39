"""Notices as private messages."""

import logging

import aiohttp
import discord

from bot.domain.ids import MemberId
from bot.services.notices import Notice, Send
from bot.ui.link import notice_panel

log = logging.getLogger(__name__)


def notices_by(client: discord.Client) -> Send:
    """Return what sends a notice through a client."""

    async def send(member_id: MemberId, notice: Notice) -> bool:
        try:
            user = client.get_user(member_id) or await client.fetch_user(member_id)
            await user.send(view=notice_panel(notice))
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("member %d takes no private message: %s", member_id, type(error).__name__)
            return False
        return True

    return send
