"""The real bot with its real services in a simulated server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bot.app import App, open_app
from bot.demo.simulated import Simulation, answers, buttons_of, simulated, text_of
from bot.domain.ids import MemberId
from tests.conftest import settings_for
from tests.web.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.settings import Settings

PICKS = ("Slowdive", "Ride", "Cocteau Twins", "Lush", "Pixies")
OTHER_PICKS = ("Fela Kuti", "Tony Allen", "Salif Keita")


@dataclass
class Room:
    """Ada and Bruno have agreed and picked artists; Nova has not."""

    app: App
    sim: Simulation

    def person(self, name: str) -> Any:
        return self.sim.members[name]

    def id_of(self, name: str) -> MemberId:
        return MemberId(self.person(name).id)

    async def run(self, name: str, command: str, /, **options: Any) -> Any:
        return await self.person(name).slash(self.sim.channel, command, **options)

    async def press(self, name: str, message: Any, start: str) -> Any:
        custom_id = next(i for i in buttons_of(message) if i.startswith(start))
        return await self.person(name).click(message, custom_id=custom_id)


def words(result: Any) -> str:
    """Everything an interaction was answered with."""
    return "\n".join(text_of(shown) for shown in answers(result))


@pytest.fixture
async def room(data_dir: Path) -> AsyncIterator[Room]:
    async for made in _room(data_dir):
        yield made


@pytest.fixture
async def room_with_pages(data_dir: Path) -> AsyncIterator[Room]:
    """The same where the operator has the bot's own pages on."""
    port = free_port()
    pages = {
        "public_url": f"http://127.0.0.1:{port}",
        "web_port": port,
        "discord_client_secret": "secret",
        "upload_limit_mb": 1,
    }
    async for made in _room(data_dir, **pages):
        yield made


async def _room(data_dir: Path, **settings: Any) -> AsyncIterator[Room]:
    """Opened and closed in one task: the simulation is bound to the context it began in."""
    opened: asyncio.Future[Room] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()
    task = asyncio.create_task(_hold(settings_for(data_dir, **settings), opened, over))
    await asyncio.wait([task, opened], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    yield opened.result()
    over.set()
    await task


async def _hold(settings: Settings, opened: asyncio.Future[Room], over: asyncio.Event) -> None:
    async with open_app(settings) as app:
        bot = app.make_bot(guild_ready_timeout=0.05)
        async with simulated(bot, members=["Ada", "Bruno", "Nova"], check_errors=False) as sim:
            made = Room(app, sim)
            for name, picks in (("Ada", PICKS), ("Bruno", OTHER_PICKS)):
                await app.services.consent.agree(made.id_of(name))
                artists = await app.services.onboarding.resolve_artists(picks)
                await app.services.onboarding.pick(made.id_of(name), [a.id for a in artists])
            opened.set_result(made)
            await over.wait()
