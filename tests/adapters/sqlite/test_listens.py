"""Picks, imports, collapsed plays, evidence and taste."""

import asyncio

import pytest

from bot.adapters.sqlite.absorb import MOST_SLICE_ROWS
from bot.adapters.sqlite.database import Database
from bot.domain.feedback import Verdict
from bot.domain.ids import ArtistId, ImportId
from bot.domain.listening import EvidenceKind, EvidenceRow, ImportState, Level, Source
from bot.errors import NotFoundError, StorageError
from tests.adapters.sqlite.stage import (
    ANA,
    BEN,
    NOW,
    NOW_MS,
    at,
    begin,
    bring_in,
    find,
    press,
    row,
    show,
)

PLAY, SKIP, PICK = EvidenceKind.PLAY, EvidenceKind.SKIP, EvidenceKind.PICK


async def sums(database: Database) -> dict[tuple[Level, int, EvidenceKind], float]:
    return {(e.level, e.id, e.kind): e.value for e in await database.listens.evidence(ANA)}


async def plays_of(database: Database, text: str) -> float:
    (subject,) = await find(database, text)
    assert subject.track is not None
    return (await sums(database)).get((Level.TRACK, subject.track.id, PLAY), 0)


async def test_picks_are_kept_once(database: Database) -> None:
    queen, slowdive = [s.artist.id for s in await find(database, "queen", "slowdive")]
    assert await database.listens.set_picks(ANA, [queen, ArtistId(10**9)], at=NOW) == 1
    assert await database.listens.set_picks(ANA, [queen, slowdive], at=at(1)) == 1
    assert list(await database.listens.evidence(ANA)) == [
        EvidenceRow(Level.ARTIST, queen, PICK, 1, NOW),
        EvidenceRow(Level.ARTIST, slowdive, PICK, 1, at(1)),
    ]
    assert await database.listens.remove_pick(ANA, queen) is True
    assert await database.listens.remove_pick(ANA, queen) is False
    assert (await database.listens.taste(ANA, top=3)).picks == ((slowdive, "Slowdive"),)


async def test_an_import_goes_through_its_states(database: Database) -> None:
    rows = [row("Queen", "Bohemian Rhapsody"), row("New Band", "New Song", minute=9)]
    job = await begin(database, ANA, rows, folder="f1")
    assert (job.state, job.folder, job.file_names) == (ImportState.WAITING, "f1", ("export.zip",))
    await database.listens.import_staged(job.id, rows_found=2, notes=["a.json: import.note.x"])
    (open_job,) = await database.listens.imports(unfinished=True)
    assert (open_job.state, open_job.notes) == (ImportState.STORING, ("a.json: import.note.x",))
    assert (await database.listens.absorb(job.id, limit=1)).rows_done == 1
    progress = await database.listens.absorb(job.id, limit=10)
    assert (progress.rows_done, progress.rows_added) == (2, 2)
    assert (await database.listens.absorb(job.id, limit=10)) == progress
    done = await database.listens.finish_import(
        job.id, state=ImportState.DONE, error_key=None, at=at(1)
    )
    assert (done.state, done.rows_added, done.finished_at) == (ImportState.DONE, 2, at(1))
    assert await database.listens.imports(unfinished=True) == []
    assert await database.listens.imports(unfinished=False, member_id=ANA) == [done]
    assert await database.listens.imports(unfinished=False, member_id=BEN) == []


async def test_the_same_file_again_adds_nothing(database: Database) -> None:
    rows = [row("Queen", "Bohemian Rhapsody", minute=n) for n in range(0, 50, 5)]
    rows += [row("Some Band", None, minute=None, source="csv", plays=40)]
    first = await bring_in(database, ANA, rows, folder="f1")
    before = await database.listens.evidence(ANA)
    second = await bring_in(database, ANA, rows, folder="f2")
    assert (first.rows_added, second.rows_added) == (11, 0)
    assert await database.listens.evidence(ANA) == before


async def test_undated_sums_grow_with_a_newer_file_and_skips_stand_apart(
    database: Database,
) -> None:
    def undated(plays: int, skipped: int = 0) -> dict[str, object]:
        return row("Queen", "x", minute=None, source="csv", plays=plays, skipped=skipped)

    await bring_in(database, ANA, [undated(10), undated(3, skipped=1)], folder="f1")
    again = await bring_in(database, ANA, [undated(12), undated(2, skipped=1)], folder="f2")
    assert again.rows_added == 0
    assert sorted((await sums(database)).values()) == [3, 12]


async def test_existing_artists_and_tracks_are_found_by_their_folded_names(
    database: Database,
) -> None:
    jude, queen = await find(database, "hey jude", "queen")
    await bring_in(
        database,
        ANA,
        [
            row("THE BEATLES", "Hey, Jude!", uri="spotify:track:0aym2LBJBk9DAYuHHutrIl"),
            row("queen", None, minute=9),
        ],
    )
    assert jude.track is not None
    assert {(e.level, e.id) for e in await database.listens.evidence(ANA)} == {
        (Level.TRACK, jude.track.id),
        (Level.ARTIST, queen.artist.id),
    }
    (known,) = await find(database, "hey jude")
    assert known.track is not None
    assert known.track.spotify_id == "0aym2LBJBk9DAYuHHutrIl"


async def test_a_killed_import_goes_on_where_it_was(database: Database) -> None:
    rows = [row("Band", f"Song {n}", minute=5 * n) for n in range(30)]
    job = await begin(database, ANA, rows, folder="f1")
    await database.listens.absorb(job.id, limit=20)
    (again,) = await database.listens.imports(unfinished=True)
    assert (again.rows_done, again.rows_added) == (20, 20)
    assert (await database.listens.absorb(job.id, limit=100)).rows_added == 30


async def test_rows_from_the_future_are_left_out_but_counted_as_done(database: Database) -> None:
    week = 7 * 24 * 60
    rows = [row("Queen", "a"), row("Queen", "b", minute=week + 25 * 60)]
    job = await bring_in(database, ANA, rows)
    assert (job.rows_done, job.rows_added) == (2, 1)


async def test_short_and_flagged_listens_are_skips(database: Database) -> None:
    await bring_in(
        database,
        ANA,
        [
            row("Queen", "Bohemian Rhapsody", minute=0, ms_played=29_999),
            row("Queen", "Bohemian Rhapsody", minute=9, ms_played=30_000),
            row("Queen", "Bohemian Rhapsody", minute=19, skipped=1),
            row("Queen", "Bohemian Rhapsody", minute=29, ms_played=None),
        ],
    )
    found = {e.kind: (e.value, e.last_at) for e in await database.listens.evidence(ANA)}
    week_ago = at(-7 * 24 * 60)
    assert found == {
        PLAY: (2, week_ago.replace(minute=29)),
        SKIP: (2, week_ago.replace(minute=19)),
    }


@pytest.mark.parametrize(
    ("listenbrainz", "spotify", "plays"),
    [
        ([0], [0.2], 1),  # the same play through two doors
        ([0], [5], 2),  # two plays
        ([0, 5], [0.2, 5.2], 2),
        ([0, 1], [], 2),  # within one door nothing is ever collapsed
        ([0, 0.1], [0.2], 2),
        ([0], [0.1, 0.3], 2),  # one play gives way to one only
        ([], [0, 0.1, 0.2], 3),
    ],
)
async def test_a_play_through_two_doors_counts_once(
    database: Database, listenbrainz: list[float], spotify: list[float], plays: int
) -> None:
    rows = [row("Queen", "Song", minute=m, source="listenbrainz") for m in listenbrainz]
    rows += [row("Queen", "Song", minute=m) for m in spotify]
    job = await bring_in(database, ANA, rows)
    assert job.rows_added == len(rows), "every door's row is kept"
    assert await plays_of(database, "queen song") == plays


async def test_doors_with_coarse_clocks_have_more_room(database: Database) -> None:
    def at_minute(minute: float, precision_ms: int) -> dict[str, object]:
        return row("Queen", "Song", minute=minute, source="csv", precision_ms=precision_ms)

    exact = row("Queen", "Song", minute=0)
    await bring_in(database, ANA, [exact, at_minute(1.2, 1000)], folder="f1")
    assert await plays_of(database, "queen song") == 2
    await bring_in(database, BEN, [exact, at_minute(1.2, 60_000)], folder="f2")
    (_, one) = [e.value for m in (ANA, BEN) for e in await database.listens.evidence(m)]
    assert one == 1


async def test_a_collapsed_play_is_trainable_if_any_of_its_rows_is(database: Database) -> None:
    await bring_in(
        database,
        ANA,
        [
            row("Queen", "Song", minute=0, source="spotify_api"),
            row("Queen", "Song", minute=0.1, source="listenbrainz"),
            row("Queen", "Other", minute=50, source="spotify_api"),
        ],
    )
    found = await database.readers.run(
        lambda raw: raw.execute("SELECT kind, value FROM trainable").fetchall()
    )
    assert found == [(0, 1)]
    assert await plays_of(database, "queen other") == 1


async def test_evidence_has_plays_picks_and_verdicts_of_one_member_only(database: Database) -> None:
    await bring_in(database, ANA, [row("Queen", "Bohemian Rhapsody")], folder="f1")
    await bring_in(database, BEN, [row("Slowdive", "Alison")], folder="f2")
    shown = await show(database, "hey jude", "sigur")
    await database.gestures.record(press(shown, 0, Verdict.UP))
    await database.gestures.record(press(shown, 1, Verdict.DOWN))
    (queen,) = await find(database, "queen")
    await database.listens.set_picks(ANA, [queen.artist.id], at=NOW)
    found = [(e.level, e.kind, e.value) for e in await database.listens.evidence(ANA)]
    assert found == [
        (Level.TRACK, PLAY, 1),
        (Level.ARTIST, PICK, 1),
        (Level.TRACK, EvidenceKind.LIKE, 1),
        (Level.ARTIST, EvidenceKind.DISLIKE, 1),
    ]


async def test_taste_at_a_glance(database: Database) -> None:
    rows = [row("Queen", "Bohemian Rhapsody", minute=5 * n) for n in range(6)]
    rows += [row("Slowdive", "Alison", minute=5 * n, source="listenbrainz") for n in range(2)]
    rows += [row("Nobody Knows", None, minute=500, source="csv")]
    rows += [row("Slowdive", "Alison", minute=900, skipped=1)]
    await bring_in(database, ANA, rows)
    taste = await database.listens.taste(ANA, top=2)
    assert taste.listens == 10
    assert [(a.name, n) for a, n in taste.top_artists] == [("Queen", 6), ("Slowdive", 2)]
    assert taste.top_tags == (("glam rock", 6 / 9), ("rock", 6 / 9))
    first, second, third = taste.sources
    assert (first.source, first.listens) == (Source.SPOTIFY_EXTENDED, 7)
    assert (second.source, second.listens) == (Source.LISTENBRAINZ, 2)
    assert third.first_at == third.last_at
    nothing = await database.listens.taste(BEN, top=2)
    assert (nothing.listens, nothing.top_artists, nothing.top_tags) == (0, (), ())


async def test_without_plays_the_tags_are_those_of_the_picks(database: Database) -> None:
    picked = [s.artist.id for s in await find(database, "queen", "beatles")]
    await database.listens.set_picks(ANA, picked, at=NOW)
    taste = await database.listens.taste(ANA, top=1)
    assert (taste.listens, taste.top_tags) == (0, (("rock", 1.0),))


async def test_imports_that_are_gone_say_so(database: Database) -> None:
    with pytest.raises(NotFoundError):
        await database.listens.absorb(ImportId(9), limit=1)
    with pytest.raises(NotFoundError):
        await database.listens.import_staged(ImportId(9), rows_found=1, notes=[])
    with pytest.raises(NotFoundError):
        await database.listens.finish_import(
            ImportId(9), state=ImportState.DONE, error_key=None, at=NOW
        )


async def test_a_missing_staged_file_is_a_storage_error_and_nothing_stays_attached(
    database: Database,
) -> None:
    job = await database.listens.begin_import(ANA, file_names=["a"], folder="none", at=NOW)
    await database.listens.import_staged(job.id, rows_found=5, notes=[])
    for _ in range(2):
        with pytest.raises(StorageError):
            await database.listens.absorb(job.id, limit=5)
    failed = await database.listens.finish_import(
        job.id, state=ImportState.FAILED, error_key="import.error.gone", at=NOW
    )
    assert (failed.state, failed.error_key) == (ImportState.FAILED, "import.error.gone")
    assert (await bring_in(database, ANA, [row("Queen", "a")])).rows_added == 1


@pytest.mark.parametrize("folder", ["with space", "per%20cent", "que?ry=1", "ha#sh", "quo'te"])
async def test_folder_names_are_data_only(database: Database, folder: str) -> None:
    assert (await bring_in(database, ANA, [row("Queen", "a")], folder=folder)).rows_added == 1


async def test_votes_are_served_while_an_import_runs(database: Database) -> None:
    rows = [row("Band", f"Song {n % 97}", minute=4 * n) for n in range(5 * MOST_SLICE_ROWS)]
    job = await begin(database, ANA, rows, folder="f1")
    shown = await show(database, "hey jude", member=BEN)
    importing = asyncio.create_task(database.listens.absorb(job.id, limit=len(rows)))
    votes = 0
    while not importing.done():
        verdict = Verdict.UP if votes % 2 else Verdict.DOWN
        await database.gestures.record(press(shown, 0, verdict, member=BEN, minute=votes))
        votes += 1
    assert (await importing).rows_done == len(rows)
    assert votes >= 4  # one between any two slices, at least


async def test_finishing_again_changes_nothing_and_removed_listens_leave_the_sums(
    database: Database,
) -> None:
    rows = [row("Queen", "a", minute=0), row("Queen", "b", minute=9)]
    job = await bring_in(database, ANA, rows)
    before = await database.listens.evidence(ANA)
    finish = database.listens.finish_import
    await finish(job.id, state=ImportState.DONE, error_key=None, at=NOW)
    assert await database.listens.evidence(ANA) == before
    await database.writer.run(
        lambda raw: raw.execute("DELETE FROM listens WHERE started_at < ?", (NOW_MS - 604_500_000,))
    )
    await finish(job.id, state=ImportState.DONE, error_key=None, at=NOW)
    assert len(await database.listens.evidence(ANA)) == 1
