"""The stand-ins as one server on this machine."""

from collections.abc import Iterable

from aiohttp import web

from bot.adapters.http.addresses import OpenAddresses
from bot.demo.local_server import LocalServer
from bot.demo.sources.catalogues import Deezer, MusicBrainz, ReccoBeats
from bot.demo.sources.itunes import ITunes
from bot.demo.sources.lastfm import LastFm
from bot.demo.sources.listenbrainz import ListenBrainz
from bot.demo.sources.pages import Pages
from bot.demo.sources.world import SourceWorld


class SourceStandIns(LocalServer):
    """Every open source under one address."""

    def __init__(self, world: SourceWorld | None = None) -> None:
        super().__init__()
        self.world = world or SourceWorld()

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what all of them answer."""
        for part in (ListenBrainz, LastFm, Deezer, MusicBrainz, ReccoBeats, ITunes, Pages):
            yield from part(self.world).routes()

    @property
    def addresses(self) -> OpenAddresses:
        """Where each service is."""
        base = self.url
        return OpenAddresses(
            listenbrainz=f"{base}/listenbrainz/1",
            labs=f"{base}/labs",
            lastfm=f"{base}/lastfm/2.0",
            deezer=f"{base}/deezer",
            musicbrainz=f"{base}/musicbrainz/ws/2",
            reccobeats=f"{base}/reccobeats/v1",
            covers="https://stand-in.invalid",
            itunes=f"{base}/itunes",
            deezer_pages=f"{base}/pages/deezer",
        )
