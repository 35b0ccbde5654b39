"""The whole bot in this process: real client, services and SQLite file; stand-ins for the services."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from bot.adapters.spotify.addresses import Addresses
from bot.app import App, open_app
from bot.domain.ids import MemberId
from bot.settings import Settings
from tests.fake_discord import FakeDiscord, Intent
from tests.fake_discord.waiting import PATIENCE_S
from tests.fake_sources.server import FakeSources
from tests.fake_spotify import FakeSpotify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from bot.adapters.sqlite.writer import Writer
    from bot.client import MusicBot
    from bot.domain.feedback import Verdict
    from tests.fake_discord import Channel, Guild, User

T = TypeVar("T")


@dataclass
class AheadClock:
    """The real time, or later."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead.total_seconds()


class Stored:
    """Wakes those who wait whenever the bot has stored something, or failed to."""

    def __init__(self, writer: Writer) -> None:
        self._event = asyncio.Event()
        self._writer = writer
        writer.run = self._watched  # type: ignore[method-assign]

    async def _watched(self, change: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            # Looked up each time: a test may replace the class's own.
            return await type(self._writer).run(self._writer, change, *args, **kwargs)
        finally:
            self._event.set()
            self._event = asyncio.Event()

    async def until(self, read: Callable[[], Awaitable[T]], expected: T) -> None:
        """Wait until something reads as expected; look once after each thing that was stored."""
        found: T | None = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    event = self._event
                    if (found := await read()) == expected:
                        return
                    await event.wait()
        except TimeoutError:
            raise AssertionError(f"{found} never became {expected}") from None


@dataclass
class Real:
    """Ada and Bruno agreed and picked artists; Nova never agreed to anything."""

    discord: FakeDiscord
    app: App
    clock: AheadClock
    bot: MusicBot
    sources: FakeSources
    spotify: FakeSpotify
    stored: Stored
    guild: Guild
    channel: Channel
    ada: User
    bruno: User
    nova: User

    async def votes(self, user: User) -> list[Verdict]:
        """Return a person's standing verdicts, newest first."""
        found = await self.app.database.gestures.verdicts(MemberId(user.id), limit=9)
        return [one.verdict for one in found]


PICKS = {"ada": ("Slowdive", "Ride", "Lush"), "bruno": ("Fela Kuti", "Tony Allen", "Salif Keita")}


@asynccontextmanager
async def real_bot(data_dir: Path, *, activity: bool = False, **more: Any) -> AsyncIterator[Real]:
    """Start everything, with every service switched on and answering."""
    privileged = Intent.GUILD_PRESENCES if activity else Intent(0)
    fake = FakeDiscord(privileged=privileged)
    async with fake as discord, FakeSources() as sources, FakeSpotify() as spotify:
        guild = discord.add_guild("Club")
        channel = discord.add_channel(guild, "music")
        ada, bruno, nova = (discord.add_member(guild, name) for name in ("ada", "bruno", "nova"))
        settings = Settings(
            _env_file=None,
            data_dir=data_dir,
            backup_hours=0,
            contact="someone@example.org",
            spotify_client_id=spotify.world.client_id,
            discord_activity=activity,
            **more,
        )
        sources.world.person("ada_lb")
        clock = AheadClock()
        addresses = Addresses(api=spotify.api_url, accounts=spotify.accounts_url)
        async with open_app(
            settings, clock=clock, addresses=addresses, open_addresses=sources.addresses
        ) as app:
            stored = Stored(app.database.writer)
            bot = app.make_bot(guild_ready_timeout=0.05)
            await bot.login(discord.token)
            connected = asyncio.create_task(bot.connect())
            await bot.wait_until_ready()
            for user in (ada, bruno):
                member_id = MemberId(user.id)
                await app.services.consent.agree(member_id)
                artists = await app.services.onboarding.resolve_artists(PICKS[user.name])
                await app.services.onboarding.pick(member_id, [a.id for a in artists])
            yield Real(
                discord=discord,
                app=app,
                clock=clock,
                bot=bot,
                sources=sources,
                spotify=spotify,
                stored=stored,
                guild=guild,
                channel=channel,
                ada=ada,
                bruno=bruno,
                nova=nova,
            )
            await bot.close()
            await connected
