"""Clients of the stand-ins that don't pace themselves and don't wait."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp

from bot.adapters.http.clients import Clients
from bot.adapters.http.lastfm import LastFm
from bot.adapters.http.manners import LABS, MANNERS, Manners
from bot.adapters.http.polite import PoliteClient, new_session, user_agent
from bot.domain.sources import NAMES, OpenSource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.fake_sources.server import FakeSources

HURRIED = aiohttp.ClientTimeout(total=0.3)


@asynccontextmanager
async def hurried_clients(fake: FakeSources) -> AsyncIterator[Clients]:
    async def at_once(_seconds: float) -> None:
        return

    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            new_session(user_agent("1.2.3", "ana@example.org"))
        )

        async def lane(base: str, source: OpenSource, name: str = "", **more: Any) -> PoliteClient:
            manners = Manners(
                name or NAMES[source],
                10_000,
                1,
                later_statuses=MANNERS[source].later_statuses,
                kinds=MANNERS[source].kinds,
            )
            client = PoliteClient(
                session=session,
                base=base,
                manners=manners,
                sleep=at_once,
                timeout=HURRIED,
                **more,
            )
            return await stack.enter_async_context(client)

        where = fake.addresses
        yield Clients(
            listenbrainz=await lane(where.listenbrainz, OpenSource.LISTENBRAINZ),
            labs=await lane(where.labs, OpenSource.LISTENBRAINZ, LABS),
            lastfm=LastFm(await lane(where.lastfm, OpenSource.LASTFM, secrets={"api_key": "key"})),
            deezer=await lane(where.deezer, OpenSource.DEEZER),
            musicbrainz=await lane(where.musicbrainz, OpenSource.MUSICBRAINZ),
            reccobeats=await lane(where.reccobeats, OpenSource.RECCOBEATS),
            itunes=await lane(where.itunes, OpenSource.ITUNES),
        )
