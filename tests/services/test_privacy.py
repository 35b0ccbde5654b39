"""The export of somebody with a long history, and settings changed twice at once."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast
from zipfile import ZipFile

import pytest

from bot.app import open_app
from bot.domain.ids import MemberId
from bot.errors import UserError
from bot.services.preferences import Preferences
from tests.conftest import settings_for

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.members import MemberSettings

ANA = MemberId(10**18 + 1)
MANY = 3000
HISTORY = "artist,track,played_at\n" + "".join(
    f"Zyxband,Søng {n},2026-05-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z\n"
    for n in range(MANY)
)


async def test_a_long_history_comes_zipped_and_whole(data_dir: Path) -> None:
    async with open_app(settings_for(data_dir)) as app:
        privacy = app.services.privacy
        assert await privacy.hand_over(ANA, limit=10**9) is None
        await app.services.consent.agree(ANA)
        await app.services.imports.run(ANA, [("mine.csv", HISTORY.encode())])
        handed = await privacy.hand_over(ANA, limit=10**9)
        assert handed is not None
        name, plain = handed
        assert name == "auxcord-my-data.json"
        handed = await privacy.hand_over(ANA, limit=len(plain) - 1)
        assert handed is not None
        name, packed = handed
        assert name == "auxcord-my-data.zip"
        assert len(packed) < len(plain) / 5
        with ZipFile(BytesIO(packed)) as archive:
            assert archive.read("auxcord-my-data.json") == plain
        found = json.loads(plain)
        assert {row["title"] for row in found["listens"]} == {f"Søng {n}" for n in range(MANY)}
        assert found["picks"] == []
        with pytest.raises(UserError, match=r"mydata\.file_too_large"):
            await privacy.hand_over(ANA, limit=len(packed) - 1)


class SlowMembers:
    """Stores settings when told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.stored: list[MemberSettings] = []

    async def save_settings(self, _member_id: MemberId, settings: MemberSettings) -> None:
        await self.go.wait()
        self.stored.append(settings)


async def test_of_two_changes_at_once_both_count() -> None:
    members = SlowMembers()
    preferences = Preferences(members=cast("Any", members))
    changes = [
        asyncio.create_task(preferences.change(ANA, private=True)),
        asyncio.create_task(preferences.change(ANA, notices=False)),
    ]
    await asyncio.sleep(0)
    members.go.set()
    await asyncio.gather(*changes)
    assert (members.stored[-1].private, members.stored[-1].notices) == (True, False)
    assert preferences.of(ANA) == members.stored[-1]
