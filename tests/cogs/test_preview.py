"""The preview of a pick: fetched when asked for, private, stored nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.adapters.http.facts.deezer import DeezerTracks
from bot.adapters.http.itunes import ITunesPreviews
from bot.demo.simulated import answers, buttons_of, links_of
from tests.cogs.conftest import Room, words
from tests.fake_sources.clients import hurried_clients
from tests.fake_sources.server import FakeSources, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BUTTON = "aux1:preview:"


@pytest.fixture
async def fake(room: Room) -> AsyncIterator[FakeSources]:
    """Deezer has every track of the catalogue."""
    async with FakeSources() as running, hurried_clients(running) as clients:

        def read(raw) -> list[tuple[str, str]]:
            sql = "SELECT a.name, t.title FROM tracks AS t JOIN artists AS a ON a.id = t.artist_id"
            return raw.execute(sql).fetchall()

        for artist, title in await room.app.database.readers.run(read):
            running.world.track(running.world.artist(artist), title)
        room.app.services.previews.open(DeezerTracks(clients.deezer))
        yield running


async def panel(room: Room):
    card = await room.run("Ada", "recommend", count=1)
    return await room.press("Ada", answers(card)[0], "aux1:more:")


async def test_without_a_source_there_is_no_button(room: Room):
    opened = await panel(room)
    assert not any(i.startswith(BUTTON) for i in buttons_of(answers(opened)[0]))


async def test_the_panel_shows_the_cover_with_its_source(room: Room):
    card = await room.run("Ada", "recommend", count=1)

    def add(raw) -> None:
        raw.execute(
            "INSERT INTO track_artwork (track_id, source, url) "
            "SELECT track_id, 'coverartarchive', 'https://covers.example/1.jpg' "
            "FROM recommendation_items WHERE track_id IS NOT NULL"
        )

    await room.app.database.writer.run(add)
    opened = await room.press("Ada", answers(card)[0], "aux1:more:")
    assert "Cover: [Cover Art Archive]" in words(opened)


async def test_a_press_answers_with_links_to_whoever_pressed(room: Room, fake: FakeSources):
    opened = await panel(room)
    assert not fake.asked, "nothing is asked before somebody presses"
    result = await room.press("Ada", answers(opened)[0], BUTTON)
    assert result.ephemeral
    assert "provided courtesy of Deezer" in words(result)
    listen, page = links_of(answers(result)[0])
    assert listen.startswith(f"{fake.url}/pages/listen/")
    assert page.startswith("https://www.deezer.com/track/")
    dump = await room.app.database.readers.run(lambda raw: "\n".join(raw.iterdump()))
    assert "/pages/listen/" not in dump


async def test_itunes_is_asked_where_deezer_has_none(room: Room, fake: FakeSources):
    async with hurried_clients(fake) as clients:
        room.app.services.previews.open(ITunesPreviews(clients.itunes))
        opened = await panel(room)
        fake.fail("deezer", Fault.ERROR, times=9)
        result = await room.press("Ada", answers(opened)[0], BUTTON)
    assert "provided courtesy of iTunes" in words(result)
    listen, page = links_of(answers(result)[0])
    assert listen.startswith(f"{fake.url}/pages/listen/")
    assert page.startswith(f"{fake.url}/pages/itunes/track/")
    dump = await room.app.database.readers.run(lambda raw: "\n".join(raw.iterdump()))
    assert "/pages/" not in dump


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.HTML, Fault.LATER, Fault.QUOTA_INSIDE])
async def test_trouble_is_told_in_words(room: Room, fake: FakeSources, fault: Fault):
    opened = await panel(room)
    fake.fail("deezer", fault, times=9, wait="3600")
    assert "doesn't answer right now" in words(await room.press("Ada", answers(opened)[0], BUTTON))


async def test_a_track_without_a_preview_says_so(room: Room, fake: FakeSources):
    opened = await panel(room)
    fake.world.tracks.clear()
    fake.world._said.clear()
    assert "no preview" in words(await room.press("Ada", answers(opened)[0], BUTTON))
