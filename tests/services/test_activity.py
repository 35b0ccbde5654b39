"""Listening along when the disk fails."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from bot.domain.activity import Shown, Song
from bot.domain.ids import MemberId
from bot.errors import StorageError
from bot.services import activity
from bot.services.activity import ActivityService
from tests.fakes_doors import FakeClock, NoTraining

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from bot.domain.listening import FetchedListen, Source
    from bot.ports.activity import Followed

ANA = MemberId(1)


@dataclass
class FullDisk:
    """Refuses so many times, then keeps."""

    refusals: int
    kept: list[Followed] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def followed(self) -> Sequence[Followed]:
        return ()

    async def save(self, state: Followed) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StorageError("disk full")
        self.kept.append(state)
        self.changed.set()


async def test_a_full_disk_ends_neither_the_task_nor_the_play(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(activity, "AGAIN_AFTER_TROUBLE_S", 0)
    disk, clock = FullDisk(refusals=2), FakeClock()
    service = ActivityService(
        plays=disk,
        doors=cast("Any", None),
        training=cast("Any", NoTraining()),
        clock=clock,
    )
    service.admit(ANA)
    running = asyncio.create_task(service.run())
    try:
        await asyncio.sleep(0)  # the first round is over, nothing has changed
        service.saw(ANA, Shown(Song("Slowdive", "Alison", 200_000), clock.now()))
        async with asyncio.timeout(30):
            await disk.changed.wait()
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.wait([running])
    (state,) = disk.kept
    assert state.under_way is not None
    assert state.under_way.song.title == "Alison"
    clock.forward(timedelta(minutes=1))
    await service.store()
    assert disk.kept == [state], "stored once"


class SlowFiling:
    """Files when it is let; two may be under way."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.go = asyncio.Event()

    async def add(
        self, _member: MemberId, _source: Source, listens: Sequence[FetchedListen], **_at: Any
    ) -> int:
        self.asked.append(tuple(str(one.title) for one in listens))
        await self.go.wait()
        return len(listens)


async def test_what_ends_while_two_file_the_same_is_filed_by_the_next() -> None:
    """A round is under way as a member leaves by /doors."""
    clock, doors = FakeClock(), SlowFiling()
    service = ActivityService(
        plays=FullDisk(refusals=0),
        doors=cast("Any", doors),
        training=cast("Any", NoTraining()),
        clock=clock,
    )
    service.admit(ANA)

    def begin(title: str) -> None:
        """Begin a song; the one before has been played whole and ends with that."""
        service.saw(ANA, Shown(Song("Slowdive", title, 200_000), clock.now()))
        clock.forward(timedelta(seconds=200))

    begin("Alison")
    begin("Dagger")
    both = [asyncio.create_task(service.file(ANA)) for _ in range(2)]
    async with asyncio.timeout(5):
        while len(doors.asked) < 2:  # noqa: ASYNC110  # both have to be under way
            await asyncio.sleep(0)
    begin("Machine Gun")
    doors.go.set()
    await asyncio.gather(*both)
    await service.file(ANA)
    assert doors.asked == [("Alison",), ("Alison",), ("Dagger",)]
