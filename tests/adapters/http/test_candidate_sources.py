"""Candidate sources against their stand-ins: what they bring, and every fault they may meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

from bot.adapters.http.candidates.deezer import Deezer, DeezerRadio, DeezerRelated
from bot.adapters.http.candidates.lastfm import LastFmArtists, LastFmTracks
from bot.adapters.http.candidates.listenbrainz import (
    Labs,
    ListenBrainzArtists,
    ListenBrainzRecordings,
)
from bot.adapters.http.lastfm import LastFm
from bot.adapters.http.manners import Manners
from bot.adapters.http.polite import PoliteClient
from bot.domain.candidates import Origin, Seed
from bot.domain.ids import ArtistId
from bot.errors import AccessRefusedError, RateLimitedError, UpstreamError
from tests.fake_sources.server import FakeSources, Fault

if TYPE_CHECKING:
    from bot.ports.candidates import CandidateSource

SHORT = aiohttp.ClientTimeout(total=0.2)


async def no_nap(_seconds: float) -> None:
    return


@pytest.fixture
def sources(fake: FakeSources, session: aiohttp.ClientSession) -> dict[Origin, CandidateSource]:
    """Every source, over the real client, impatient and without a pace."""

    def client(base: str, service: str, **more: object) -> PoliteClient:
        return PoliteClient(
            session=session,
            base=base,
            manners=Manners(service, 1000, 1),
            sleep=no_nap,
            timeout=SHORT,
            **more,  # type: ignore[arg-type]
        )

    at = fake.addresses
    labs = Labs(client(at.labs, "labs"))
    lastfm = LastFm(client(at.lastfm, "Last.fm", secrets={"api_key": "good"}))
    deezer = Deezer(client(at.deezer, "Deezer"))
    made: list[CandidateSource] = [
        ListenBrainzArtists(labs, client(at.listenbrainz, "ListenBrainz")),
        ListenBrainzRecordings(labs),
        LastFmArtists(lastfm),
        LastFmTracks(lastfm),
        DeezerRelated(deezer),
        DeezerRadio(deezer),
    ]
    return {one.origin: one for one in made}


@pytest.fixture
def seed(fake: FakeSources) -> Seed:
    """Slowdive has three neighbours, of whom Ride shares most; Aphex Twin is none of them."""
    world = fake.world
    for name, tags, fans in (
        ("Slowdive", ("shoegaze", "dream pop", "indie"), 9000),
        ("Ride", ("shoegaze", "dream pop", "indie"), 5000),
        ("Lush", ("shoegaze", "dream pop"), 3000),
        ("Grouper", ("dream pop",), 2000),
        ("Aphex Twin", ("idm",), 9999),
        ("Slow Dive", ("metal",), 10),
    ):
        artist = world.artist(name, *tags, fans=fans)
        for title in ("First", "Second", "Third"):
            world.track(artist, f"{title} of {name}")
    return Seed(ArtistId(7), "Slowdive", ("First of Slowdive",))


@pytest.mark.parametrize("origin", list(Origin))
async def test_neighbours_come_the_nearest_first(
    origin: Origin, sources: dict[Origin, CandidateSource], seed: Seed
) -> None:
    answer = await sources[origin].similar_to(seed)
    names = [one.name for one in answer.neighbours if one.name != "Slowdive"]
    assert names == ["Ride", "Lush", "Grouper"]


@pytest.mark.parametrize(
    "origin", sorted(set(Origin) - {Origin.LASTFM_ARTISTS, Origin.DEEZER_RELATED})
)
async def test_they_bring_tracks_where_the_source_has_them(
    origin: Origin, sources: dict[Origin, CandidateSource], seed: Seed
) -> None:
    answer = await sources[origin].similar_to(seed)
    ride = next(one for one in answer.neighbours if one.name == "Ride")
    assert 1 <= len(ride.tracks) <= 2
    assert ride.tracks[0].title == "First of Ride"
    kinds = {kind for track in ride.tracks for kind, _ in track.ids}
    expected = {
        Origin.LISTENBRAINZ_ARTISTS: {"mbid"},
        Origin.LISTENBRAINZ_RECORDINGS: {"mbid"},
        Origin.LASTFM_TRACKS: set(),
        Origin.DEEZER_RADIO: {"isrc", "deezer"},
    }
    assert kinds == expected[origin]


async def test_the_seeds_own_ids_come_to_light_and_spare_a_question_next_time(
    sources: dict[Origin, CandidateSource], seed: Seed, fake: FakeSources
) -> None:
    slowdive = fake.world.artists["Slowdive"]
    related = await sources[Origin.DEEZER_RELATED].similar_to(seed)
    assert related.seed_ids == (("deezer", str(slowdive.id)),)
    artists = await sources[Origin.LISTENBRAINZ_ARTISTS].similar_to(seed)
    assert artists.seed_ids == (("mbid", slowdive.mbid),)
    await sources[Origin.DEEZER_RADIO].similar_to(seed)
    await sources[Origin.LISTENBRAINZ_RECORDINGS].similar_to(seed)
    assert len(fake.calls("/search/artist")) == 1
    assert len(fake.calls("/acr-lookup")) == 1


@pytest.mark.parametrize("origin", list(Origin))
async def test_an_artist_that_a_source_does_not_know_is_an_empty_answer(
    origin: Origin, sources: dict[Origin, CandidateSource], seed: Seed
) -> None:
    nobody = Seed(ArtistId(8), "Zyxband", ("Never Recorded",))
    assert (await sources[origin].similar_to(nobody)).neighbours == ()
    untitled = Seed(ArtistId(9), "Zyxband")
    assert (await sources[origin].similar_to(untitled)).neighbours == ()


FAULTS = sorted(set(Fault) - {Fault.SPENT, Fault.HUGE})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.name)
@pytest.mark.parametrize("origin", list(Origin))
async def test_whatever_goes_wrong_is_one_of_our_errors_and_never_an_empty_answer(
    origin: Origin,
    fault: Fault,
    sources: dict[Origin, CandidateSource],
    seed: Seed,
    fake: FakeSources,
) -> None:
    fake.fail("/", fault, times=99, wait="86400")
    with pytest.raises(UpstreamError) as caught:
        await sources[origin].similar_to(seed)
    if fault in {Fault.LATER, Fault.LATER_RESET}:
        assert isinstance(caught.value, RateLimitedError)
        assert caught.value.retry_after_s == pytest.approx(86_400, abs=5)
    if fault is Fault.REFUSED and "listenbrainz" in origin:  # the others refuse by a number inside
        assert isinstance(caught.value, AccessRefusedError)


async def test_deezers_errors_inside_200_are_told_apart(
    sources: dict[Origin, CandidateSource], seed: Seed, fake: FakeSources
) -> None:
    """F17: 4 is "later", 700 is tried again."""
    fake.fail("/deezer", Fault.BUSY_INSIDE)
    answer = await sources[Origin.DEEZER_RELATED].similar_to(seed)
    assert answer.neighbours, "busy is tried again"
    fake.fail("/deezer", Fault.QUOTA_INSIDE, times=99)
    with pytest.raises(RateLimitedError):
        await sources[Origin.DEEZER_RADIO].similar_to(seed)


@pytest.mark.parametrize("path", ["/lb-radio", "/metadata/recording"])
async def test_without_the_radio_the_artists_alone_are_worth_having(
    path: str, sources: dict[Origin, CandidateSource], seed: Seed, fake: FakeSources
) -> None:
    fake.fail(path, Fault.REFUSED, times=9)
    answer = await sources[Origin.LISTENBRAINZ_ARTISTS].similar_to(seed)
    assert [one.name for one in answer.neighbours] == ["Ride", "Lush", "Grouper"]
    assert all(one.tracks == () for one in answer.neighbours)
