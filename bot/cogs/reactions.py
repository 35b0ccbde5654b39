"""👍 and 👎 as emoji reactions: state that is re-read after a lost session."""

import logging
from collections.abc import Iterable
from datetime import timedelta

import discord
from discord.ext import commands

from bot.client import MusicBot
from bot.domain.feedback import OpenMessage, Verdict
from bot.domain.ids import MemberId, MessageId
from bot.errors import MusicBotError
from bot.services import Services
from bot.unasked import UNKNOWN_MESSAGE

log = logging.getLogger(__name__)

RECONCILED_MESSAGES = 50
RECONCILED_AGE = timedelta(days=3)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_VARIATION_SELECTOR = 0xFE0F
_VERDICTS = {"👍": Verdict.UP, "👎": Verdict.DOWN}


def normalised(emoji: str) -> str:
    """Return an emoji without skin tone and variation selector."""
    return "".join(c for c in emoji if ord(c) not in _SKIN_TONES and ord(c) != _VARIATION_SELECTOR)


def verdict_of(emoji: discord.PartialEmoji | discord.Emoji | str) -> Verdict | None:
    """Return what an emoji says, None for every other emoji."""
    return _VERDICTS.get(normalised(str(emoji)))


class Reactions(commands.Cog):
    """Turns reactions into gestures; people who never agreed are ignored."""

    def __init__(self, bot: MusicBot, services: Services) -> None:
        self._bot = bot
        self._services = services

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Store a reaction."""
        if payload.member is None or not payload.member.bot:
            await self._reacted(payload, added=True)

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """Take a reaction back."""
        await self._reacted(payload, added=False)

    async def _reacted(self, payload: discord.RawReactionActionEvent, *, added: bool) -> None:
        verdict = verdict_of(payload.emoji)
        own = self._bot.user is not None and payload.user_id == self._bot.user.id
        if verdict is None or own:
            return
        try:
            await self._services.feedback.reacted(
                MemberId(payload.user_id),
                MessageId(payload.message_id),
                str(payload.emoji),
                verdict,
                added=added,
            )
        except MusicBotError:
            log.exception("a reaction on message %d was not stored", payload.message_id)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Re-read the reactions of open messages: a fresh session replays nothing."""
        since = discord.utils.utcnow() - RECONCILED_AGE
        messages = await self._services.recommendations.open_messages(
            since=since, limit=RECONCILED_MESSAGES
        )
        changes = 0
        for message in messages:
            changes += await self._reconcile(message)
        if changes:
            log.info("caught up with %d reactions", changes)

    async def _reconcile(self, message: OpenMessage) -> int:
        async def look() -> dict[tuple[MemberId, str], Verdict]:
            channel = self._bot.get_partial_messageable(message.channel_id)
            found = await channel.fetch_message(message.message_id)
            return {
                (MemberId(user.id), str(reaction.emoji)): verdict
                for reaction, verdict in _votes(found.reactions)
                async for user in reaction.users()
                if not user.bot
            }

        about = f"reading reactions of message {message.message_id}"
        channel = self._bot.get_channel(message.channel_id)
        try:
            changes = await self._bot.unasked.attempt(
                about,
                lambda: self._services.feedback.reconcile(message.message_id, look),
                channel_id=message.channel_id,
                guild=getattr(channel, "guild", None),
            )
        except discord.NotFound as error:
            if error.code == UNKNOWN_MESSAGE:
                await self._services.recommendations.close_message(message.message_id)
            log.info("%s failed: %s", about, error)
        except MusicBotError:
            log.exception("reactions of message %d were not stored", message.message_id)
        else:
            return changes or 0
        return 0


def _votes(reactions: Iterable[discord.Reaction]) -> list[tuple[discord.Reaction, Verdict]]:
    pairs = [(reaction, verdict_of(reaction.emoji)) for reaction in reactions]
    return [(reaction, verdict) for reaction, verdict in pairs if verdict is not None]


async def setup(bot: MusicBot) -> None:
    """Load the cog."""
    await bot.add_cog(Reactions(bot, bot.services))
