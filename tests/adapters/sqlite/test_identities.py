"""One recording is one track, whatever its releases and sources call it."""

from datetime import timedelta

from bot.adapters.sqlite.database import Database
from bot.domain.listening import FetchedListen, Source
from tests.adapters.sqlite.stage import ANA, BEN, NOW, bring_in, row

LB = Source.LISTENBRAINZ
MBID = "0b8a1c6e-0000-4000-8000-000000000001"


async def tracks(database: Database) -> int:
    return int(
        await database.readers.run(lambda r: r.execute("SELECT count(*) FROM tracks").fetchone()[0])
    )


async def evidence(database: Database) -> list[float]:
    return [row.value for row in await database.listens.evidence(ANA)]


async def test_releases_of_one_recording_are_one_track(database: Database) -> None:
    before = await tracks(database)
    rows = [
        row("Zyx", "Song - Remastered 2011", minute=0),
        row("Zyx", "Song", minute=10),
        row("Zyx", "Song (feat. Somebody)", minute=20),
        row("Zyx", "Song (Live)", minute=30),
        row("Slowdive", "Alison - Remastered", minute=40),
    ]
    await bring_in(database, ANA, rows)
    assert await tracks(database) == before + 2
    assert sorted(await evidence(database)) == [1, 1, 3]


async def test_a_title_known_by_then_adds_nothing_again(database: Database) -> None:
    rows = [row("Zyx", "Song", minute=0), row("Zyx", "Song - Remastered 2011", minute=10)]
    await bring_in(database, ANA, rows, folder="a")
    before = await tracks(database)
    job = await bring_in(database, ANA, rows, folder="b")
    assert job.rows_added == 0
    await bring_in(database, BEN, rows, folder="c")
    assert await tracks(database) == before


async def test_one_play_through_two_doors_counts_once_under_two_titles(
    database: Database,
) -> None:
    played = NOW - timedelta(days=7)
    await bring_in(database, ANA, [row("Zyx", "Song - Remastered 2011", minute=0)])
    await database.door_syncs.connect(ANA, LB, "ana", at=NOW)
    listen = FetchedListen("x", "Zyx", "Song", started_at=played, precision_ms=1000)
    assert await database.doors.add(ANA, LB, [listen], at=NOW) == 1
    assert await evidence(database) == [1]


async def test_an_id_joins_what_names_do_not_but_never_two_artists(database: Database) -> None:
    rows = [
        row("Zyx", "Sonng", minute=0, mbid=MBID),
        row("Zyx", "Song", minute=10, mbid=MBID),
        row("Other", "Song", minute=20, mbid=MBID),
    ]
    await bring_in(database, ANA, rows)
    assert sorted(await evidence(database)) == [1, 2]


async def test_a_later_spotify_id_reaches_the_track(database: Database) -> None:
    uri = "spotify:track:" + "a" * 22
    await bring_in(database, ANA, [row("Slowdive", "Alison", minute=0)], folder="a")
    await bring_in(database, ANA, [row("Slowdive", "Alison", minute=9, uri=uri)], folder="b")
    (subject,) = await database.catalogue.search_subjects("alison", limit=1)
    assert subject.track is not None
    assert subject.track.spotify_id == "a" * 22
