"""Gestures that come in close to each other: the order in which they came is the order that counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from bot.adapters.sqlite.database import Database
from bot.domain.feedback import Verdict
from bot.domain.ids import MessageId
from bot.services.consent import ConsentService
from bot.services.feedback import FeedbackService
from tests.adapters.sqlite.stage import ANA, BEN, NOW, held, show, write_atlas
from tests.fakes_doors import NoCandidates, NoTraining

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.domain.recommending import Recommendation

CARD = MessageId(7)
UP, DOWN = Verdict.UP, Verdict.DOWN


@dataclass
class TickingClock:
    """A second later each time somebody looks."""

    time: datetime = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@dataclass
class SlowAtFirst:
    """Lists, of which the first that is looked up takes until `go`."""

    database: Database
    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0

    async def of_message(self, message_id: MessageId) -> Recommendation | None:
        self.asked += 1
        if self.asked == 1:
            await self.go.wait()
        return await self.database.recommendations.of_message(message_id)


class Desk:
    def __init__(self, database: Database) -> None:
        clock, unused = TickingClock(), cast("Any", None)
        self.database = database
        self.lists = SlowAtFirst(database)
        self.candidates = NoCandidates()
        self.consent = ConsentService(members=database.members, clock=clock)
        self.service = FeedbackService(
            gestures=database.gestures,
            recommendations=cast("Any", self.lists),
            blocks=database.blocks,
            catalogue=database.catalogue,
            profiles=unused,
            consent=self.consent,
            serving=unused,
            candidates=cast("Any", self.candidates),
            training=cast("Any", NoTraining()),
            compute=unused,
            clock=clock,
        )

    async def reacts(self, *, added: bool, verdict: Verdict = UP) -> bool:
        return await self.service.reacted(ANA, CARD, str(verdict), verdict, added=added)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Database.open(tmp_path / "data") as database:
        await database.catalogue.seed_atlas(write_atlas(tmp_path / "atlas"))
        await show(database, "hey jude", message=CARD)
        await database.members.agree(ANA, version=1, at=NOW)
        yield Desk(database)


async def test_a_reaction_taken_back_at_once_stays_taken_back(desk: Desk) -> None:
    """Discord tells both; the look-ups behind the first may take longer."""
    put = asyncio.create_task(desk.reacts(added=True))
    await asyncio.sleep(0)
    await desk.reacts(added=False)
    desk.lists.go.set()
    await put
    assert await held(desk.database) == {}


async def test_a_vote_while_reactions_are_read_again_is_not_lost(desk: Desk) -> None:
    desk.lists.go.set()

    async def look() -> dict[Any, Verdict]:
        await desk.reacts(added=True)
        return {}  # Discord had answered before

    assert await desk.service.reconcile(CARD, look) == 0
    assert list((await held(desk.database)).values()) == [UP]


async def test_what_is_loved_is_asked_about_and_nothing_else(desk: Desk) -> None:
    desk.lists.go.set()
    await desk.reacts(added=True, verdict=DOWN)
    assert desk.candidates.woken == []
    await desk.reacts(added=True)
    assert desk.candidates.woken == [ANA]
    await desk.reacts(added=False)
    assert desk.candidates.woken == [ANA]


async def test_nothing_is_stored_about_who_is_being_erased(desk: Desk) -> None:
    desk.lists.go.set()
    assert await desk.consent.given(ANA)
    with desk.consent.withdrawn(ANA):
        assert not await desk.reacts(added=True)
        assert not await desk.consent.given(ANA)
    assert await desk.consent.given(ANA), "the record says so, nothing else"
    assert not await desk.consent.given(BEN)
