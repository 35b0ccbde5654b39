"""One client per service, all over one session."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.adapters.http.addresses import OpenAddresses
from bot.adapters.http.lastfm import LastFm
from bot.adapters.http.manners import LABS_MANNERS, MANNERS, Manners
from bot.adapters.http.polite import PoliteClient, new_session, user_agent
from bot.domain.sources import OpenSource


@dataclass(frozen=True, slots=True)
class Clients:
    """Every service; who may be asked is decided where they are used."""

    listenbrainz: PoliteClient
    labs: PoliteClient
    lastfm: LastFm
    deezer: PoliteClient
    musicbrainz: PoliteClient
    reccobeats: PoliteClient
    itunes: PoliteClient


@asynccontextmanager
async def open_clients(
    contact: str, secrets: Mapping[OpenSource, str], addresses: OpenAddresses, *, version: str
) -> AsyncIterator[Clients]:
    """Open the session and one lane per service; the contact goes with every request."""
    token, key = secrets.get(OpenSource.LISTENBRAINZ), secrets.get(OpenSource.LASTFM)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(new_session(user_agent(version, contact)))

        async def lane(base: str, manners: Manners, **more: Any) -> PoliteClient:
            client = PoliteClient(session=session, base=base, manners=manners, **more)
            return await stack.enter_async_context(client)

        yield Clients(
            listenbrainz=await lane(
                addresses.listenbrainz,
                MANNERS[OpenSource.LISTENBRAINZ],
                headers={"Authorization": f"Token {token}"} if token else {},
            ),
            labs=await lane(addresses.labs, LABS_MANNERS),
            lastfm=LastFm(
                await lane(
                    addresses.lastfm,
                    MANNERS[OpenSource.LASTFM],
                    secrets={"api_key": key} if key else {},
                )
            ),
            deezer=await lane(addresses.deezer, MANNERS[OpenSource.DEEZER]),
            musicbrainz=await lane(addresses.musicbrainz, MANNERS[OpenSource.MUSICBRAINZ]),
            reccobeats=await lane(addresses.reccobeats, MANNERS[OpenSource.RECCOBEATS]),
            itunes=await lane(addresses.itunes, MANNERS[OpenSource.ITUNES]),
        )
