"""Listens that doors fetched: natural keys, gaps, what they may be used for, and taking them back."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.sqlite.database import Database
from bot.adapters.sqlite.forgetting import REBUILD_KEY
from bot.adapters.sqlite.ledger import ErasureLedger
from bot.domain.ids import MemberId
from bot.domain.listening import FetchedListen, Source
from bot.errors import NotFoundError
from tests.adapters.sqlite.stage import ANA, BEN, NOW, NOW_MS, at, bring_in, find, row

API = Source.SPOTIFY_API


def heard(title: str = "Song", artist: str = "Zyxband", *, minute: float = 0) -> FetchedListen:
    played = NOW - timedelta(days=1) + timedelta(minutes=minute)
    return FetchedListen(
        source_time=played.isoformat(),
        artist=artist,
        title=title,
        started_at=played,
        precision_ms=1000,
        uri=f"spotify:track:{title}",
    )


async def link(database: Database, member: MemberId = ANA, *, at_ms: int = NOW_MS) -> None:
    def by_hand(raw: sqlite3.Connection) -> None:
        raw.execute("INSERT INTO members (id) VALUES (?) ON CONFLICT DO NOTHING", (member,))
        raw.execute("INSERT INTO links VALUES (?, 20, ?, ?)", (member, f"acc{member}", at_ms))

    await database.writer.run(by_hand)


async def count(database: Database, table: str, member: MemberId = ANA) -> int:
    sql = f"SELECT count(*) FROM {table} WHERE member_id = ?"  # noqa: S608
    return int(await database.readers.run(lambda raw: raw.execute(sql, (member,)).fetchone()[0]))


async def test_fetching_the_same_again_adds_nothing(database: Database) -> None:
    await link(database)
    listens = [heard(f"Song {n}", minute=n) for n in range(700)]
    assert await database.doors.add(ANA, API, listens, at=NOW) == 700
    assert await database.doors.add(ANA, API, listens, at=at(5)) == 0
    assert sum(e.value for e in await database.listens.evidence(ANA)) == 700


async def test_a_play_that_an_export_knows_too_counts_once(database: Database) -> None:
    await link(database)
    one = heard("Song", "Queen")
    assert one.started_at is not None
    minute = (one.started_at - NOW).total_seconds() / 60 + 7 * 24 * 60
    await bring_in(database, ANA, [row("Queen", "Song", minute=minute)])
    assert await database.doors.add(ANA, API, [one], at=NOW) == 1
    assert [e.value for e in await database.listens.evidence(ANA)] == [1]


async def test_nothing_is_stored_for_a_door_that_is_not_linked(database: Database) -> None:
    with pytest.raises(NotFoundError):
        await database.doors.add(ANA, API, [heard()], at=NOW)
    assert not await database.catalogue.search_artists("zyxband", limit=3)


async def test_gaps_are_kept_once(database: Database) -> None:
    await link(database)
    for _ in range(2):
        await database.doors.note_gap(ANA, API, start=at(-60), end=at(-30), at=NOW)
    (gap,) = await database.doors.gaps(ANA, API)
    assert (gap.start, gap.end) == (at(-60), at(-30))


async def test_what_only_leaves_out_is_known_but_no_evidence(database: Database) -> None:
    await link(database)
    await database.doors.add(ANA, API, [heard("Alison", "Slowdive")], at=NOW)
    assert len(await database.listens.evidence(ANA)) == 1
    assert not await database.doors.known(ANA)
    assert await database.doors.set_use(API, trainable=False, personal=False)
    (alison,) = await find(database, "alison")
    assert list(await database.doors.known(ANA)) == [alison.key]
    assert not await database.listens.evidence(ANA)
    assert not await database.doors.set_use(API, trainable=False, personal=False)
    assert await database.doors.set_use(API, trainable=True, personal=True)
    assert len(await database.listens.evidence(ANA)) == 1


async def test_when_a_source_may_no_longer_train_the_next_model_is_published(
    database: Database,
) -> None:
    await link(database)
    await database.doors.add(ANA, API, [heard()], at=NOW)
    await database.doors.set_use(API, trainable=True, personal=True)
    assert (await database.models.pending()).erasures == 0
    await database.doors.set_use(API, trainable=False, personal=True)
    assert (await database.models.pending()).erasures == 1


async def test_unlinking_deletes_what_came_through_and_nothing_else(database: Database) -> None:
    for member in (ANA, BEN):
        await link(database, member)
        await database.doors.add(member, API, [heard(f"Only of {member}"), heard()], at=NOW)
    await bring_in(database, ANA, [row("Queen", "Bohemian Rhapsody")])
    await database.doors.note_gap(ANA, API, start=at(-60), end=at(-30), at=NOW)
    assert await database.doors.withdraw(ANA, API, at=at(1)) == 2
    assert [await count(database, t) for t in ("links", "gaps")] == [0, 0]
    assert await count(database, "listens") == 1
    assert len(await database.listens.evidence(ANA)) == 1
    assert not await database.catalogue.search_subjects(f"only of {ANA}", limit=3)
    assert len(await database.listens.evidence(BEN)) == 2
    assert await database.meta.get(REBUILD_KEY) is None
    assert f"Only of {ANA}".encode() not in database.path.read_bytes()
    with pytest.raises(NotFoundError):
        await database.doors.add(ANA, API, [heard()], at=at(2))


async def test_an_older_backup_does_not_bring_an_unlinked_account_back(data_dir: Path) -> None:
    async with Database.open(data_dir) as database:
        await link(database)
        await database.doors.add(ANA, API, [heard()], at=NOW)
        await link(database, BEN)
        await database.doors.add(BEN, API, [heard()], at=NOW)
    ErasureLedger(data_dir).note(ANA, at_ms=NOW_MS + 1, part=API.value)
    async with Database.open(data_dir) as database:
        assert await count(database, "listens") == 0
        assert await count(database, "links") == 0
        assert await count(database, "listens", BEN) == 1


async def test_who_linked_again_is_not_unlinked_by_the_old_entry(data_dir: Path) -> None:
    async with Database.open(data_dir) as database:
        await link(database, at_ms=NOW_MS + 2)
        await database.doors.add(ANA, API, [heard()], at=NOW)
    ErasureLedger(data_dir).note(ANA, at_ms=NOW_MS + 1, part=API.value)
    async with Database.open(data_dir) as database:
        assert await count(database, "listens") == 1


async def test_an_unlinking_cut_short_is_finished_at_the_next_start(data_dir: Path) -> None:
    async with Database.open(data_dir) as database:
        await link(database)
        await database.doors.add(ANA, API, [heard()], at=NOW)
        await database.writer.run(lambda raw: raw.execute("DELETE FROM links"))
    async with Database.open(data_dir) as database:
        assert await count(database, "listens") == 0
        assert not await database.listens.evidence(ANA)


async def test_of_two_releases_the_explicit_one_labels_the_recording(database: Database) -> None:
    await link(database)
    for title, label in (("Song", False), ("Song - Remastered 2011", True), ("Tune", False)):
        one = replace(heard(title), explicit=label)
        await database.doors.add(ANA, API, [one, heard("Unsaid")], at=NOW)
    keys = list(await database.catalogue.explicit_keys())
    titles = [one.title for one in (await database.catalogue.subjects(keys)).values()]
    assert "Song" in titles
    assert not {"Tune", "Unsaid"} & set(titles)
