"""Asking for candidates: who comes first, how long answers last, and that trouble stays where it is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from bot.adapters.sqlite.database import Database
from bot.domain.candidates import Answer, Neighbour, Origin, Seed
from bot.domain.ids import MemberId
from bot.errors import AccessRefusedError, RateLimitedError, UpstreamError
from bot.services.candidates import CandidateService
from tests.adapters.sqlite.stage import write_atlas
from tests.fakes_doors import DAY, FakeClock, NoTraining

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

ANA, BEN = MemberId(10**18 + 1), MemberId(10**18 + 2)
RADIO, LABS = Origin.DEEZER_RADIO, Origin.LISTENBRAINZ_ARTISTS


@dataclass
class FakeSource:
    origin: Origin
    per_day: int = 1000
    timeout_s: float = 5.0
    known: dict[str, list[str]] = field(default_factory=dict)
    error: Exception | None = None
    hang: bool = False
    asked: list[str] = field(default_factory=list)
    on_ask: Callable[[], None] = lambda: None

    async def similar_to(self, seed: Seed) -> Answer:
        self.asked.append(seed.name)
        self.on_ask()
        if self.hang:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        names = self.known.get(seed.name, [])
        return Answer(tuple(Neighbour(name, 1.0) for name in names))

    def taken(self) -> list[str]:
        taken, self.asked = self.asked, []
        return taken


class HurriedTraining(NoTraining):
    hurried = 0

    def hurry(self) -> None:
        self.hurried += 1


class Desk:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock()
        self.training = HurriedTraining()
        self.radio = FakeSource(RADIO, known={"Queen": ["Kansas"], "Slowdive": ["Lush"]})
        self.labs = FakeSource(LABS, known={"Queen": ["Styx"], "Slowdive": ["Ride"]})
        self.service = self.anew()

    def anew(self) -> CandidateService:
        """The service after a restart."""
        service = CandidateService(
            store=self.database.candidates,
            training=cast("Any", self.training),
            clock=self.clock,
        )
        service.open(self.radio)
        service.open(self.labs)
        return service

    async def pick(self, member: MemberId, *names: str) -> None:
        await self.database.members.agree(member, version=1, at=self.clock.now())
        for name in names:
            (artist,) = await self.database.catalogue.search_artists(name, limit=1)
            await self.database.listens.set_picks(member, [artist.id], at=self.clock.now())
            self.clock.forward(timedelta(seconds=1))

    async def similar_to(self, name: str) -> dict[Origin, str]:
        """What the store says of an artist: who named it, and as similar to whom."""
        found = await self.database.catalogue.search_artists(name, limit=1)
        if not found:
            return {}
        vouched = await self.database.candidates.vouched(found[0].id)
        return {one.origin: one.seed_name for one in vouched}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Database.open(tmp_path / "data") as database:
        await database.catalogue.seed_atlas(write_atlas(tmp_path / "atlas"))
        yield Desk(database)


async def test_every_source_is_asked_about_every_artist_once(desk: Desk) -> None:
    await desk.pick(ANA, "queen", "slowdive")
    await desk.service.round()
    assert sorted(desk.radio.taken()) == sorted(desk.labs.taken()) == ["Queen", "Slowdive"]
    assert await desk.similar_to("lush") == {RADIO: "Slowdive"}
    assert await desk.similar_to("styx") == {LABS: "Queen"}
    await desk.service.round()
    await desk.anew().round()
    assert desk.radio.taken() == desk.labs.taken() == []


async def test_the_newest_member_comes_first_and_whoever_is_woken_before_them(desk: Desk) -> None:
    await desk.pick(ANA, "queen")
    await desk.pick(BEN, "slowdive")
    await desk.service.round()
    assert desk.radio.taken() == ["Slowdive", "Queen"]
    desk.service = desk.anew()
    desk.clock.forward(60 * DAY)
    desk.service.wake(ANA)
    await desk.service.round()
    assert desk.radio.taken() == ["Queen", "Slowdive"]


async def test_a_turn_gives_way_to_who_is_woken_and_is_taken_up_again(desk: Desk) -> None:
    await desk.pick(ANA, "queen", "slowdive")
    await desk.pick(BEN, "daft punk")

    def wake_once() -> None:
        desk.radio.on_ask = lambda: None
        desk.service.wake(BEN)

    desk.clock.forward(DAY)
    await desk.database.members.agree(ANA, version=2, at=desk.clock.now())
    desk.radio.on_ask = wake_once
    await desk.service.round()
    assert desk.radio.taken() == ["Slowdive", "Daft Punk", "Queen"]


async def test_answers_last_for_weeks_and_run_out_one_by_one(desk: Desk) -> None:
    await desk.pick(ANA, "queen", "slowdive", "daft punk", "sigur")
    for name in ("Daft Punk", "Sigur Rós"):
        desk.radio.known[name] = ["Somebody"]
    await desk.service.round()
    desk.radio.taken()
    desk.clock.forward(15 * DAY)
    await desk.service.round()
    assert desk.radio.taken() == []
    days = []
    for _ in range(12):
        desk.clock.forward(DAY)
        await desk.service.round()
        days.append(len(desk.radio.taken()))
    assert sum(days) == 4
    assert max(days) < 4, "not all of them on one day"


async def test_not_known_is_remembered_longer_each_time(desk: Desk) -> None:
    await desk.pick(ANA, "daft punk")
    gaps, waited = [], 0
    for _ in range(40):
        await desk.service.round()
        if desk.radio.taken():
            gaps.append(waited)
            waited = 0
        desk.clock.forward(DAY)
        waited += 1
    assert gaps == [0, 1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("error", "closed"),
    [
        (UpstreamError("Deezer"), None),
        (RateLimitedError("Deezer", retry_after_s=7200), timedelta(hours=2)),
        (RateLimitedError("Deezer"), timedelta(minutes=15)),
        (AccessRefusedError("Deezer"), timedelta(hours=6)),
        (TimeoutError(), timedelta(minutes=15)),
    ],
)
async def test_a_source_in_trouble_is_left_alone_and_the_others_go_on(
    desk: Desk, error: Exception, closed: timedelta | None
) -> None:
    await desk.pick(ANA, "queen", "slowdive")
    desk.radio.error = error
    await desk.service.round()
    assert len(desk.radio.taken()) == (2 if closed is None else 1)
    assert await desk.similar_to("ride") == {LABS: "Slowdive"}
    desk.radio.error = None
    if closed is not None:
        desk.clock.forward(closed - timedelta(seconds=1))
        await desk.service.round()
        assert desk.radio.taken() == []
        desk.clock.forward(timedelta(seconds=1))
    await desk.service.round()
    assert await desk.similar_to("lush") == {RADIO: "Slowdive"}


async def test_troubles_in_a_row_close_a_source_for_a_while(desk: Desk) -> None:
    await desk.pick(ANA, "queen", "slowdive", "daft punk", "beatles", "sigur")
    desk.radio.error = UpstreamError("Deezer")
    await desk.service.round()
    assert len(desk.radio.taken()) == 3
    await desk.service.round()
    assert desk.radio.taken() == []
    assert len(desk.labs.taken()) == 5


async def test_a_source_that_hangs_is_cut_off(desk: Desk) -> None:
    await desk.pick(ANA, "queen", "slowdive")
    desk.radio.hang, desk.radio.timeout_s = True, 0.01
    await desk.service.round()
    assert len(desk.radio.taken()) == 1
    assert await desk.similar_to("ride") == {LABS: "Slowdive"}


async def test_an_old_answer_stays_while_its_source_is_away(desk: Desk) -> None:
    await desk.pick(ANA, "slowdive")
    await desk.service.round()
    desk.clock.forward(60 * DAY)
    desk.radio.error = desk.labs.error = UpstreamError("somebody")
    await desk.service.round()
    assert await desk.similar_to("lush") == {RADIO: "Slowdive"}
    assert await desk.similar_to("ride") == {LABS: "Slowdive"}


async def test_a_days_quota_holds_over_a_restart_and_is_a_sources_own(desk: Desk) -> None:
    desk.radio.per_day = 2
    await desk.pick(ANA, "queen", "slowdive", "daft punk", "beatles")
    await desk.service.round()
    await desk.anew().round()
    assert len(desk.radio.taken()) == 2
    assert len(desk.labs.taken()) == 4
    desk.clock.forward(DAY)
    await desk.anew().round()
    assert len(desk.radio.taken()) == 2


async def test_news_for_who_just_came_makes_a_model_soon(desk: Desk) -> None:
    await desk.pick(ANA, "slowdive")
    desk.service.wake(ANA)
    await desk.service.serve_woken()
    assert desk.training.hurried == 2, "each source as soon as it is done"
    desk.service.wake(ANA)
    await desk.service.serve_woken()
    assert (desk.training.hurried, desk.training.woken) == (2, 0), "nothing new"
    await desk.pick(BEN, "slowdive", "beatles")
    desk.radio.known["The Beatles"] = ["The Zombies"]
    desk.service.wake(BEN)
    await desk.service.serve_woken()
    assert (desk.training.hurried, desk.training.woken) == (2, 1), "half was known: in its turn"


async def test_nothing_is_asked_for_nobody_and_nothing_without_sources(desk: Desk) -> None:
    await desk.database.members.agree(ANA, version=1, at=desk.clock.now())
    await desk.service.round()
    assert desk.radio.taken() == []
    closed = CandidateService(
        store=desk.database.candidates, training=cast("Any", desk.training), clock=desk.clock
    )
    await desk.pick(ANA, "queen")
    closed.wake(ANA)
    await closed.round()
    assert desk.training.hurried == 0
