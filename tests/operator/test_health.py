"""The heart beats on where its file can't be written."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from bot import health

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class Connected:
    """As much of the client as the beat reads; `beats` counts how often it was looked at."""

    def __init__(self) -> None:
        self.beats = 0
        self.third = asyncio.Event()

    @property
    def latency(self) -> float:
        self.beats += 1
        if self.beats == 3:
            self.third.set()
        return 0.05

    def is_ready(self) -> bool:
        return True


async def test_a_disk_that_refuses_ends_neither_the_beat_nor_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "BEAT_S", 0)
    client, folder = Connected(), tmp_path / "missing"
    task = asyncio.create_task(health.beat(cast("Any", client), folder))
    await asyncio.wait(
        [task, third := asyncio.create_task(client.third.wait())],
        return_when=asyncio.FIRST_COMPLETED,
    )
    assert not task.done()
    third.cancel()
    folder.mkdir()
    client.third.clear()
    client.beats = 0
    await client.third.wait()  # the second beat from now has been written when the third begins
    assert health.check(folder) == 0
    task.cancel()
    await asyncio.wait([task])
