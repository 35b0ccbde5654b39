"""The server as a test sees it."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fake_discord.intents import NONE, Intent
from tests.fake_discord.model import ORDINARY, Channel, Guild, Member, Message, Permission, User
from tests.fake_discord.people import People
from tests.fake_discord.pointing import point_client_at
from tests.fake_discord.rest import build_app
from tests.fake_discord.trouble import Trouble
from tests.fake_discord.waiting import Waiting

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

HOST = "127.0.0.1"
TOKEN = "fake-discord-token"
LAUNCHER = Path(__file__).with_name("launch.py")
NO_PERMISSION = Permission(0)


class FakeDiscord(People, Waiting, Trouble):
    """A Discord of its own on 127.0.0.1; see the package's docstring."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        shards: int = 1,
        privileged: Intent = NONE,
        reaction_interval_s: float = 0.0,
        point_client: bool = True,
    ) -> None:
        super().__init__(
            token=token,
            shards=shards,
            privileged=privileged,
            reaction_interval_s=reaction_interval_s,
        )
        self.port = 0
        self._point_client = point_client
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        runner = web.AppRunner(build_app(self), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        self._stack.callback(self._cut_everything)
        self.port = runner.addresses[0][1]
        self.world.base_url = f"http://{HOST}:{self.port}"
        self.gateway.url = f"ws://{HOST}:{self.port}/gateway"
        if self._point_client:
            self._stack.enter_context(point_client_at(self.port))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()
        if error is None:
            assert not self.crashes, f"the fake itself failed: {self.crashes}"
            assert not self.unknown_routes, f"asked for what the fake lacks: {self.unknown_routes}"

    def _cut_everything(self) -> None:
        for socket in list(self.gateway.sockets):
            socket.abort()

    @property
    def me(self) -> User:
        """The bot's own account."""
        return self.world.me

    def launch_command(self, *arguments: str) -> list[str]:
        """Return the command line that runs the bot as a process against this server."""
        return [sys.executable, str(LAUNCHER), "--fake-discord-port", str(self.port), *arguments]

    # Building the world; also while the bot runs.

    def add_user(self, name: str, **properties: Any) -> User:
        """Add an account: `id`, `bot`, `accepts_dms`, `has_installed`, `locale`."""
        return self.world.add_user(name, **properties)

    def add_guild(
        self,
        name: str = "Guild",
        *,
        id: int | None = None,
        owner: User | None = None,
        bot_present: bool = True,
        bot_permissions: Permission = ORDINARY,
    ) -> Guild:
        """Add a server without channels; without `owner` it belongs to the application's owner."""
        guild = self.world.add_guild(
            name,
            id=id,
            owner=owner or self.world.owner,
            bot_present=bot_present,
            bot_permissions=bot_permissions,
        )
        if bot_present:
            self.gateway.announce_guild(guild, self.world.my_member(guild))
        return guild

    def add_channel(
        self, guild: Guild, name: str = "general", *, denied: Permission = NO_PERMISSION
    ) -> Channel:
        """Add a text channel in which the bot lacks the `denied` permissions."""
        channel = self.world.add_channel(guild, name, denied)
        if guild.bot_present:
            self.gateway.announce_channel(channel)
        return channel

    def add_member(
        self,
        guild: Guild,
        user: User | str,
        *,
        permissions: Permission = ORDINARY,
        nick: str | None = None,
    ) -> User:
        """Let a user join; a name makes a new user. Returns the user."""
        if isinstance(user, str):
            user = self.add_user(user)
        guild.members[user.id] = Member(user, guild, permissions, nick)
        return user

    def dm(self, user: User) -> Channel:
        """Return the direct messages between this user and the bot."""
        return self.world.dm(user)

    def delete_message(self, message: Message) -> None:
        """Let a moderator delete a message."""
        self.world.delete(message)
        self.announce("MESSAGE_DELETE", message)
