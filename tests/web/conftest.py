"""The bot without Discord's client, its pages on this machine, and stand-ins for both services."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.adapters.spotify.addresses import Addresses
from bot.app import App, open_app
from bot.demo.identity import IdentityStandIn
from bot.domain.ids import MemberId
from bot.services import SpotifyServices
from bot.services.link_watch import LinkEvent
from bot.services.notices import Notice
from bot.settings import Settings
from tests.fake_spotify import FakeSpotify
from tests.fakes_spotify import FixedClock

ANA, BEN = MemberId(10**17 + 1), MemberId(10**17 + 2)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Browser:
    """A browser with its own cookies that goes where it is sent only when told to."""

    http: aiohttp.ClientSession
    base: str

    async def get(self, address: str) -> tuple[int, str, str]:
        return await self._ask("GET", address)

    async def post(self, address: str, **form: str) -> tuple[int, str, str]:
        return await self._ask("POST", address, form)

    async def _ask(
        self, method: str, address: str, form: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        url = address if address.startswith("http") else self.base + address
        async with self.http.request(method, url, data=form, allow_redirects=False) as response:
            return response.status, response.headers.get("Location", ""), await response.text()

    async def result(self, outcome: tuple[int, str, str]) -> tuple[int, str]:
        """Follow one redirect to a result page; return its status and words."""
        status, location, words = outcome
        if status == 303:
            assert location.startswith("/link/result/"), location
            assert "?" not in location
            status, _, words = await self.get(location)
        return status, words


@dataclass
class House:
    app: App
    fake: FakeSpotify
    discord: IdentityStandIn
    clock: FixedClock
    base: str
    stack: AsyncExitStack
    events: dict[MemberId, list[LinkEvent]] = field(default_factory=dict)
    notices: list[tuple[MemberId, Notice]] = field(default_factory=list)

    @property
    def spotify(self) -> SpotifyServices:
        assert self.app.services.spotify is not None
        return self.app.services.spotify

    async def browser(self) -> Browser:
        jar = aiohttp.CookieJar(unsafe=True)
        session = aiohttp.ClientSession(cookie_jar=jar)
        return Browser(await self.stack.enter_async_context(session), self.base)

    async def ask(self, member: MemberId, name: str) -> str:
        """Do what `/link` does; return the button's address."""
        await self.app.services.consent.agree(member)
        self.events[member] = []

        async def follow(event: LinkEvent) -> None:
            self.events[member].append(event)

        self.spotify.links.watch.watch(member, follow)
        return (await self.spotify.links.begin(member, name)).url

    async def identify(self, browser: Browser, address: str, who: MemberId) -> tuple[int, str, str]:
        """Press "Continue with Discord" and be somebody; return what comes back."""
        status, location, _ = await browser.post(address)
        assert status == 303, status
        query = parse_qs(urlsplit(location).query)
        back = self.discord.answer(query["redirect_uri"][0], query["state"][0], who)
        return await browser.get(back)

    async def csrf(self, browser: Browser) -> str:
        status, _, page = await browser.get("/link/confirm")
        assert status == 200
        return page.split('name="csrf" value="')[1].split('"')[0]

    async def to_consent(self, browser: Browser, address: str, who: MemberId) -> str:
        """Go up to Spotify's consent page; return its address."""
        status, location, _ = await self.identify(browser, address, who)
        assert (status, location) == (303, "/link/confirm")
        status, location, _ = await browser.post("/link/confirm", csrf=await self.csrf(browser))
        assert status == 303
        return location

    async def state_of(self, address: str) -> str:
        return parse_qs(urlsplit(address).query)["state"][0]


async def open_house(data_dir: Path, stack: AsyncExitStack, *, pages: bool) -> House:
    fake = await stack.enter_async_context(FakeSpotify())
    discord = await stack.enter_async_context(IdentityStandIn())
    clock = FixedClock()
    fake.world.now = clock.now
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    settings = Settings(
        _env_file=None,
        data_dir=data_dir,
        backup_hours=0,
        spotify_client_id=fake.world.client_id,
        spotify_seats=2,
        public_url=base if pages else None,
        web_port=port,
        discord_client_secret="secret" if pages else None,  # type: ignore[arg-type]
    )
    addresses = Addresses(api=fake.api_url, accounts=fake.accounts_url, discord=discord.url)
    app = await stack.enter_async_context(open_app(settings, clock=clock, addresses=addresses))
    house = House(app, fake, discord, clock, base, stack)

    async def carry(member: MemberId, notice: Notice) -> bool:
        house.notices.append((member, notice))
        return True

    for task in asyncio.all_tasks():
        if task.get_name() == "spotify":  # rounds are made by hand: the clock jumps
            task.cancel()
    app.services.notices.attach(carry, application_id=77)
    return house


@pytest.fixture
async def house(data_dir: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        yield await open_house(data_dir, stack, pages=True)


@pytest.fixture
async def small_house(data_dir: Path) -> AsyncIterator[House]:
    """A bot without a public address."""
    async with AsyncExitStack() as stack:
        yield await open_house(data_dir, stack, pages=False)
