"""Three things that hold for every command, whatever it does; a new command must join the table."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.compute import ThreadCompute
from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.writer import Writer
from bot.errors import StorageError
from tests.fake_discord.waiting import PATIENCE_S
from tests.fake_spotify.server import Fault
from tests.transport.real import Real, real_bot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.fake_discord.record import InteractionRecord

SECRET = "Zwielicht Kollektiv"
"""A band that nobody but Ada listens to."""
HISTORY = f"artist,track,played_at\n{SECRET},Nachtbus,2026-05-01T10:00:00Z\n".encode()

COMMANDS: dict[str, Callable[[Real], dict[str, Any]]] = {
    "about": lambda real: {},
    "blend": lambda real: {"member": real.bruno},
    "doors": lambda real: {"listenbrainz": "ada_lb"},
    "forget-me": lambda real: {},
    "help": lambda real: {},
    "import": lambda real: {"file": real.discord.upload("mine.csv", HISTORY, "text/csv")},
    "link": lambda real: {},
    "my-data": lambda real: {},
    "privacy": lambda real: {},
    "recommend": lambda real: {"private": False},
    "settings": lambda real: {},
    "start": lambda real: {"artist_1": "Slowdive"},
    "taste": lambda real: {"private": False},
    "unlink": lambda real: {},
    "why": lambda real: {},
}
UNTOUCHED = {"about", "help", "privacy", "settings", "forget-me", "my-data"}
"""Answered from memory or over a connection of their own, so what is broken here doesn't show."""


@pytest.fixture
async def real(data_dir: Path) -> AsyncIterator[Real]:
    async with real_bot(data_dir) as running:
        yield running


async def use(real: Real, command: str, **how: Any) -> InteractionRecord:
    options = COMMANDS[command](real)
    return await real.discord.slash(real.ada, real.channel, command, options, **how)


async def test_the_table_has_every_command(real: Real):
    assert {command.name for command in real.bot.tree.get_commands()} == set(COMMANDS)


async def test_everything_is_acknowledged_while_all_else_hangs(
    real: Real, monkeypatch: pytest.MonkeyPatch
):
    """And once it goes on, every command is answered after all."""
    mended = asyncio.Event()
    waiting: set[str] = set()
    for part in (Readers, Writer, ThreadCompute):
        monkeypatch.setattr(part, "run", _after(mended, part.run, waiting))
    records = [await use(real, command, until="acknowledged") for command in COMMANDS]
    assert max(record.seconds_to_acknowledge for record in records) < 3
    assert waiting
    mended.set()
    for record in records:
        await asyncio.wait_for(record.completed.wait(), PATIENCE_S)
        assert len(record.text) > 20, record


def _after(mended: asyncio.Event, run: Any, waiting: set[str]) -> Any:
    async def wait(self: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        if not mended.is_set():
            waiting.add(function.__name__)
            await mended.wait()
        return await run(self, function, *args, **kwargs)

    return wait


@pytest.mark.parametrize(
    "error", [StorageError("/secret/path is full"), RuntimeError("secret"), OSError("secret")]
)
async def test_every_failure_is_told_in_private_and_in_words(
    real: Real, monkeypatch: pytest.MonkeyPatch, error: Exception
):
    async def fail(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise error

    records = {}
    with monkeypatch.context() as broken:
        for part in (Readers, Writer, ThreadCompute):
            broken.setattr(part, "run", fail)
        for command in COMMANDS:
            records[command] = told = await use(real, command)
            end = "" if command in UNTOUCHED else "incident"  # /import first says that it reads
            await real.discord.wait_for(
                lambda told=told, end=end: len(told.text) > 20 and end in told.text,
                f"words of {told}",
            )
    for record in records.values():
        assert "secret" not in record.text
        assert "Error" not in record.text
        shown = [m for m in (record.message, *record.followups) if m and not m.deleted]
        assert all(message.ephemeral for message in shown), record


async def test_services_that_fail_break_no_command(real: Real):
    real.sources.down = True
    real.spotify.fail("", Fault.ERROR, times=1000)
    for command in COMMANDS:
        record = await use(real, command)
        await real.discord.wait_for(lambda told=record: len(told.text) > 20, f"words of {record}")
        assert "incident" not in record.text, record


async def test_nothing_private_stands_in_a_public_message(real: Real):
    imported = await use(real, "import")
    await real.discord.wait_for(lambda: "one new play" in imported.text, "the import")
    private = await real.discord.slash(real.ada, real.channel, "taste", {"private": True})
    assert SECRET in private.text
    public = ""
    for command in COMMANDS:
        record = await use(real, command)
        shown = [m for m in (record.message, *record.followups) if m and not m.deleted]
        public += "\n".join(m.text for m in shown if not m.ephemeral)
    assert "you picked" not in public
    assert "you play" not in public
    assert SECRET not in public
    assert len(public) > 200
