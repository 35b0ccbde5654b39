"""The parts of the server, put together."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.fake_discord.clock import Clock, Pulse, Snowflakes
from tests.fake_discord.commands import CommandBook
from tests.fake_discord.gateway import Gateway
from tests.fake_discord.intents import NONE, Intent
from tests.fake_discord.interactions import Interactions
from tests.fake_discord.payloads import message_json
from tests.fake_discord.world import World

if TYPE_CHECKING:
    from tests.fake_discord.faults import Fault, RequestLog
    from tests.fake_discord.model import Message
    from tests.fake_discord.record import InteractionRecord

SHOWN_REQUESTS = 12


class Core:
    """Shared state of everything a test calls and everything a route needs."""

    def __init__(
        self,
        *,
        token: str,
        shards: int = 1,
        privileged: Intent = NONE,
        reaction_interval_s: float = 0.0,
    ) -> None:
        self.token = token
        self.shards = shards
        self.reaction_interval_s = reaction_interval_s
        self.clock = Clock()
        self.pulse = Pulse()
        self.snowflakes = Snowflakes()
        self.world = World(self.clock, self.snowflakes)
        self.commands = CommandBook(self.snowflakes)
        self.gateway = Gateway(self.world, self.pulse, token=token, privileged=privileged)
        self.book = Interactions(self.world, self.clock, self.snowflakes, self.announce)
        self.faults: list[Fault] = []
        self.requests: list[RequestLog] = []
        self.unknown_routes: list[str] = []
        self.crashes: list[str] = []

    @property
    def interactions(self) -> list[InteractionRecord]:
        """All interactions so far, oldest first."""
        return self.book.records

    def announce(self, event: str, message: Message) -> None:
        """Tell the gateway about a message; ephemeral ones stay between the bot and the user."""
        if message.ephemeral:
            return
        channel = message.channel
        if event == "MESSAGE_DELETE":
            body: dict[str, Any] = {"id": str(message.id), "channel_id": str(channel.id)}
        else:
            body = message_json(message, me=self.world.me)
            may_read = channel.is_dm or message.author is self.world.me
            if not may_read and not any(
                Intent.MESSAGE_CONTENT in s.intents for s in self.gateway.live
            ):
                body |= {"content": "", "embeds": [], "attachments": [], "components": []}
        guild = channel.guild
        if guild is not None:
            body["guild_id"] = str(guild.id)
            if not guild.bot_present:
                return
        self.gateway.dispatch(event, body, guild_id=channel.guild_id)

    def situation(self) -> str:
        """Describe what happened lately, for the message of a failed test."""
        lines = [f"connected shards: {sorted(each.shard[0] for each in self.gateway.live)}"]
        lines += [f"interaction: {record}" for record in self.interactions[-5:]]
        lines += [f"the fake itself failed: {crash}" for crash in self.crashes]
        lines += [f"request: {request}" for request in self.requests[-SHOWN_REQUESTS:]]
        dropped = Counter((each.event, each.needs.name) for each in self.gateway.dropped)
        lines += [
            f"not sent {n}x, intent missing: {event} ({needs})"
            for (event, needs), n in dropped.items()
        ]
        return "\n".join(lines)
