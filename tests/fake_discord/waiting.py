"""Waiting for what the bot does. Every wait ends with a readable `NotSeenError`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from tests.fake_discord.core import Core

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_discord.faults import RequestLog
    from tests.fake_discord.model import Channel, Message, User

T = TypeVar("T")

PATIENCE_S = 60.0
"""No wait ends by it unless something is broken, however slow the machine."""
START_S = 60.0


class Waiting(Core):
    async def wait_for(
        self, condition: Callable[[], T], what: str, *, within: float = PATIENCE_S
    ) -> T:
        """Wait until `condition()` is truthy, and return its value."""
        return await self.pulse.wait_for(condition, what=what, within=within, hint=self.situation)

    async def wait_ready(self, *, within: float = START_S) -> None:
        """Wait until every shard of the bot is connected."""
        await self.wait_for(lambda: self.gateway.complete, "all shards to connect", within=within)

    async def wait_synced(self, *names: str, within: float = START_S) -> None:
        """Wait until these global commands exist; without names, until any sync."""
        await self.wait_for(
            lambda: self.commands.syncs > 0 and self.commands.names().issuperset(names),
            f"the commands {names or '(any)'} to be synced",
            within=within,
        )

    async def wait_disconnected(self, *, within: float = START_S) -> None:
        """Wait until the bot has no socket open."""
        await self.wait_for(lambda: not self.gateway.sockets, "the bot to hang up", within=within)

    async def wait_message(
        self,
        channel: Channel,
        containing: str = "",
        *,
        after: Message | None = None,
        within: float = PATIENCE_S,
    ) -> Message:
        """Wait for the bot's newest public message in a channel, thinking ones left out."""

        def newest() -> Message | None:
            for message in reversed(channel.visible_messages):
                is_new = after is None or message.id > after.id
                is_said = message.author is self.world.me and not message.loading
                if is_new and is_said and containing in message.text:
                    return message
            return None

        found = await self.wait_for(newest, f"a message with {containing!r}", within=within)
        assert found is not None, "wait_for returns truthy values only"
        return found

    async def wait_text(self, shown: Message, text: str, *, within: float = PATIENCE_S) -> None:
        """Wait until a message contains a text, by an edit that is still to come."""
        await self.wait_for(
            lambda: text in shown.text,
            f"{text!r} in a message that reads {shown.text!r}",
            within=within,
        )

    async def wait_reaction(
        self, message: Message, emoji: str, *, by: User | None = None, within: float = PATIENCE_S
    ) -> None:
        """Wait for a reaction, by the bot if nobody else is named."""
        user = by or self.world.me
        await self.wait_for(
            lambda: user.id in message.reactions.get(emoji, ()),
            f"{emoji} by {user.name}",
            within=within,
        )

    def requests_to(self, method: str, path: str) -> list[RequestLog]:
        """List the requests that fit; `*` in the path matches anything."""
        return [
            request
            for request in self.requests
            if fnmatchcase(request.method, method) and fnmatchcase(request.path, path)
        ]

    async def wait_request(
        self, method: str, path: str, *, count: int = 1, within: float = PATIENCE_S
    ) -> list[RequestLog]:
        """Wait until that many such requests have arrived, and return them."""
        await self.wait_for(
            lambda: len(self.requests_to(method, path)) >= count,
            f"{count} x {method} {path}",
            within=within,
        )
        return self.requests_to(method, path)
