"""ListenBrainz and Last.fm as doors, against their stand-ins: pages, oddities, faults."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.http.faults import MalformedError, OutageError
from bot.adapters.http.lastfm import HiddenError, LastFm, LastFmDoor
from bot.adapters.http.listenbrainz import ListenBrainzDoor
from bot.adapters.http.manners import Manners
from bot.adapters.http.polite import PoliteClient
from bot.errors import (
    AccessRefusedError,
    GoneError,
    MusicBotError,
    RateLimitedError,
    UpstreamError,
    UserError,
)
from bot.worker.formats.listenbrainz import read_row
from bot.worker.rows import StagedRow
from tests.fake_sources.server import FakeSources, Fault

if TYPE_CHECKING:
    import aiohttp

    from bot.demo.sources.world import StoodPerson
    from bot.ports.doors import NameDoor

NOW = 1_780_000_000


async def no_nap(_seconds: float) -> None:
    return


@pytest.fixture
def ana(fake: FakeSources) -> StoodPerson:
    """1,234 plays, three a minute."""
    world = fake.world
    band = world.artist("Café Tacvba", "rock")
    tracks = [world.track(band, f"Song {n}") for n in range(9)]
    person = world.person("Ana/María")
    for n in range(1234):
        person.hear(NOW - 20 * n, tracks[n % 9])
    return person


@pytest.fixture
def listenbrainz(fake: FakeSources, session: aiohttp.ClientSession) -> ListenBrainzDoor:
    client = PoliteClient(
        session=session,
        base=fake.addresses.listenbrainz,
        manners=Manners("ListenBrainz", 1000, 1),
        sleep=no_nap,
    )
    return ListenBrainzDoor(client)


@pytest.fixture
def lastfm(fake: FakeSources, session: aiohttp.ClientSession) -> LastFmDoor:
    client = PoliteClient(
        session=session,
        base=fake.addresses.lastfm,
        manners=Manners("Last.fm", 1000, 1, pause_s=300),
        secrets={"api_key": "good"},
        sleep=no_nap,
    )
    return LastFmDoor(LastFm(client))


@pytest.fixture(params=["listenbrainz", "lastfm"])
def door(request: pytest.FixtureRequest) -> NameDoor:
    found: NameDoor = request.getfixturevalue(request.param)
    return found


async def whole(door: NameDoor, name: str) -> list[Any]:
    found, before = [], None
    while True:
        page = await door.page(name, before=before)
        found += page.listens
        if not page.full or page.oldest is None:
            return found
        before = page.oldest


async def test_the_whole_history_comes_page_by_page(ana, door):
    listens = await whole(door, ana.name)
    assert len({one.source_time for one in listens}) == 1234
    assert listens[0].started_at == datetime.fromtimestamp(NOW, UTC)
    assert (listens[0].artist, listens[0].title) == ("Café Tacvba", "Song 0")


async def test_one_listen_is_a_page_too_and_none_is_the_end(fake, door):
    world = fake.world
    world.person("ana").hear(NOW, world.track(world.artist("Band"), "Song"))
    page = await door.page("ana", before=None)
    assert [one.title for one in page.listens] == ["Song"]
    assert not page.full
    empty = await door.page("ana", before=page.oldest)
    assert (empty.listens, empty.newest, empty.full) == ((), None, False)


async def test_nobody_of_that_name(door):
    for name in ("nobody", "../admin", " "):
        with pytest.raises(UserError) as caught:
            await door.check(name)
        assert caught.value.key == "error.door_nobody"


async def test_lastfm_tells_its_own_spelling(ana, lastfm):
    assert await lastfm.check("ANA/MARÍA ") == "Ana/María"


async def test_a_hidden_person_is_told_so(fake, lastfm):
    """F16: 17 is told in words."""
    fake.world.person("ana").hidden = True
    with pytest.raises(UserError) as caught:
        await lastfm.check("ana")
    assert caught.value.key == "error.door_hidden"
    with pytest.raises(HiddenError):
        await lastfm.page("ana", before=None)


async def test_loved_and_hated(fake, listenbrainz, lastfm):
    world = fake.world
    person = world.person("ana")
    band = world.artist("Band")
    person.hear(NOW, world.track(band, "Song"))
    person.loved.append(person.listens[0])
    person.hear(NOW + 1, world.track(band, "Noise"))
    person.hated.append(person.listens[0])
    found = [(one.title, one.plays, one.skipped) for one in await listenbrainz.extras("ana")]
    assert found == [("Song", 3, False), ("Noise", 1, True)]
    assert [(one.title, one.plays) for one in await lastfm.extras("ana")] == [("Song", 3)]


async def test_totals_hold_every_track_and_artist(ana, lastfm, listenbrainz):
    totals = await lastfm.totals(ana.name)
    assert sum(one.plays for one in totals.tracks) == 1234
    assert [(one.artist, one.title, one.plays) for one in totals.artists] == [
        ("Café Tacvba", None, 1234)
    ]
    assert totals.since.year == 2004
    assert await listenbrainz.totals(ana.name) is None


async def test_another_persons_answer_is_not_taken(ana, lastfm, monkeypatch):
    monkeypatch.setattr(ana, "name", "somebody else")
    with pytest.raises(OutageError):
        await lastfm.page("Ana/María", before=None)


async def test_a_listen_has_the_key_it_has_in_an_export(ana, listenbrainz, fake, session):
    """So that a file and the name bring every listen once."""
    async with session.get(
        f"{fake.addresses.listenbrainz}/user/Ana%2FMar%C3%ADa/listens"
    ) as response:
        rows = json.loads(await response.read())["payload"]["listens"]
    page = await listenbrainz.page(ana.name, before=None)
    for row, one in zip(rows, page.listens, strict=False):
        staged = read_row(row, 10**13)
        assert isinstance(staged, StagedRow)
        fetched = (one.source_time, one.artist, one.title, one.uri, one.mbid)
        assert fetched == (staged.source_time, staged.artist, staged.title, staged.uri, staged.mbid)
        assert staged.started_at_ms == int(one.started_at.timestamp() * 1000)


BODIES = [
    Fault.HTML,
    Fault.TRUNCATED,
    Fault.EMPTY,
    Fault.WRONG_TYPE,
    Fault.NUMBER,
    Fault.NULLS,
    Fault.DEEP,
    Fault.HUGE,
    Fault.PLAIN,
    Fault.NOTHING,
]


@pytest.mark.parametrize("fault", BODIES)
async def test_no_odd_body_gets_past_the_door(ana, door, fake, fault):
    path = "listens" if door.source == "listenbrainz" else "lastfm"
    for ask in (door.page(ana.name, before=None), door.extras(ana.name), door.check("ana")):
        fake.fail(path, fault, times=99)
        fake.fail("listenbrainz", fault, times=99)
        try:
            await ask
        except MusicBotError as error:
            assert isinstance(error, MalformedError), error  # noqa: PT017
        fake.mend()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.LASTFM_LATER, RateLimitedError),
        (Fault.LASTFM_SUSPENDED, RateLimitedError),
        (Fault.LASTFM_DOWN, OutageError),
        (Fault.REFUSED, AccessRefusedError),
        (Fault.ERROR, OutageError),
        (Fault.LATER_UNSAID, RateLimitedError),
    ],
)
async def test_lastfms_own_errors(ana, lastfm, fake, fault, error):
    """F16: 29 slows all down, 26 stops all for a day."""
    if fault is Fault.REFUSED:
        lastfm._lastfm.client._secrets["api_key"] = "wrong"
    else:
        fake.fail("lastfm", fault, times=99)
    with pytest.raises(error):
        await lastfm.page(ana.name, before=None)
    asked = len(fake.asked)
    if error is RateLimitedError:
        with pytest.raises(RateLimitedError) as caught:
            await lastfm.page(ana.name, before=None)
        assert len(fake.asked) == asked, "nothing may be sent while it says later"
        assert caught.value.retry_after_s > 200
    if fault is Fault.LASTFM_SUSPENDED:
        assert caught.value.retry_after_s > 80_000


@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize(
    ("code", "error", "asked"),
    [
        (8, OutageError, 3),
        (11, OutageError, 3),
        (16, OutageError, 3),
        (17, HiddenError, 1),
        (26, RateLimitedError, 1),
        (29, RateLimitedError, 1),
    ],
)
async def test_lastfms_numbers_mean_the_same_under_every_status(
    ana, lastfm, fake, code, error, asked, status
):
    """F16: 8, 11, 16 are tried again, 17 is theirs to mend, 26 and 29 stop everything."""
    fake.fail("lastfm", Fault.LASTFM, times=99, code=code, status=status)
    with pytest.raises(error):
        await lastfm.page(ana.name, before=None)
    assert len(fake.asked) == asked
    with pytest.raises(UpstreamError):
        await lastfm.page(ana.name, before=None)
    if error is RateLimitedError:
        assert len(fake.asked) == 1, "nothing is sent before the time is over"


async def test_an_offline_moment_at_lastfm_is_got_over(ana, lastfm, fake):
    fake.fail("lastfm", Fault.LASTFM_DOWN, times=2)
    assert (await lastfm.page(ana.name, before=None)).listens


async def test_a_name_that_vanished(fake, door):
    with pytest.raises(GoneError):
        await door.page("nobody", before=None)


async def test_odd_rows_are_passed_over(fake, ana, listenbrainz, monkeypatch):
    async def odd(_path: str, _query: object = None) -> Any:
        good = {"listened_at": NOW, "track_metadata": {"artist_name": "A", "track_name": "B"}}
        rows = [
            None,
            7,
            {},
            good | {"listened_at": True},
            good | {"listened_at": "soon"},
            good | {"track_metadata": []},
            good | {"track_metadata": {"artist_name": "Various Artists", "track_name": "x"}},
            good | {"listened_at": 10**30},
            good,
        ]
        return {"payload": {"listens": rows}}

    monkeypatch.setattr(listenbrainz._client, "get", odd)
    page = await listenbrainz.page("ana", before=None)
    assert [one.title for one in page.listens] == ["B"]


async def test_a_play_broken_off_is_a_skip(listenbrainz, monkeypatch):
    async def one(_path: str, _query: object = None) -> Any:
        def row(played: int) -> dict[str, Any]:
            info = {"duration_played": played, "duration_ms": 200_000}
            names = {"artist_name": "A", "track_name": "B", "additional_info": info}
            return {"listened_at": NOW + played, "track_metadata": names}

        return {"payload": {"listens": [row(20), row(90), row(110)]}}

    monkeypatch.setattr(listenbrainz._client, "get", one)
    page = await listenbrainz.page("ana", before=None)
    assert [one.skipped for one in page.listens] == [True, True, False]


def test_errors_name_the_service_alone():
    assert str(UpstreamError("Last.fm")) == "Last.fm"
