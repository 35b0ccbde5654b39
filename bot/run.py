"""The bot on the real Discord: log, signals, start, clean stop."""

import asyncio
import contextlib
import logging
import signal

import aiohttp
import discord

from bot.app import App, open_app
from bot.client import MusicBot
from bot.errors import SettingsError, UpstreamError
from bot.health import beat
from bot.redaction import RedactingFormatter
from bot.settings import Settings

log = logging.getLogger(__name__)

QUIET = (
    "discord.http",
    "discord.gateway",
    "discord.client",
    "discord.webhook",
    "spotipy",
    "urllib3",
    "requests",
    "aiohttp.access",
    "aiosqlite",
)
"""Loggers that print bodies, tokens or every heartbeat below WARNING."""


def set_up_logging(level: str) -> None:
    """Log to standard error; libraries that would log secrets stay at WARNING."""
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False


async def run(settings: Settings, token: str) -> int:
    """Run until SIGTERM or SIGINT; return the exit code.

    Raises
    ------
    SettingsError
        When Discord refuses the token or the intents.
    UpstreamError
        When Discord does not answer at the start; later the client connects again by itself.
    """
    set_up_logging(settings.log_level)
    log.info("settings from outside: %s", ", ".join(sorted(settings.model_fields_set)) or "none")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # not on Windows
            loop.add_signal_handler(number, stop.set)
    async with open_app(settings) as app:
        await serve(app, token, stop)
    log.info("stopped cleanly")
    return 0


async def serve(app: App, token: str, stop: asyncio.Event) -> None:
    """Connect and stay connected until `stop` is set or Discord refuses for good."""
    bot = app.make_bot()
    async with bot:
        tasks = [
            asyncio.create_task(_connect(bot, token), name="discord"),
            asyncio.create_task(stop.wait(), name="stop"),
            asyncio.create_task(beat(bot, app.settings.data_dir), name="health"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await bot.close()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def _connect(bot: MusicBot, token: str) -> None:
    try:
        await bot.login(token)
    except (aiohttp.ClientConnectionError, discord.DiscordServerError) as error:
        raise UpstreamError("Discord") from error
    except discord.LoginFailure:
        raise SettingsError(
            "AUXCORD_DISCORD_TOKEN: Discord does not accept this token. Reset it at "
            "discord.com/developers/applications under Bot, and put the new one into .env."
        ) from None
    log.info("logged in; add the bot to a server with %s", bot.invite_url())
    try:
        await bot.connect()
    except discord.PrivilegedIntentsRequired:
        if bot.intents.presences:
            raise SettingsError(
                "AUXCORD_DISCORD_ACTIVITY: Discord refuses the Presence Intent. Switch it on at "
                "discord.com/developers/applications under Bot, Privileged Gateway Intents, or take "
                "this setting out."
            ) from None
        raise SettingsError(
            "Discord refuses the intents; without AUXCORD_DISCORD_ACTIVITY Auxcord asks for no "
            "privileged one, so the application is misconfigured."
        ) from None
