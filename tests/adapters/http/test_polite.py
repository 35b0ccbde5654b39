"""Every answer a service can give ends in JSON or in one clear error."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.adapters.http import polite
from bot.adapters.http.faults import MalformedError, OutageError
from bot.adapters.http.manners import MANNERS, Manners
from bot.adapters.http.polite import PoliteClient
from bot.domain.sources import OpenSource
from bot.errors import AccessRefusedError, GoneError, RateLimitedError, UpstreamError
from tests.fake_sources.server import FakeSources, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

FAST = Manners("ListenBrainz", 1000, 1.0)
ADDRESS = "/listenbrainz/1/user/ana/listen-count"


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def make(
    fake: FakeSources, session: aiohttp.ClientSession, naps: list[float]
) -> Callable[..., PoliteClient]:
    async def nap(seconds: float) -> None:
        naps.append(seconds)

    def made(**changes: Any) -> PoliteClient:
        fake.world.person("ana")
        base = fake.addresses.listenbrainz.removesuffix("/listenbrainz/1")
        values: dict[str, Any] = {"session": session, "base": base, "manners": FAST, "sleep": nap}
        return PoliteClient(**(values | changes))

    return made


async def test_it_says_who_asks(make, fake):
    """F18: every request names the bot and its operator."""
    assert await make().get(ADDRESS) == {"payload": {"count": 0}}
    assert fake.asked[0].agent == "Auxcord/1.2.3 ( ana@example.org )"


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.BUSY, Fault.GATEWAY])
async def test_trouble_is_tried_again_twice(make, fake, naps, fault):
    fake.fail("listen-count", fault, times=2)
    assert await make().get(ADDRESS) == {"payload": {"count": 0}}
    assert len(fake.asked) == 3
    assert len(naps) == 2


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.GATEWAY])
async def test_trouble_that_stays_is_an_outage(make, fake, fault):
    fake.fail("listen-count", fault, times=99)
    with pytest.raises(OutageError):
        await make().get(ADDRESS)
    assert len(fake.asked) == polite.ATTEMPTS


async def test_lost_connections_are_an_outage_in_the_end(make, fake):
    fake.fail("listen-count", Fault.DROP, times=99)
    with pytest.raises(OutageError):
        await make().get(ADDRESS)
    assert len(fake.asked) <= 2 * polite.ATTEMPTS  # aiohttp repeats a lost GET once by itself


async def test_silence_ends(make, fake):
    fake.fail("listen-count", Fault.HANG, times=99)
    with pytest.raises(OutageError):
        await make(timeout=aiohttp.ClientTimeout(total=0.05)).get(ADDRESS)


@pytest.mark.parametrize(
    "fault",
    [
        Fault.HTML,
        Fault.PLAIN,
        Fault.TRUNCATED,
        Fault.EMPTY,
        Fault.DEEP,
        Fault.HUGE,
        Fault.REDIRECT,
    ],
)
async def test_what_is_no_json_is_malformed_and_not_asked_again(make, fake, fault):
    fake.fail("listen-count", fault)
    with pytest.raises(MalformedError):
        await make().get(ADDRESS)
    assert len(fake.asked) == 1


async def test_no_content_is_none(make, fake):
    fake.fail("listen-count", Fault.NOTHING)
    assert await make().get(ADDRESS) is None


async def test_refusals_have_their_own_errors(make, fake):
    fake.fail("listen-count", Fault.REFUSED)
    with pytest.raises(AccessRefusedError):
        await make().get(ADDRESS)
    with pytest.raises(GoneError):
        await make().get("/listenbrainz/1/user/nobody/listen-count")


async def test_a_long_429_closes_the_host_for_everybody(make, fake):
    client = make()
    fake.fail("listen-count", Fault.LATER, wait="86400")
    answers = await asyncio.gather(
        *(client.get(ADDRESS) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(a, RateLimitedError) for a in answers) >= 1
    before = len(fake.asked)
    with pytest.raises(RateLimitedError) as caught:
        await client.get(ADDRESS)
    assert caught.value.retry_after_s == pytest.approx(86_400, abs=5)
    assert len(fake.asked) == before


@pytest.mark.parametrize("fault", [Fault.LATER, Fault.LATER_RESET])
async def test_a_short_429_is_waited_for(make, fake, naps, fault):
    """F18: `Retry-After` and `X-RateLimit-Reset-In` are heeded."""
    fake.fail("listen-count", fault, wait="2")
    assert await make().get(ADDRESS) == {"payload": {"count": 0}}
    assert max(naps) == pytest.approx(2, abs=0.2)


async def test_a_429_may_name_a_date(make, fake):
    fake.fail(
        "listen-count",
        Fault.LATER_DATE,
        wait=format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True),
    )
    with pytest.raises(RateLimitedError) as caught:
        await make().get(ADDRESS)
    assert caught.value.retry_after_s == pytest.approx(7200, abs=5)


async def test_a_429_without_a_time_waits_longer_each_time(make, fake):
    client = make()
    waits = []
    for _ in range(3):
        client._closed_until = 0
        fake.fail("listen-count", Fault.LATER_UNSAID)
        with pytest.raises(RateLimitedError) as caught:
            await client.get(ADDRESS)
        waits.append(caught.value.retry_after_s)
    assert waits == [60, 120, 240]


async def test_it_stops_by_itself_when_nothing_is_left(make, fake, naps):
    """F18: a window that is used up is waited for before anybody refuses."""
    client = make()
    fake.fail("listen-count", Fault.SPENT, wait="3")
    await client.get(ADDRESS)
    await client.get(ADDRESS)
    assert max(naps) == pytest.approx(3, abs=0.2)


async def test_musicbrainz_means_later_by_503(make, fake):
    """F18: above one request a second MusicBrainz answers 503 to everything."""
    fake.fail("listen-count", Fault.BUSY, times=99)
    with pytest.raises(RateLimitedError):
        await make(manners=MANNERS[OpenSource.MUSICBRAINZ]).get(ADDRESS)


@pytest.mark.parametrize(
    ("source", "most", "within_s"),
    [(OpenSource.DEEZER, 50, 5.0), (OpenSource.MUSICBRAINZ, 5, 4.4), (OpenSource.LASTFM, 25, 5.0)],
)
async def test_no_window_holds_more_than_a_service_allows(make, fake, source, most, within_s):
    """F17, F18: Deezer's 50 in 5 s, MusicBrainz's one a second; run twenty times as fast."""
    speed = 20
    manners = replace(MANNERS[source], per_s=MANNERS[source].per_s / speed)
    assert manners.calls * (1 + within_s / MANNERS[source].per_s) <= most
    client = make(manners=manners)
    calls = int(4 * manners.calls)
    began = time.monotonic()
    await asyncio.gather(*(client.get(ADDRESS) for _ in range(calls)))
    assert len(fake.asked) == calls
    fastest = (calls - manners.calls) * manners.per_s / manners.calls
    assert time.monotonic() - began >= 0.9 * fastest


async def test_after_five_failures_nothing_is_sent_for_a_while(make, fake):
    client = make()
    fake.down = True
    for _ in range(2):
        with pytest.raises(UpstreamError):
            await client.get(ADDRESS)
    sent = len(fake.asked)
    with pytest.raises(UpstreamError) as caught:
        await client.get(ADDRESS)
    assert sent == polite.FAILURES_TO_OPEN
    assert len(fake.asked) == sent
    assert caught.value.retry_after_s


async def test_a_lane_sends_one_at_a_time_and_goes_on_after_trouble(make, fake):
    async with make() as client:
        fake.fail("nobody", Fault.HTML)
        answers = await asyncio.gather(
            client.get(ADDRESS),
            client.get("/listenbrainz/1/user/nobody/listen-count"),
            client.get(ADDRESS),
            return_exceptions=True,
        )
        assert isinstance(answers[1], MalformedError)
        assert answers[0] == answers[2] == {"payload": {"count": 0}}


async def test_who_waits_when_the_lane_closes_hears_of_it(make, fake):
    fake.fail("listen-count", Fault.HANG, times=9)
    async with make() as client:
        waiting = [asyncio.ensure_future(client.get(ADDRESS)) for _ in range(3)]
        while not fake.asked:  # noqa: ASYNC110  # the fake has no event to offer
            await asyncio.sleep(0)
    for one in waiting:
        with pytest.raises(OutageError):
            await one


async def test_nothing_secret_is_logged_or_raised(make, fake, caplog):
    caplog.set_level(logging.DEBUG)
    client = make(secrets={"api_key": "canary-key"}, headers={"Authorization": "Token canary-tok"})
    for fault in (Fault.ERROR, Fault.DROP, Fault.HTML, Fault.LATER_UNSAID):
        client._closed_until = 0
        fake.fail("listen-count", fault, times=99)
        with pytest.raises(UpstreamError) as caught:
            await client.get(ADDRESS)
        fake.mend()
        assert "canary" not in repr(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert fake.asked[0].query["api_key"] == "canary-key"
    assert fake.asked[0].authorization == "Token canary-tok"
    assert "canary" not in caplog.text
