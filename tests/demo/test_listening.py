"""Listening along in the demo: songs follow on songs, whole ones become plays, skipped ones skips."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.app import atlas_folder
from bot.demo.atlas import read_tracks
from bot.demo.listening import SKIPPED_EVERY, SONG, Listening
from bot.demo.listens import Upload
from bot.demo.personas import YOU
from bot.demo.run import open_demo
from bot.demo.simulated import answers, buttons_of, text_of
from bot.domain.ids import MemberId
from bot.domain.listening import Source
from tests.worker import exports

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CSV = exports.csv_table(50)


async def never(_self: Listening) -> None:
    await asyncio.Event().wait()


async def test_who_presses_listen_along_plays_and_nobody_else(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Listening, "run", never)  # steps are made by hand here
    async with open_demo(data_dir, [Upload(YOU, (("a.csv", CSV),))]) as demo:
        activity = demo.app.services.activity
        assert activity is not None
        you = demo.simulation.members[YOU]
        me = MemberId(you.id)
        doors = await you.slash(demo.simulation.channel, "doors")
        button = next(i for i in buttons_of(answers(doors)[0]) if "discord_activity" in i)
        await you.click(answers(doors)[0], custom_id=button)
        assert activity.follows(me)
        ids = {name: MemberId(one.id) for name, one in demo.simulation.members.items()}
        listening = Listening(demo.simulation, activity, read_tracks(atlas_folder()), ids)
        at = datetime.now(UTC) - 5 * SONG
        for _ in range(SKIPPED_EVERY + 1):
            listening.step(at)
            await asyncio.sleep(0.05)  # the client hands the event on in a task of its own
            at = listening._ends[YOU] + timedelta(milliseconds=1)
        assert set(listening._ends) == {YOU}
        await activity.round()

        def heard(raw):
            return raw.execute(
                "SELECT member_id, sum(skipped = 0), sum(skipped = 1) FROM listens AS l "
                "JOIN sources AS s ON s.id = l.source_id WHERE s.name = ? GROUP BY member_id",
                (Source.DISCORD_ACTIVITY.value,),
            ).fetchall()

        ((member, plays, skips),) = await demo.app.database.readers.run(heard)
        assert (member, plays, skips) == (me, SKIPPED_EVERY - 1, 1)
        shown = await you.slash(demo.simulation.channel, "doors")
        assert "listen along" in text_of(answers(shown)[0])
