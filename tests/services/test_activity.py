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
