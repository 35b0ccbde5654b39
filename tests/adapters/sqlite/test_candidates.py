"""What sources said: kept per artist and source, with what it brought, and forgotten with its askers."""

import sqlite3
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.sqlite import finder
from bot.adapters.sqlite.database import Database
from bot.adapters.sqlite.training_rows import read_training
from bot.domain.candidates import Answer, Brought, FoundTrack, Neighbour, Origin, Seed
from bot.domain.feedback import BlockKind, Verdict
from bot.domain.ids import ArtistId, MemberId
from bot.domain.listening import Source
from bot.domain.music import Artist
from bot.domain.recommending import ModelInfo
from tests.adapters.sqlite.stage import (
    ANA,
    BEN,
    CLEO,
    NOW,
    NOW_MS,
    at,
    bring_in,
    find,
    press,
    row,
    show,
)

DEEZER, LABS = Origin.DEEZER_RADIO, Origin.LISTENBRAINZ_ARTISTS
DAY = timedelta(days=1)


def id_of(name: str) -> str:
    return str(int.from_bytes(name.encode()))


def near(*names: str) -> Answer:
    """Neighbours with an id and a track each."""
    return Answer(
        tuple(
            Neighbour(
                name,
                1.0,
                (("deezer", id_of(name)),),
                (FoundTrack(f"Song of {name}", (("deezer", id_of(f"Song of {name}")),)),),
            )
            for name in names
        )
    )


async def keep(
    database: Database, name: str, answer: Answer, origin: Origin = DEEZER, **when: Any
) -> Brought:
    """Keep an answer about an artist; Cleo loves it, unless somebody else does."""
    (subject,) = await find(database, name)
    seed = Seed(subject.artist.id, subject.artist.name)
    if not when.get("loved"):
        await database.listens.set_picks(CLEO, [seed.artist_id], at=NOW)
    moment = when.get("moment", NOW)
    return await database.candidates.keep(origin, seed, answer, at=moment, due_at=moment + 21 * DAY)


async def artist(database: Database, name: str) -> Artist | None:
    found = await database.catalogue.search_artists(name, limit=1)
    return found[0] if found else None


async def pick(database: Database, member: MemberId, *names: str) -> None:
    await database.members.agree(member, version=1, at=NOW)
    for name in names:
        (subject,) = await find(database, name)
        await database.listens.set_picks(member, [subject.artist.id], at=NOW)


def count(table: str) -> Any:
    return lambda raw: raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608


async def test_new_artists_and_tracks_enter_the_catalogue_findable_and_playable(
    database: Database,
) -> None:
    brought = await keep(database, "slowdive", near("Pale Saints", "Queen"))
    assert brought == Brought(artists=1, tracks=2, similar=2)
    (song,) = await find(database, "song of pale saints")
    assert song.full_title == "Song of Pale Saints – Pale Saints"
    rows = await database.readers.run(
        lambda raw: raw.execute(
            "SELECT kind, value FROM track_ids WHERE track_id = ?", (song.key,)
        ).fetchall()
    )
    assert rows == [("deezer", id_of("Song of Pale Saints"))]
    again = await keep(database, "slowdive", near("Pale Saints", "Queen"))
    assert not again.anything


async def test_a_known_artist_is_met_by_id_or_by_name_however_it_is_written(
    database: Database,
) -> None:
    await keep(database, "slowdive", near("Pale Saints"))
    brought = await keep(
        database,
        "queen",
        Answer(
            (
                Neighbour("SIGUR ROS", 1.0),
                Neighbour("Pale Saints (UK)", 1.0, (("deezer", id_of("Pale Saints")),)),
            )
        ),
    )
    assert brought == Brought(similar=2)


async def test_an_answer_replaces_the_one_before_and_the_seed_is_not_its_own_neighbour(
    database: Database,
) -> None:
    await keep(database, "slowdive", near("Pale Saints", "Slowdive", "Queen"))
    await keep(database, "slowdive", near("Queen", "Daft Punk"), LABS)
    await keep(database, "slowdive", near("Queen", "Lush"))
    queen = await artist(database, "queen")
    saints = await artist(database, "pale saints")
    assert queen
    assert saints
    vouched = await database.candidates.vouched(queen.id)
    assert [(one.origin, one.seed_name, one.place, one.brought) for one in vouched] == [
        (DEEZER, "Slowdive", 1, False),
        (LABS, "Slowdive", 1, False),
    ]
    assert await database.candidates.vouched(saints.id) == []


async def test_a_source_that_knows_nothing_now_leaves_what_it_said(database: Database) -> None:
    await keep(database, "slowdive", near("Lush"))
    (subject,) = await find(database, "slowdive")
    seed = Seed(subject.artist.id, "Slowdive")
    await database.candidates.keep_nothing(DEEZER, seed, misses=1, at=NOW, due_at=NOW + DAY)
    lookups = await database.candidates.lookups(DEEZER, [seed.artist_id])
    assert (lookups[seed.artist_id].misses, lookups[seed.artist_id].due_at) == (1, NOW + DAY)
    lush = await artist(database, "lush")
    assert lush
    assert await database.candidates.vouched(lush.id)


async def test_the_catalogue_does_not_grow_without_bound(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finder, "MOST_FOUND_ARTISTS", 2)
    brought = await keep(database, "slowdive", near("One", "Two", "Three", "Queen"))
    assert (brought.artists, brought.similar) == (2, 3)
    many = Answer((Neighbour("One", 1.0, (), tuple(FoundTrack(f"More {n}") for n in range(9))),))
    await keep(database, "queen", many)
    assert await database.readers.run(count("found_tracks")) == 2 + 1 + finder.TRACKS_OF_EACH - 1


async def test_an_artist_that_is_gone_meanwhile_is_passed_over(database: Database) -> None:
    gone = Seed(ArtistId(10**9), "Gone")
    assert not (
        await database.candidates.keep(LABS, gone, near("Lush"), at=NOW, due_at=NOW)
    ).anything
    await database.candidates.keep_nothing(LABS, gone, misses=1, at=NOW, due_at=NOW)
    assert await database.readers.run(count("similar_lookups")) == 0


async def test_seeds_are_picks_and_likes_then_the_most_played_and_nothing_disliked(
    database: Database,
) -> None:
    rows = [row("Daft Punk", f"Song {n}", minute=5 * n) for n in range(5)]
    rows += [row("Queen", "Under Pressure", minute=100 + 5 * n) for n in range(9)]
    rows += [row("Sigur Rós", "Svefn", minute=200 + 5 * n) for n in range(7)]
    await bring_in(database, ANA, rows)
    await pick(database, ANA, "slowdive")
    shown = await show(database, "hey jude", "!!!")
    await database.gestures.record(press(shown, 0, Verdict.UP, minute=1))
    await database.gestures.record(press(shown, 1, Verdict.DOWN, minute=1))
    (sigur,) = await find(database, "sigur")
    await database.blocks.add(ANA, BlockKind.ARTIST, sigur.artist.id, at=NOW)
    seeds = await database.candidates.seeds(ANA, limit=12)
    assert [one.name for one in seeds] == ["The Beatles", "Slowdive", "Queen", "Daft Punk"]
    assert seeds[1].titles == ("Alison",)
    assert [one.name for one in await database.candidates.seeds(ANA, limit=3)] == [
        "The Beatles",
        "Slowdive",
        "Queen",
    ]
    assert await database.candidates.seeds(BEN, limit=9) == []


async def test_listens_that_may_not_train_are_nobodys_business_outside(
    database: Database,
) -> None:
    await bring_in(database, ANA, [row("Queen", "Under Pressure", source="listenbrainz")])
    assert len(await database.candidates.seeds(ANA, limit=9)) == 1
    await database.doors.set_use(Source.LISTENBRAINZ, trainable=False, personal=True)
    assert await database.candidates.seeds(ANA, limit=9) == []


async def test_members_come_the_newest_first(database: Database) -> None:
    await database.members.agree(ANA, version=1, at=NOW)
    await database.members.agree(BEN, version=1, at=at(5))
    assert list(await database.candidates.members()) == [BEN, ANA]


async def test_questions_are_counted_per_day_and_source(database: Database) -> None:
    for day in ("2026-06-01", "2026-06-01", "2026-06-20"):
        await database.candidates.count_question(DEEZER, day=day)
    assert await database.candidates.questions(DEEZER, day="2026-06-20") == 1
    assert await database.candidates.questions(LABS, day="2026-06-20") == 0
    assert await database.candidates.questions(DEEZER, day="2026-06-01") == 0, "long ago"


async def test_the_next_model_knows_what_changed_and_only_that(database: Database) -> None:
    await keep(database, "slowdive", near("Lush"))
    await keep(database, "slowdive", near("Queen"), LABS, moment=at(1))
    pending = await database.models.pending()
    assert (pending.answers, pending.since) == (2, NOW)
    rows = read_training(database.path, now_ms=NOW_MS)
    assert rows.row_cut["answers"] == int(at(1).timestamp() * 1000)
    assert rows.source_names == (DEEZER.value, LABS.value)
    assert rows.similar_sources.tolist() == [0, 1]
    assert len(rows.found_artists) == 1
    await database.models.publish(
        ModelInfo("v1", NOW, 1, 2, 3, 4), folder="v1", row_cut=rows.row_cut
    )
    await keep(database, "slowdive", near("Lush"), moment=at(2))
    assert (await database.models.pending()).answers == 0, "nothing new was said"
    await keep(database, "slowdive", near("Lush", "Ride"), moment=at(3))
    assert (await database.models.pending()).answers == 1


TABLES = ("similar_lookups", "similar_artists", "found_artists", "found_tracks")


async def test_with_the_last_one_who_loved_an_artist_goes_what_was_said_of_it(
    database: Database,
) -> None:
    await pick(database, ANA, "slowdive", "queen")
    await pick(database, BEN, "queen")
    await keep(database, "slowdive", near("Lush", "Ride"), loved=True)
    await keep(
        database, "queen", Answer((Neighbour("Ride", 1.0), Neighbour("Kansas", 1.0))), loved=True
    )
    shown = await show(database, "song of lush", "song of ride", member=ANA)
    await database.gestures.record(press(shown, 0, Verdict.UP, member=ANA))

    await database.members.erase(ANA, at=at(1))

    def left(raw: sqlite3.Connection) -> set[str]:
        return {name for (name,) in raw.execute("SELECT name FROM artists WHERE atlas = 0")}

    assert await database.readers.run(left) == {"Ride", "Kansas"}
    rows = [await database.readers.run(count(table)) for table in TABLES]
    assert rows == [1, 2, 2, 1]

    await database.members.erase(BEN, at=at(2))
    assert await database.readers.run(left) == set()
    assert [await database.readers.run(count(table)) for table in TABLES] == [0, 0, 0, 0]


async def test_what_another_member_voted_on_stays(database: Database) -> None:
    await pick(database, ANA, "slowdive")
    await keep(database, "slowdive", near("Lush"), loved=True)
    shown = await show(database, "song of lush", member=BEN)
    await database.gestures.record(press(shown, 0, Verdict.UP, member=BEN))
    await database.members.erase(ANA, at=at(1))
    assert await find(database, "song of lush")
    assert [s.name for s in await database.candidates.seeds(BEN, limit=9)] == ["Lush"]


async def test_a_door_that_is_taken_back_takes_what_was_asked_for_it_along(
    database: Database,
) -> None:
    await bring_in(database, ANA, [row("Rare Band", "Rare Song", source="listenbrainz")])
    await keep(database, "rare band", near("Lush"), loved=True)
    await database.doors.withdraw(ANA, Source.LISTENBRAINZ, at=at(1))
    assert [await database.readers.run(count(table)) for table in TABLES] == [0, 0, 0, 0]
    assert await artist(database, "lush") is None


async def test_an_answer_that_comes_after_its_asker_is_gone_is_dropped(database: Database) -> None:
    await pick(database, ANA, "slowdive")
    (seed,) = await database.candidates.seeds(ANA, limit=9)
    await database.members.erase(ANA, at=at(1))
    brought = await database.candidates.keep(LABS, seed, near("Lush"), at=at(2), due_at=at(3))
    await database.candidates.keep_nothing(DEEZER, seed, misses=1, at=at(2), due_at=at(3))
    assert not brought.anything
    assert [await database.readers.run(count(table)) for table in TABLES] == [0, 0, 0, 0]
