"""Uploads on their way from Discord to the disk: a few at once, one per member."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.app import open_app
from bot.domain.ids import MemberId
from bot.errors import UserError
from bot.services.imports import UPLOADS_IN_MEMORY
from tests.conftest import settings_for

if TYPE_CHECKING:
    from pathlib import Path

    from bot.services.imports import Files

MEMBERS = [MemberId(10**18 + n) for n in range(6)]
HISTORY = b"artist,track,played_at\nSlowdive,Alison,2026-05-01T10:00:00Z\n"


async def test_only_a_few_uploads_are_in_memory_at_once(data_dir: Path) -> None:
    here, most = 0, 0
    full, go = asyncio.Event(), asyncio.Event()

    async def fetch() -> Files:
        nonlocal here, most
        here += 1
        most = max(most, here)
        if here == UPLOADS_IN_MEMORY:
            full.set()
        await go.wait()
        here -= 1
        return [("mine.csv", HISTORY)]

    async with open_app(settings_for(data_dir)) as app:
        imports = app.services.imports
        for member in MEMBERS:
            await app.services.consent.agree(member)
        running = [asyncio.create_task(imports.fetch_and_run(member, fetch)) for member in MEMBERS]
        await full.wait()
        with pytest.raises(UserError, match="import_running"):
            await imports.fetch_and_run(MEMBERS[0], fetch)
        go.set()
        jobs = await asyncio.gather(*running)
    assert most == UPLOADS_IN_MEMORY
    assert [job.rows_added for job in jobs] == [1] * len(MEMBERS)
