"""A fake Discord per test, with a small club in it, and bots that are always closed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.fake_discord import FakeDiscord
from tests.transport.tiny_bot import TinyBot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.fake_discord import Channel, Guild, User

    StartBot = Callable[..., Awaitable[TinyBot]]


@dataclass
class Club:
    guild: Guild
    channel: Channel
    ada: User
    bob: User


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as server:
        yield server


@pytest.fixture
def club(discord: FakeDiscord) -> Club:
    guild = discord.add_guild("Club")
    channel = discord.add_channel(guild, "music")
    ada, bob = (discord.add_member(guild, name) for name in ("ada", "bob"))
    return Club(guild, channel, ada, bob)


@pytest.fixture
async def start_bot(discord: FakeDiscord) -> AsyncIterator[StartBot]:
    """Start bots and wait until they are ready; they are closed after the test."""
    running: list[tuple[TinyBot, asyncio.Task[None]]] = []

    async def start(bot: TinyBot | None = None) -> TinyBot:
        bot = bot or TinyBot()
        await bot.login(discord.token)
        running.append((bot, asyncio.create_task(bot.connect())))
        await bot.wait_until_ready()
        return bot

    yield start
    for bot, task in running:
        await bot.close()
        await task


@pytest.fixture
async def bot(club: Club, start_bot: StartBot) -> TinyBot:
    """A bot that is ready in the club."""
    return await start_bot()
