from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.adapters.http.polite import new_session, user_agent
from tests.fake_sources.server import FakeSources

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp


@pytest.fixture
async def fake() -> AsyncIterator[FakeSources]:
    async with FakeSources() as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with new_session(user_agent("1.2.3", "ana@example.org")) as made:
        yield made
