"""The real client against the fake, with a gate that remembers in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.adapters.spotify.client import SpotifyClient
from bot.adapters.spotify.gate import Gate
from bot.demo.spotify.world import Account
from bot.domain.spotify import SCOPES, GateState
from tests.fake_spotify import FakeSpotify
from tests.fakes_spotify import FixedClock


@dataclass
class MemoryGate:
    kept: GateState = field(default_factory=GateState)
    counted: dict[str, dict[str, int]] = field(default_factory=dict)

    async def state(self) -> GateState:
        return self.kept

    async def save(self, state: GateState) -> None:
        self.kept = state

    async def count(self, day: str, operation: str) -> int:
        calls = self.counted.setdefault(day, {})
        calls[operation] = calls.get(operation, 0) + 1
        return sum(calls.values())

    async def calls(self, day: str) -> int:
        return sum(self.counted.get(day, {}).values())


@dataclass
class Line:
    """A client, its gate, and somebody with a token."""

    fake: FakeSpotify
    clock: FixedClock
    memory: MemoryGate
    gate: Gate
    client: SpotifyClient
    ada: Account
    token: str
    slept: list[float]

    def new_gate(self, **changes: float) -> Gate:
        return gate_over(self.memory, self.clock, self.slept, **changes)


def gate_over(
    memory: MemoryGate, clock: FixedClock, slept: list[float], *, daily_calls: float = 1000
) -> Gate:
    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    return Gate(store=memory, clock=clock, daily_calls=int(daily_calls), sleep=sleep)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async with FakeSpotify() as fake:
        clock, memory, slept = FixedClock(), MemoryGate(), []  # type: ignore[var-annotated]
        fake.world.now = clock.now
        gate = gate_over(memory, clock, slept)

        async def sleep(seconds: float) -> None:
            slept.append(seconds)

        async with SpotifyClient(base=fake.api_url, gate=gate, sleep=sleep) as client:
            ada = fake.world.add_account("Ada")
            grant, token = fake.grant(ada, frozenset(SCOPES))
            fake.world.access[token] = (grant, clock.at + timedelta(days=99))
            yield Line(fake, clock, memory, gate, client, ada, token, slept)
