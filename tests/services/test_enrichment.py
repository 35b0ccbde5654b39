"""Enrichment against the stand-ins: it fills, it goes on, and no trouble costs what is stored."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from bot.adapters.sqlite.database import Database
from bot.adapters.sqlite.facts import ENRICHED
from bot.app import open_app
from bot.domain.enrichment import TERMS, Task, good_for
from bot.domain.ids import MemberId
from bot.domain.sources import OpenSource
from bot.open_sources import OpenSources
from bot.open_wiring import fact_sources
from bot.services import enrichment
from bot.services.enrichment import AFTER_REFUSAL, IDLE_S, EnrichmentService, Lane
from bot.settings import Settings
from bot.worker.refit import refit
from recsys.snapshot import load
from tests.adapters.sqlite.stage import ANA, BEN, CLEO, bring_in, find, row, write_atlas
from tests.adapters.sqlite.test_models import INFO
from tests.fake_sources.clients import hurried_clients
from tests.fake_sources.server import FakeSources, Fault
from tests.fakes_doors import DAY, FakeClock, NoTraining

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

ALL = frozenset(OpenSource)
PATHS = {
    Task.RECORDING_ID: "acr-lookup",
    Task.RECORDING: "metadata/recording",
    Task.ARTIST_ID: "musicbrainz/ws/2/artist",
    Task.ARTIST_GENRES: "musicbrainz/ws/2/artist/",
    Task.ARTIST_TAGS: "lastfm",
    Task.DEEZER_TRACK: "deezer/search",
    Task.SOUND: "audio-features",
}
RETRIED = timedelta(hours=7)
"""After so long whatever rested or was put off is asked again."""


class Desk:
    def __init__(self, database: Database, fake: FakeSources) -> None:
        self.database, self.fake = database, fake
        self.clock = FakeClock()
        self.training = NoTraining()

    @asynccontextmanager
    async def lanes(self, on: Collection[OpenSource] = ALL) -> AsyncIterator[list[Lane]]:
        """New ones each time, with new clients: nothing may live in their memory."""
        async with hurried_clients(self.fake) as clients:
            chosen = OpenSources("ana@example.org", on, lastfm_key="key")
            yield [
                Lane(
                    source,
                    store=self.database.enrichment,
                    training=cast("Any", self.training),
                    clock=self.clock,
                    draw=lambda: 0.5,
                    rest_s=0,
                    first_s=0,
                )
                for source in fact_sources(chosen, clients, self.fake.addresses)
            ]

    async def fill(self, on: Collection[OpenSource] = ALL, *, most: int = 100) -> None:
        """Let every lane ask until it rests, twice, because one's answer is another's question."""
        async with self.lanes(on) as lanes:
            for lane in [*lanes, *lanes]:
                steps = 0
                while await lane.step() == 0:
                    steps += 1
                    assert steps < most

    async def step(self, task: Task) -> float:
        async with self.lanes() as lanes:
            (lane,) = [one for one in lanes if one.task is task]
            return await lane.step()

    async def known(self) -> dict[str, int]:
        found = await self.database.enrichment.coverage()
        return {one.name: one.known for one in found.everything}

    async def dump(self) -> list[str]:
        """All that is stored but for the record of questions."""

        def read(raw: Any) -> list[str]:
            return [
                line
                for line in raw.iterdump()
                if not line.startswith(
                    tuple(
                        f'INSERT INTO "{table}"'
                        for table in ("enrichment_tasks", "track_lookups", "artist_lookups")
                    )
                )
            ]

        return await self.database.readers.run(read)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Six artists and six tracks; the sources know more of each, and of two nothing at all."""
    async with Database.open(tmp_path / "data") as database, FakeSources() as fake:
        await database.catalogue.seed_atlas(write_atlas(tmp_path / "atlas"))
        for name, tag, *titles in (
            ("Queen", "opera", "Bohemian Rhapsody", "Under Pressure"),
            ("The Beatles", "beat", "Hey Jude"),
            ("Daft Punk", "disco", "One More Time", "Around the World"),
            ("Sigur Rós", "hopelandic"),
        ):
            artist = fake.world.artist(name, tag, "rock")
            for title in titles:
                fake.world.track(artist, title)
        yield Desk(database, fake)


async def test_everything_is_filled_and_then_nothing_is_asked_for_a_while(desk: Desk):
    await desk.fill()
    assert await desk.known() == {
        "tags": 6,
        "tags of an open source": 4,
        "artist MBID": 4,
        "recording MBID": 5,
        "ISRC": 5,
        "year": 6,
        "audio features": 5,
        "artwork": 5,
        "exact link": 5,
    }
    (queen,) = await find(desk.database, "queen")
    assert queen.artist.tags == ("rock", "glam rock", "opera")
    assert desk.training.woken
    asked = len(desk.fake.asked)
    await desk.fill()
    assert len(desk.fake.asked) == asked


async def test_all_go_out_together_where_a_source_takes_many(desk: Desk):
    await desk.fill()
    for task in (Task.RECORDING_ID, Task.RECORDING, Task.SOUND):
        assert len(desk.fake.calls(PATHS[task])) == 1, task
    assert len(desk.fake.calls(PATHS[Task.DEEZER_TRACK])) == 6


async def test_answers_are_renewed_when_they_expire(desk: Desk):
    await desk.fill()
    desk.fake.asked.clear()
    desk.clock.forward(31 * DAY)
    await desk.fill()
    renewed = {task for task, path in PATHS.items() if desk.fake.calls(path)}
    assert Task.RECORDING in renewed
    assert Task.ARTIST_TAGS in renewed
    assert len(desk.fake.calls(PATHS[Task.DEEZER_TRACK])) == 1, "only the one that was not found"


async def test_nothing_found_is_kept_too_and_asked_ever_more_rarely(desk: Desk):
    await desk.fill([OpenSource.DEEZER])
    asked = []
    for day in range(1, 40):
        desk.clock.forward(DAY)
        desk.fake.asked.clear()
        await desk.fill([OpenSource.DEEZER])
        asked += [day] * len(desk.fake.asked)
    assert asked == [1, 3, 7, 15, 31]
    spans = [good_for(TERMS[Task.SOUND], found=False, misses=n, chance=0.5) / DAY for n in range(3)]
    assert spans == [30, 30, 30]


def test_answers_do_not_expire_together():
    terms = TERMS[Task.RECORDING]
    spans = [good_for(terms, found=True, misses=0, chance=chance) / DAY for chance in (0, 0.5, 1)]
    assert spans == pytest.approx([24, 30, 36])


FAULTS = (
    Fault.ERROR,
    Fault.DROP,
    Fault.LATER,
    Fault.REFUSED,
    Fault.HTML,
    Fault.TRUNCATED,
    Fault.WRONG_TYPE,
    Fault.NULLS,
    Fault.QUOTA_INSIDE,
    Fault.LASTFM_SUSPENDED,
)
"""One of each sort; `tests/adapters/http/test_facts.py` has them all."""


@pytest.mark.parametrize("task", Task)
async def test_a_fault_changes_nothing_stored_and_is_made_good_later(desk: Desk, task: Task):
    """Filled, expired, in trouble: what is stored stays; asked anew once it is over."""
    await desk.fill()
    for number, fault in enumerate(FAULTS):
        desk.clock.forward(500 * DAY)
        if task is Task.ARTIST_ID:  # only who was never found is asked about
            desk.fake.world.artist("Slowdive" if number % 2 else "!!!")
        before = await desk.dump()
        desk.fake.fail(PATHS[task], fault, times=99, wait="86400")
        assert await desk.step(task) == 0, fault
        assert await desk.dump() == before, fault
        state = await desk.database.enrichment.state(task)
        assert state.strikes == 1, fault
        assert state.paused_until is not None
        assert state.paused_until > desk.clock.now()
        asked = len(desk.fake.asked)
        assert await desk.step(task) > 0, fault
        assert len(desk.fake.asked) == asked, "nothing is asked before the pause is over"
        desk.fake.mend()
        desk.clock.forward(max(RETRIED, AFTER_REFUSAL))
        assert await desk.step(task) == 0, fault
        assert len(desk.fake.asked) > asked
        assert (await desk.database.enrichment.state(task)).strikes == 0
        if task is Task.ARTIST_ID:
            await desk.database.writer.run(_unknown_again)


def _unknown_again(raw: Any) -> None:
    raw.execute("UPDATE artists SET mbid = NULL WHERE name IN ('Slowdive', '!!!')")


async def test_a_long_pause_outlives_a_restart(desk: Desk, tmp_path: Path):
    desk.fake.fail("deezer", Fault.LATER, times=99, wait="86400")
    await desk.step(Task.DEEZER_TRACK)
    assert len(desk.fake.asked) == 1
    desk.fake.mend()
    desk.clock.forward(DAY - timedelta(minutes=1))
    assert await desk.step(Task.DEEZER_TRACK) == 60
    assert len(desk.fake.asked) == 1
    desk.clock.forward(timedelta(minutes=1))
    assert await desk.step(Task.DEEZER_TRACK) == 0
    assert len(desk.fake.asked) == 2


async def test_pauses_grow_while_trouble_lasts(desk: Desk):
    desk.fake.fail("deezer", Fault.ERROR, times=999)
    waits = []
    for _ in range(12):
        await desk.step(Task.DEEZER_TRACK)
        state = await desk.database.enrichment.state(Task.DEEZER_TRACK)
        assert state.paused_until is not None
        waits.append(state.paused_until - desk.clock.now())
        desk.clock.forward(waits[-1])
    assert waits[:3] == [timedelta(minutes=n) for n in (1, 2, 4)]
    assert waits[-1] == timedelta(hours=6)


@pytest.mark.parametrize("down", ["musicbrainz", "deezer", "listenbrainz", "labs", "lastfm"])
async def test_one_source_down_never_stops_the_others(desk: Desk, down: str):
    desk.fake.fail(f"/{down}/", Fault.ERROR, times=10_000)
    await desk.fill()
    asked = {one.path.split("/")[1] for one in desk.fake.asked}
    assert {"musicbrainz", "deezer", "labs", "lastfm"} <= asked
    known = await desk.known()
    assert known["ISRC"] == (0 if down == "deezer" else 5)
    assert known["audio features"] == known["ISRC"]
    assert known["tags of an open source"] == 4
    assert known["artist MBID"] == (4 if down != "musicbrainz" else 3)


async def test_what_a_service_chokes_on_does_not_keep_the_others_waiting(desk: Desk):
    desk.fake.fail("deezer/search", Fault.HTML, times=1)
    await desk.step(Task.DEEZER_TRACK)
    desk.clock.forward(timedelta(minutes=2))
    await desk.fill([OpenSource.DEEZER])
    assert (await desk.known())["ISRC"] == 4
    desk.clock.forward(timedelta(hours=2))
    await desk.fill([OpenSource.DEEZER])
    assert (await desk.known())["ISRC"] == 5


async def test_it_goes_on_where_a_stop_cut_it_off(desk: Desk):
    for _ in range(3):
        await desk.step(Task.DEEZER_TRACK)
    assert len(desk.fake.asked) == 3
    await desk.fill([OpenSource.DEEZER])
    titles = [one.query["q"] for one in desk.fake.calls("deezer/search")]
    assert len(titles) == len(set(titles)) == 6


async def test_a_stop_in_the_middle_of_a_question_loses_nothing(desk: Desk):
    desk.fake.fail("deezer/search", Fault.HANG, times=9)
    async with desk.lanes() as lanes:
        service = EnrichmentService(lanes, store=desk.database.enrichment)
        running = asyncio.create_task(service.run())
        while not desk.fake.calls("deezer/search"):  # noqa: ASYNC110  # the stand-in's own record
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
    desk.fake.mend()
    desk.clock.forward(RETRIED)
    await desk.fill()
    assert (await desk.known())["ISRC"] == 5


async def test_a_lane_that_breaks_lives_on(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    async with desk.lanes([OpenSource.DEEZER]) as (lane,):
        steps = []

        async def step() -> float:
            steps.append(len(steps))
            if len(steps) == 1:
                raise RuntimeError("broken")
            raise asyncio.CancelledError

        async def at_once(seconds: float) -> None:
            assert seconds in {0, IDLE_S}

        monkeypatch.setattr(lane, "step", step)
        monkeypatch.setattr(asyncio, "sleep", at_once)
        with pytest.raises(asyncio.CancelledError):
            await lane.run()
    assert steps == [0, 1]


@pytest.mark.parametrize(
    "values",
    [{}, {"contact": "ana@example.org", "sources": "none"}],
)
async def test_nothing_is_asked_where_nothing_is_switched_on(
    data_dir: Path, values: dict[str, Any]
):
    async with FakeSources() as fake:
        settings = Settings(_env_file=None, data_dir=data_dir, backup_hours=0, **values)
        async with open_app(settings, open_addresses=fake.addresses) as app:
            await app.services.consent.agree(MemberId(10**17))
            assert not app.services.previews.on
            assert not [t for t in asyncio.all_tasks() if t.get_name().startswith("enrich")]
        assert not fake.asked


async def test_only_what_is_switched_on_is_asked(data_dir: Path, monkeypatch: pytest.MonkeyPatch):
    async with FakeSources() as fake:
        settings = Settings(
            _env_file=None,
            data_dir=data_dir,
            backup_hours=0,
            contact="ana@example.org",
            sources="musicbrainz",
        )
        monkeypatch.setattr(enrichment, "FIRST_S", 0.0)
        async with open_app(settings, open_addresses=fake.addresses) as app:
            while len(fake.asked) < 2:  # noqa: ASYNC110  # the stand-in's own record
                await asyncio.sleep(0.01)
            assert not app.services.previews.on
    assert {one.path.split("/")[1] for one in fake.asked} == {"musicbrainz"}
    assert all("ana@example.org" in one.agent for one in fake.asked)


async def test_a_training_learns_from_what_was_filled_in(desk: Desk, tmp_path: Path):
    """The child's own code, on a database that knows tags and sound."""
    rows = [row("Queen", "Bohemian Rhapsody"), row("Daft Punk", "One More Time", minute=5)]
    for member, some in ((ANA, rows), (BEN, rows[:1]), (CLEO, rows[1:])):
        await bring_in(desk.database, member, some, folder=f"of_{member}")
    await desk.fill()
    result = await asyncio.to_thread(
        refit, desk.database.data_dir, serving=None, force_publish=True
    )
    model = load(Path(result["folder"]))
    assert "sound" in {part.name for part in model.parts}
    assert result["row_cut"][ENRICHED] > 0
    await desk.database.models.publish(INFO, folder="a", row_cut=result["row_cut"])
    assert (await desk.database.models.pending()).enriched == 0
