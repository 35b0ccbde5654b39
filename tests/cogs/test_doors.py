"""`/doors` as members meet it, with stand-ins for the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.adapters.http.listenbrainz import ListenBrainzDoor
from bot.adapters.http.manners import Manners
from bot.adapters.http.polite import PoliteClient, new_session
from bot.domain.listening import Source
from tests.cogs.conftest import Room, words
from tests.fake_sources.server import FakeSources, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = 1_700_000_000


@pytest.fixture
async def fake(room: Room) -> AsyncIterator[FakeSources]:
    """ListenBrainz is open, Last.fm is not."""
    async with FakeSources() as running, new_session("test") as session:
        band = running.world.artist("Slowdive", "shoegaze")
        song = running.world.track(band, "Alison")
        for n in range(40):
            running.world.person("ada_lb").hear(NOW + 300 * n, song)
        client = PoliteClient(
            session=session,
            base=running.addresses.listenbrainz,
            manners=Manners("ListenBrainz", 1000, 1),
        )
        async with client:
            room.app.services.doors.reader.open(ListenBrainzDoor(client))
            yield running


async def listens(room: Room, name: str) -> int:
    view = await room.app.services.doors.view(room.id_of(name))
    return view.doors[0].listens


async def read(room: Room, name: str) -> None:
    """Give the member's names their turn; the background doesn't run in the simulated time."""
    for state in await room.app.database.door_syncs.of_member(room.id_of(name)):
        await room.app.services.doors.reader.turn(state)


async def test_without_any_source_it_says_so(room: Room):
    result = await room.run("Ada", "doors")
    assert result.ephemeral
    assert "not opened by whoever runs me" in words(result)
    refused = await room.run("Ada", "doors", listenbrainz="ada_lb")
    assert "has not opened that door" in words(refused)


async def test_who_never_agreed_is_asked_first(room: Room, fake: FakeSources):
    assert "agree" in words(await room.run("Nova", "doors", listenbrainz="ada_lb"))
    assert not fake.asked


async def test_a_name_is_connected_read_and_shown(room: Room, fake: FakeSources):
    result = await room.run("Ada", "doors", listenbrainz="ada_lb")
    assert result.ephemeral
    await read(room, "Ada")
    assert "40 new listens" in words(result)
    assert await listens(room, "Ada") == 40
    shown = words(await room.run("Ada", "doors"))
    assert "connected as **ada\\_lb**" in shown
    assert "40 listens" in shown
    assert "Read <t:" in shown


async def test_nobody_of_that_name(room: Room, fake: FakeSources):
    assert "nobody called nope" in words(await room.run("Ada", "doors", listenbrainz="nope"))


async def test_a_name_that_somebody_else_connected(room: Room, fake: FakeSources):
    await room.run("Ada", "doors", listenbrainz="ada_lb")
    result = await room.run("Bruno", "doors", listenbrainz="ADA_lb")
    assert "connected by somebody else" in words(result)


async def test_trouble_is_shown_in_words(room: Room, fake: FakeSources):
    await room.run("Ada", "doors", listenbrainz="ada_lb")
    await read(room, "Ada")
    fake.fail("listens", Fault.HTML, times=9)
    await read(room, "Ada")
    shown = words(await room.run("Ada", "doors"))
    assert "Last problem <t:" in shown
    assert "did not answer, or not sensibly" in shown
    assert "40 listens" in shown


@pytest.mark.parametrize(("answer", "left"), [("keep", 40), ("delete", 0)])
async def test_closing_asks_what_becomes_of_the_listens(room, fake, answer, left):
    await room.run("Ada", "doors", listenbrainz="ada_lb")
    await read(room, "Ada")
    panel = await room.run("Ada", "doors")
    question = await room.press("Ada", panel.response, "aux1:door:ask:listenbrainz")
    done = await room.press("Ada", question.response, f"aux1:door:{answer}:listenbrainz")
    assert "disconnected" in words(done)
    assert await listens(room, "Ada") == left
    assert not await room.app.database.door_syncs.of_member(room.id_of("Ada"))


async def test_leaving_it_connected_changes_nothing(room: Room, fake: FakeSources):
    await room.run("Ada", "doors", listenbrainz="ada_lb")
    panel = await room.run("Ada", "doors")
    question = await room.press("Ada", panel.response, "aux1:door:ask:listenbrainz")
    await room.press("Ada", question.response, "aux1:door:stay:listenbrainz")
    assert len(await room.app.database.door_syncs.of_member(room.id_of("Ada"))) == 1


async def test_all_doors_down_breaks_no_list(room: Room, fake: FakeSources):
    await room.run("Ada", "doors", listenbrainz="ada_lb")
    await read(room, "Ada")
    fake.down = True
    before = len(fake.asked)
    assert "Five for" in words(await room.run("Ada", "recommend"))
    assert len(fake.asked) == before, "no list waits for anybody outside"


async def test_the_closed_sources_are_named(room: Room, fake: FakeSources):
    view = await room.app.services.doors.view(room.id_of("Ada"))
    assert [(d.source, d.offered) for d in view.doors] == [
        (Source.LISTENBRAINZ, True),
        (Source.LASTFM, False),
    ]
