"""Who switched notices off hears answers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.adapters.sqlite.database import Database
from bot.domain.ids import MemberId
from bot.services.notices import Notice, NoticeBoard
from bot.services.preferences import Preferences

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ANA = MemberId(7)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database.open(tmp_path / "data") as opened:
        yield opened


@pytest.mark.parametrize(
    ("wanted", "answer", "arrives"),
    [(True, False, True), (False, False, False), (False, True, True)],
)
async def test_the_switch_decides_about_what_nobody_asked_for(
    database: Database, wanted: bool, answer: bool, arrives: bool
) -> None:
    sent: list[Notice] = []

    async def send(_member_id: MemberId, notice: Notice) -> bool:
        sent.append(notice)
        return True

    preferences = Preferences(members=database.members)
    await preferences.change(ANA, notices=wanted)
    board = NoticeBoard(preferences=preferences)
    board.attach(send, application_id=1)
    assert await board.tell(ANA, Notice("link.notice.ended", answer=answer)) is arrives
    assert len(sent) == arrives


async def test_without_a_client_nothing_arrives(database: Database) -> None:
    board = NoticeBoard(preferences=Preferences(members=database.members))
    assert not await board.tell(ANA, Notice("link.notice.ended"))
