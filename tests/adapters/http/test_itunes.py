"""iTunes as a source of previews: the same recording or none, links alone, every fault an error of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.adapters.http.itunes import ITunesPreviews
from bot.adapters.http.manners import MANNERS
from bot.domain.ids import ArtistId, TrackId
from bot.domain.music import Artist, Subject, Track
from bot.domain.sources import OpenSource
from bot.errors import GoneError, RateLimitedError, UpstreamError
from tests.fake_sources.clients import hurried_clients
from tests.fake_sources.server import FakeSources, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def source(fake: FakeSources) -> AsyncIterator[ITunesPreviews]:
    async with hurried_clients(fake) as clients:
        yield ITunesPreviews(clients.itunes)


def subject(title: str = "Alison", artist: str = "Slowdive") -> Subject:
    one = Artist(ArtistId(1), artist)
    return Subject(one, Track(TrackId(7), title, one))


async def test_a_preview_comes_with_the_stores_own_page(fake: FakeSources, source: ITunesPreviews):
    song = fake.world.track(fake.world.artist("Slowdive"), "Alison")
    found = await source.preview(subject())
    assert found is not None
    assert found.service == "iTunes"
    assert found.url.endswith(f"/pages/listen/{song.id}")
    assert found.page.endswith(f"/pages/itunes/track/{song.id}")
    (asked,) = fake.asked
    assert asked.agent == "Auxcord/1.2.3 ( ana@example.org )"
    assert asked.query["term"] == "Slowdive Alison"


@pytest.mark.parametrize(
    "title", ["Alison (Mixed)", "Alison (Live)", "Alison (Karaoke Version)", "Alison 2"]
)
async def test_another_recording_is_none(fake: FakeSources, source: ITunesPreviews, title: str):
    fake.world.track(fake.world.artist("Slowdive"), title)
    assert await source.preview(subject()) is None


async def test_what_it_does_not_have_or_can_not_play_is_none(
    fake: FakeSources, source: ITunesPreviews
):
    band = fake.world.artist("Slowdive")
    fake.world.track(band, "Alison", in_store=False)
    fake.world.track(band, "Dagger", audible=False)
    assert await source.preview(subject()) is None
    assert await source.preview(subject("Dagger")) is None
    assert await source.preview(Subject(Artist(ArtistId(1), "Slowdive"))) is None


FAULTS = sorted(set(Fault) - {Fault.SPENT, Fault.HUGE, Fault.LASTFM})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.name)
async def test_no_fault_passes_for_nothing_found(
    fake: FakeSources, source: ITunesPreviews, fault: Fault
):
    fake.world.track(fake.world.artist("Slowdive"), "Alison")
    fake.fail("/itunes", fault, times=99, wait="86400")
    with pytest.raises(UpstreamError) as caught:
        await source.preview(subject())
    assert not isinstance(caught.value, GoneError)


async def test_403_without_a_word_means_later(fake: FakeSources, source: ITunesPreviews):
    """That is how it answers whoever asks too much; asking on would keep it so."""
    fake.fail("/itunes", Fault.SILENT_403)
    with pytest.raises(RateLimitedError):
        await source.preview(subject())
    with pytest.raises(RateLimitedError):
        await source.preview(subject())
    assert len(fake.asked) == 1


def test_its_pace_is_what_it_allows():
    manners = MANNERS[OpenSource.ITUNES]
    assert manners.calls * 60 / manners.per_s <= 20
