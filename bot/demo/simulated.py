"""The only module that knows simcord: a bot in a simulated server, with members and a preview."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import discord
import simcord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle, UserHandle
from simcord.components import walk_components
from simcord.preview import Preview
from simcord.results import InteractionResult, ResponseMessage

from bot.errors import UserError

Member: TypeAlias = MemberActor
User: TypeAlias = UserHandle
Result: TypeAlias = InteractionResult
Shown: TypeAlias = ResponseMessage
ErrorHandler: TypeAlias = Callable[[discord.Interaction[Any], Any], Awaitable[None]]

SETTLE_S = 30.0
"""How long one command may take; the first one may wait for the first model."""
NAME_LENGTH = 32
BOT_NAME = "Auxcord"


@dataclass(frozen=True, slots=True)
class Simulation:
    """A running bot among people; each verb of a member waits until the bot has answered."""

    env: simcord.Env
    guild: GuildHandle
    channel: ChannelHandle
    members: Mapping[str, Member]
    """By display name, in the order given."""

    @asynccontextmanager
    async def preview(self, *, port: int | None = None) -> AsyncIterator["Window"]:
        """Show the channel to a browser on this computer; the first member looks on first.

        Raises
        ------
        PortTakenError
            When the port is in use.
        """
        preview = self.env.preview(
            self.channel, viewers=list(self.members.values()), layout="channel", port=port
        )
        try:
            await preview.__aenter__()
        except simcord.SetupError as error:
            if port and "bind" in str(error):
                raise PortTakenError(port) from error
            raise
        try:
            yield Window(preview, self.env)
        finally:
            await preview.close()

    def show_activity(self, name: str, activity: Mapping[str, Any]) -> None:
        """Let Discord show what a member does: simcord has no presences, but passes events on."""
        self.env.backend.emit(
            "PRESENCE_UPDATE",
            {
                "user": {"id": str(self.members[name].id)},
                "guild_id": str(self.guild.id),
                "status": "online",
                "activities": [dict(activity)],
                "client_status": {"desktop": "online"},
            },
        )

    def raise_errors(self) -> None:
        """Raise what the bot raised so far, but for errors that it answers in words."""
        errors = [
            e for e in self.env.errors if not isinstance(getattr(e, "original", e), UserError)
        ]
        if errors:
            raise BaseExceptionGroup("the bot raised", errors)


class Window:
    """The channel as a page on 127.0.0.1."""

    def __init__(self, preview: Preview, env: simcord.Env) -> None:
        self._preview = preview
        self._env = env
        self.keep_time()

    @property
    def address(self) -> str:
        """Where the page is; whoever knows it can act as any member."""
        return self._preview.url

    def keep_time(self) -> None:
        """Bring the simulated clock, which stands still by itself, to the present.

        The page tells "2 minutes ago" by an instant of its own, which would stay that of its opening.
        """
        _keep_time(self._env)
        self._preview.capture_time = self._env.now()

    def wait_closed(self) -> "asyncio.Task[None]":
        """Return what is done once somebody ends the preview on its page."""
        return asyncio.create_task(self._preview.wait_closed(), name="preview")


class PortTakenError(Exception):
    """The wanted port is in use."""


@asynccontextmanager
async def simulated(
    bot: discord.Client,
    *,
    members: Sequence[str] = ("Ada", "Bruno"),
    guild_name: str = "Listening room",
    channel_name: str = "music",
    check_errors: bool = True,
    settle_timeout_s: float = SETTLE_S,
) -> AsyncIterator[Simulation]:
    """Run a bot in a simulated server with one channel and these members.

    The server is there before the bot is, so that the bot greets it. With `check_errors`, whatever
    the bot raised is raised at the end, but for the errors that it answers in words.
    """
    env = simcord.Env(
        bot,
        settle_timeout=settle_timeout_s,
        shard_count=1 if isinstance(bot, discord.AutoShardedClient) else None,
    )
    _keep_time(env)
    env.backend.edit_bot_profile(BOT_NAME)
    guild = env.create_guild(guild_name)
    channel = guild.create_text_channel(channel_name)
    people = {
        name: guild.add_member(env.create_user(_user_name(name), global_name=name))
        for name in members
    }
    simulation = Simulation(env=env, guild=guild, channel=channel, members=people)
    answer = _error_handler(bot)
    await env.start()
    if answer is not None:
        _pass_answered_errors(bot, answer, record_others=check_errors)
    try:
        with env.time_context():
            yield simulation
    finally:
        await env.shutdown()
    if check_errors:
        env.raise_errors()


def _error_handler(bot: discord.Client) -> ErrorHandler | None:
    tree = getattr(bot, "tree", None)
    handler: ErrorHandler | None = None if tree is None else tree.on_error
    return handler


def _pass_answered_errors(
    bot: discord.Client, answer: ErrorHandler, *, record_others: bool
) -> None:
    """Hand errors that the bot answers in words straight to it.

    The simulation takes every error of a command for a crash, and its page then stops.
    """
    tree: Any = bot.tree  # type: ignore[attr-defined]
    record: ErrorHandler = tree.on_error if record_others else answer

    async def on_error(interaction: discord.Interaction[Any], error: Exception) -> None:
        answered = isinstance(getattr(error, "original", error), UserError)
        await (answer if answered else record)(interaction, error)

    tree.on_error = on_error


def _keep_time(env: simcord.Env) -> None:
    behind = (datetime.now(UTC) - env.now()).total_seconds()
    if behind > 0:
        env.backend.advance_clock(behind)


def _user_name(display: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", display.lower()).strip("_")
    return plain[:NAME_LENGTH] or "member"


def text_of(shown: Shown | discord.Message) -> str:
    """Return everything a message says, one paragraph per line; labels of buttons are left out."""
    parts = [shown.content] if shown.content else []
    parts += [str(c["content"]) for c in components_of(shown) if "content" in c]
    return "\n".join(parts)


def buttons_of(shown: Shown | discord.Message) -> list[str]:
    """Return the custom ids of all buttons and menus of a message, from top to bottom."""
    return [str(c["custom_id"]) for c in components_of(shown) if c.get("custom_id")]


def labels_of(shown: Shown | discord.Message) -> list[str]:
    """Return what is written on the buttons of a message, from top to bottom."""
    return [str(c["label"]) for c in components_of(shown) if c.get("label")]


def links_of(shown: Shown | discord.Message) -> list[str]:
    """Return where the link buttons of a message lead, from top to bottom."""
    return [str(c["url"]) for c in components_of(shown) if c.get("url")]


def answers(result: Result) -> list[Shown]:
    """Return the answer and its follow-ups, as far as they still stand."""
    first = [result.response] if result.response is not None else []
    return [*first, *result.followups]


def components_of(shown: Shown | discord.Message) -> list[Mapping[str, Any]]:
    """Return every component of what was shown, nested ones, too."""
    if isinstance(shown, discord.Message):
        rows: Sequence[Any] = [component.to_dict() for component in shown.components]
    else:
        rows = shown.components
    return list(walk_components(list(rows)))
