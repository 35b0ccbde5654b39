"""The stand-in as a server on this machine."""

from collections.abc import Iterable

from aiohttp import web

from bot.demo.local_server import LocalServer
from bot.demo.spotify.api import Api
from bot.demo.spotify.consent import Consent
from bot.demo.spotify.world import World


class SpotifyStandIn(LocalServer):
    """The accounts service and the Web API under one address."""

    def __init__(self, world: World | None = None) -> None:
        super().__init__()
        self.world = world or World()
        self.consent = Consent(self.world)

    def routes(self) -> Iterable[web.RouteDef]:
        """Return what both answer."""
        return [*Api(self.world).routes(), *self.consent.routes()]

    @property
    def accounts_url(self) -> str:
        """Where the accounts service is."""
        return self.url

    @property
    def api_url(self) -> str:
        """Where the Web API is."""
        return f"{self.url}/v1"
