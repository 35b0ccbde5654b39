"""The gate: "later" is later for everybody, also after a restart, and the budget has a reserve."""

import asyncio

import pytest

from bot.adapters.spotify.client import SpotifyClient
from bot.adapters.spotify.gate import LONGEST_S, UNSAID_QUOTA_S, UNSAID_S
from bot.errors import RateLimitedError, UpstreamError
from tests.adapters.spotify.conftest import Line
from tests.fake_spotify import Fault


async def refused(line: Line) -> float:
    with pytest.raises(RateLimitedError) as caught:
        await line.client.recently_played(line.token)
    assert caught.value.retry_after_s is not None
    return caught.value.retry_after_s


async def test_one_second_is_waited_for_by_all_and_then_it_goes_on(line: Line) -> None:
    """F9: fifty callers at once are one request."""
    line.fake.fail("/v1/", Fault.RATE, seconds=1)
    tries = [line.client.search_tracks(line.token, title=str(n), artist="x") for n in range(50)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert all(isinstance(one, RateLimitedError) for one in outcomes)
    assert line.fake.api_calls == 1
    line.clock.pass_time(seconds=1)
    await line.client.recently_played(line.token)
    assert line.memory.kept.strikes == 0


async def test_a_day_is_a_day_also_after_a_restart(line: Line) -> None:
    """F10: the closed time is stored, and nothing is sent before it is over."""
    line.fake.fail("/v1/", Fault.RATE, seconds=86_400)
    assert await refused(line) == 86_400
    async with SpotifyClient(base=line.fake.api_url, gate=line.new_gate()) as restarted:
        for hours in (0, 12, 11.99):
            line.clock.pass_time(hours=hours)
            with pytest.raises(RateLimitedError):
                await restarted.me(line.token)
        assert line.fake.api_calls == 1
        line.clock.pass_time(hours=0.02)
        await restarted.me(line.token)


@pytest.mark.parametrize(
    ("fault", "first"), [(Fault.RATE_UNSAID, UNSAID_S), (Fault.QUOTA, UNSAID_QUOTA_S)]
)
async def test_an_unsaid_time_is_assumed_and_doubled(
    line: Line, fault: Fault, first: float
) -> None:
    """F10: `QUOTA_EXCEEDED` names no time; an hour is taken, then two, up to a day."""
    line.fake.fail("/v1/", fault, times=99)
    waits = []
    for _ in range(12):
        waits.append(await refused(line))
        line.clock.pass_time(seconds=waits[-1])
    assert waits[:3] == [first, 2 * first, 4 * first]
    assert waits[-1] == LONGEST_S
    assert line.fake.api_calls == 12


async def test_the_background_leaves_a_reserve_for_people(line: Line) -> None:
    gate = line.new_gate(daily_calls=20)
    async with SpotifyClient(base=line.fake.api_url, gate=gate) as client:
        for _ in range(16):
            await client.recently_played(line.token)
        with pytest.raises(RateLimitedError) as caught:
            await client.recently_played(line.token)
        assert caught.value.retry_after_s == 12 * 3600
        for _ in range(4):
            await client.recently_played(line.token, urgent=True)
        with pytest.raises(RateLimitedError):
            await client.me(line.token)
        assert await gate.calls_left() == 0
        assert line.fake.api_calls == 20
        line.clock.pass_time(hours=12)
        await client.recently_played(line.token)
        assert await gate.calls_left() == 19


async def test_the_budget_survives_a_restart(line: Line) -> None:
    for _ in range(3):
        await line.client.me(line.token)
    assert await line.new_gate(daily_calls=20).calls_left() == 17


async def test_background_calls_keep_a_gap_and_urgent_ones_do_not(line: Line) -> None:
    for _ in range(3):
        await line.client.recently_played(line.token)
    assert len(line.slept) == 2
    assert all(0 < seconds <= 1 for seconds in line.slept)
    for _ in range(3):
        await line.client.me(line.token)
    assert len(line.slept) == 2


async def test_an_urgent_call_passes_one_of_the_background_that_hangs(line: Line) -> None:
    held, release = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        async with line.gate.passing("slow", urgent=False):
            held.set()
            await release.wait()

    task = asyncio.create_task(hang())
    await held.wait()
    await line.client.me(line.token)
    release.set()
    await task


async def test_a_shorter_refusal_never_opens_the_gate_early(line: Line) -> None:
    await line.gate.refused(1000, quota=False)
    await line.gate.refused(1, quota=False)
    until = await line.gate.closed_until()
    assert until is not None
    assert (until - line.clock.now()).total_seconds() == 1000


async def test_other_trouble_closes_nothing(line: Line) -> None:
    line.fake.fail("/v1/", Fault.ERROR, times=3)
    with pytest.raises(UpstreamError):
        await line.client.recently_played(line.token)
    assert await line.gate.closed_until() is None
