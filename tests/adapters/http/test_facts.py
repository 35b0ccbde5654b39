"""What each open source says of artists and tracks, and that trouble never passes for an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.http.facts.deezer import DeezerTracks
from bot.adapters.http.facts.lastfm import ArtistTags
from bot.adapters.http.facts.musicbrainz import ArtistGenres, ArtistIds
from bot.adapters.http.facts.reccobeats import Sounds
from bot.adapters.http.facts.recordings import RecordingIds, Recordings
from bot.domain.enrichment import Wanted
from bot.domain.ids import ArtistId, TrackId
from bot.domain.music import Artist, ArtworkSource, Subject, Track
from bot.errors import GoneError, UpstreamError
from tests.fake_sources.clients import hurried_clients
from tests.fake_sources.server import FakeSources, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aiohttp import web

    from bot.adapters.http.clients import Clients
    from bot.demo.sources.server import Handler
    from bot.demo.sources.world import StoodArtist, StoodTrack
    from bot.ports.enrichment import FactSource

COVERS = "https://covers.example"


class OddSources(FakeSources):
    """Answers one path with whatever a test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.odd: dict[str, Callable[[], web.Response]] = {}

    async def around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        for path, answer in self.odd.items():
            if path in request.path:
                return answer()
        return await super().around(request, handler)


@pytest.fixture
async def fake() -> AsyncIterator[OddSources]:
    async with OddSources() as running:
        yield running


@pytest.fixture
async def clients(fake: OddSources) -> AsyncIterator[Clients]:
    async with hurried_clients(fake) as made:
        yield made


@pytest.fixture
def band(fake: OddSources) -> StoodArtist:
    return fake.world.artist("Slowdive", "shoegaze", "dream pop")


@pytest.fixture
def song(fake: OddSources, band: StoodArtist) -> StoodTrack:
    return fake.world.track(band, "Alison", year=1993, seconds=231)


def json(body: Any) -> Callable[[], web.Response]:
    from aiohttp import web

    return lambda: web.json_response(body)


WANTED = Wanted(7, "Slowdive", "Alison")


async def test_recordings_are_found_by_name_many_at_once(
    fake: OddSources, clients: Clients, song: StoodTrack
):
    unknown = fake.world.track(song.artist, "Lost Tape", mbid_known=False)
    wanted = [WANTED, Wanted(8, "Slowdive", unknown.title), Wanted(9, "slowdive", "ALISON")]
    found = await RecordingIds(clients.labs).ask(wanted)
    assert set(found) == {7, 9}
    assert (found[7].mbid, found[7].artist_mbid) == (song.mbid, song.artist.mbid)
    assert len(fake.asked) == 1


async def test_a_lookup_that_answers_with_another_song_is_not_believed(
    fake: OddSources, clients: Clients, song: StoodTrack
):
    row = {"index": 0, "artist_credit_name": "Slowdive", "recording_mbid": song.mbid}
    fake.odd["acr-lookup"] = json([row | {"recording_name": "Alison (Live)"}])
    assert await RecordingIds(clients.labs).ask([WANTED]) == {}
    fake.odd["acr-lookup"] = json([row | {"recording_name": "Alison", "index": 5}])
    assert await RecordingIds(clients.labs).ask([WANTED]) == {}


async def test_recordings_are_described_many_at_once(clients: Clients, song: StoodTrack):
    source = Recordings(clients.listenbrainz, covers=COVERS)
    found = await source.ask([replace(WANTED, mbid=song.mbid), Wanted(8, "X", "Y", mbid="0" * 36)])
    (facts,) = found.values()
    assert (facts.year, facts.length_ms, facts.artist_mbid) == (1993, 231_000, song.artist.mbid)
    assert facts.tags is not None
    assert [(tag.name, tag.genre) for tag in facts.tags] == [
        ("shoegaze", True),
        ("dream pop", True),
    ]
    assert facts.tags[0].weight == 1 > facts.tags[1].weight
    ((where, url),) = facts.artwork
    assert where is ArtworkSource.COVER_ART_ARCHIVE
    assert url == f"{COVERS}/release/{song.mbid}/{song.id}-250.jpg"


async def test_an_id_that_belongs_to_another_artist_says_nothing(
    clients: Clients, song: StoodTrack
):
    source = Recordings(clients.listenbrainz, covers=COVERS)
    assert await source.ask([Wanted(7, "Somebody Else", "Alison", mbid=song.mbid)]) == {}


async def test_artists_are_found_by_the_same_name_only(
    fake: OddSources, clients: Clients, band: StoodArtist
):
    source = ArtistIds(clients.musicbrainz)
    assert (await source.ask([Wanted(1, "SLOWDIVE")]))[1].mbid == band.mbid
    assert await source.ask([Wanted(1, 'Slow"dive\\')]) == {}
    hit = {"id": band.mbid, "name": "Slowdive Tribute", "score": 100}
    fake.odd["/artist"] = json({"artists": [hit]})
    assert await source.ask([Wanted(1, "Slowdive")]) == {}
    fake.odd["/artist"] = json({"artists": [hit | {"name": "Slowdive", "score": 60}]})
    assert await source.ask([Wanted(1, "Slowdive")]) == {}


async def test_of_namesakes_only_the_one_from_the_right_country_is_taken(
    fake: OddSources, clients: Clients, band: StoodArtist
):
    us = {"id": band.mbid, "name": "Nirvana", "score": 100, "country": "US"}
    gb = us | {"id": "0" * 8 + band.mbid[8:], "country": "GB", "score": "91"}
    fake.odd["/artist"] = json({"artists": [us, gb]})
    source = ArtistIds(clients.musicbrainz)
    assert await source.ask([Wanted(1, "Nirvana")]) == {}
    assert await source.ask([Wanted(1, "Nirvana", country="FR")]) == {}
    assert (await source.ask([Wanted(1, "Nirvana", country="GB")]))[1].mbid == gb["id"]


async def test_genres_come_with_what_listeners_say(clients: Clients, band: StoodArtist):
    found = await ArtistGenres(clients.musicbrainz).ask(
        [Wanted(1, "Slowdive", artist_mbid=band.mbid)]
    )
    tags = found[1].tags or ()
    assert {tag.name for tag in tags if tag.genre} == {"shoegaze", "dream pop"}
    assert [tag.name for tag in tags if not tag.genre] == ["seen live"]
    assert found[1].artist_deezer_id == str(band.id)


async def test_an_unknown_artist_id_is_gone(clients: Clients):
    with pytest.raises(GoneError):
        await ArtistGenres(clients.musicbrainz).ask([Wanted(1, "X", artist_mbid="0" * 36)])


async def test_deezer_gives_ids_and_a_year_only_where_none_is_known(
    fake: OddSources, clients: Clients, song: StoodTrack
):
    source = DeezerTracks(clients.deezer)
    facts = (await source.ask([WANTED]))[7]
    assert (facts.isrc, facts.deezer_id, facts.year) == (song.isrc, str(song.deezer_id), 1993)
    assert facts.explicit is False
    assert len(fake.calls("/deezer/track/")) == 1
    assert (await source.ask([replace(WANTED, year=1993)]))[7].year is None
    assert len(fake.calls("/deezer/track/")) == 1


@pytest.mark.parametrize(
    ("title", "seconds"), [("Alison (Live)", 231), ("Alison 2", 231), ("Alison", 400)]
)
async def test_deezer_hits_that_are_another_recording_are_refused(
    fake: OddSources, clients: Clients, band: StoodArtist, title: str, seconds: int
):
    fake.world.track(band, title, seconds=seconds)
    assert await DeezerTracks(clients.deezer).ask([replace(WANTED, length_ms=231_000)]) == {}


async def test_the_better_of_two_hits_is_taken(
    fake: OddSources, clients: Clients, band: StoodArtist
):
    fake.world.track(band, "Alison (Remix)")
    right = fake.world.track(band, "Alison (Remaster 2005)")
    found = await DeezerTracks(clients.deezer).ask([WANTED])
    assert found[7].deezer_id == str(right.deezer_id)


async def test_sound_comes_by_isrc_and_out_of_range_is_unknown(
    fake: OddSources, clients: Clients, song: StoodTrack
):
    source = Sounds(clients.reccobeats)
    wanted = [replace(WANTED, isrc=song.isrc), Wanted(8, "X", "Y", isrc="QZAUX9999999")]
    found = await source.ask(wanted)
    assert set(found) == {7}
    assert found[7].spotify_id == song.spotify_id
    sound = found[7].sound
    assert sound is not None
    assert sound.energy == song.features()["energy"]
    row = {"isrc": song.isrc, "energy": 7, "valence": 0.5, "tempo": 0, "key": -1, "mode": True}
    fake.odd["audio-features"] = json({"content": [row]})
    sound = (await source.ask(wanted))[7].sound
    assert sound is not None
    assert (sound.energy, sound.valence, sound.tempo) == (None, 0.5, None)
    assert (sound.key, sound.mode) == (None, None)
    fake.odd["audio-features"] = json({"content": [row | {"valence": "0.5"}]})
    assert await source.ask(wanted) == {}


async def test_lastfm_tags_are_weighed_and_about_the_right_artist(
    fake: OddSources, clients: Clients, band: StoodArtist
):
    source = ArtistTags(clients.lastfm)
    tags = (await source.ask([Wanted(1, "Slowdive")]))[1].tags or ()
    assert [tag.name for tag in tags] == ["shoegaze", "dream pop", "seen live"]
    assert not any(tag.genre for tag in tags)
    tag = {"name": "x", "count": "9"}
    fake.odd["lastfm"] = json({"toptags": {"tag": tag, "@attr": {"artist": "Queen"}}})
    assert await source.ask([Wanted(1, "Slowdive")]) == {}
    fake.odd["lastfm"] = json({"toptags": {"tag": tag, "@attr": {"artist": "slowdive"}}})
    (only,) = (await source.ask([Wanted(1, "Slowdive")]))[1].tags or ()
    assert (only.name, only.weight) == ("x", 1.0)
    fake.odd["lastfm"] = json({"toptags": {"tag": [], "@attr": {"artist": "slowdive"}}})
    assert await source.ask([Wanted(1, "Slowdive")]) == {}


SOURCES: dict[str, Callable[[Clients], FactSource]] = {
    "acr-lookup": lambda clients: RecordingIds(clients.labs),
    "metadata/recording": lambda clients: Recordings(clients.listenbrainz, covers=COVERS),
    "musicbrainz/ws/2/artist": lambda clients: ArtistIds(clients.musicbrainz),
    "musicbrainz/ws/2/artist/": lambda clients: ArtistGenres(clients.musicbrainz),
    "deezer/search": lambda clients: DeezerTracks(clients.deezer),
    "audio-features": lambda clients: Sounds(clients.reccobeats),
    "lastfm": lambda clients: ArtistTags(clients.lastfm),
}
HARMLESS = {Fault.SPENT}
"""The answer is there, only nothing may follow it at once."""


@pytest.mark.parametrize("path", SOURCES)
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in HARMLESS])
async def test_no_fault_passes_for_nothing_found(
    fake: OddSources, clients: Clients, song: StoodTrack, path: str, fault: Fault
):
    fake.fail(path, fault, times=9, wait="86400")
    wanted = replace(WANTED, mbid=song.mbid, artist_mbid=song.artist.mbid, isrc=song.isrc)
    with pytest.raises(UpstreamError) as caught:
        await SOURCES[path](clients).ask([wanted])
    assert not isinstance(caught.value, GoneError)


def subject(**ids: str) -> Subject:
    artist = Artist(ArtistId(1), "Slowdive")
    return Subject(artist, Track(TrackId(7), "Alison", artist, **ids))


async def test_a_preview_is_asked_for_each_time(
    fake: OddSources, clients: Clients, song: StoodTrack
):
    source = DeezerTracks(clients.deezer)
    for about in (subject(), subject(deezer_id=str(song.deezer_id))):
        found = await source.preview(about)
        assert found is not None
        assert found.url == f"{fake.url}/pages/listen/{song.id}"
        assert found.page.endswith(f"/track/{song.deezer_id}")
    assert [one.path.split("/")[2] for one in fake.asked] == ["search", "track"]
    assert await source.preview(Subject(Artist(ArtistId(1), "Slowdive"))) is None


@pytest.mark.parametrize("url", ["", None, "javascript:alert(1)", "https://x.y/a b", "https://a/)"])
async def test_a_preview_that_can_not_be_linked_is_none(
    fake: OddSources, clients: Clients, song: StoodTrack, url: object
):
    fake.odd["/track/"] = json({"id": song.id, "preview": url})
    source = DeezerTracks(clients.deezer)
    assert await source.preview(subject(deezer_id=str(song.deezer_id))) is None
