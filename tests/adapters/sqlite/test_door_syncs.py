"""Names connected at other services: one member each, states that don't outlive their name."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.sqlite.database import Database
from bot.adapters.sqlite.ledger import ErasureLedger
from bot.domain.candidates import Answer, Neighbour, Origin, Seed
from bot.domain.doors import DoorSync
from bot.domain.enrichment import Facts, Tag, Task
from bot.domain.listening import FetchedListen, Source
from bot.errors import NotFoundError, UserError
from tests.adapters.sqlite.stage import ANA, BEN, NOW, NOW_MS, at, bring_in, row

LB, FM = Source.LISTENBRAINZ, Source.LASTFM


def heard(title: str, *, minute: float = 0, artist: str = "Zyxband") -> FetchedListen:
    played = NOW - timedelta(days=1) + timedelta(minutes=minute)
    return FetchedListen(
        source_time=str(int(played.timestamp())),
        artist=artist,
        title=title,
        started_at=played,
        precision_ms=1000,
    )


async def test_connecting_twice_changes_nothing_and_another_name_starts_anew(
    database: Database,
) -> None:
    syncs = database.door_syncs
    first = await syncs.connect(ANA, LB, "Ana", at=NOW)
    await syncs.save(replace(first, newest_at=at(-5), pause_s=60))
    again = await syncs.connect(ANA, LB, "ana", at=at(9))
    assert (again.account, again.newest_at, again.linked_at) == ("Ana", at(-5), NOW)
    other = await syncs.connect(ANA, LB, "ana2", at=at(9))
    assert (other.newest_at, other.linked_at) == (None, at(9))


async def test_a_name_belongs_to_one_member(database: Database) -> None:
    await database.door_syncs.connect(ANA, LB, "Ana", at=NOW)
    with pytest.raises(UserError) as caught:
        await database.door_syncs.connect(BEN, LB, "ANA", at=NOW)
    assert caught.value.key == "error.door_taken"
    await database.door_syncs.connect(BEN, FM, "ana", at=NOW)
    assert [s.member_id for s in await database.door_syncs.due()] == [ANA, BEN]


async def test_a_state_comes_back_as_it_was_saved(database: Database) -> None:
    made = await database.door_syncs.connect(ANA, FM, "Ana", at=NOW)
    full = DoorSync(
        ANA, FM, "Ana", NOW, at(1), 77, at(2), at(3), at(4), at(5), at(6), at(7), "doors.x", at(8)
    )
    assert made.cursor_at is None
    await database.door_syncs.save(full)
    assert await database.door_syncs.of_member(ANA) == [full]


async def test_a_turn_under_way_does_not_speak_for_a_newer_name(database: Database) -> None:
    old = await database.door_syncs.connect(ANA, LB, "Ana", at=NOW)
    await database.door_syncs.connect(ANA, LB, "ana2", at=NOW)
    await database.door_syncs.save(replace(old, newest_at=at(-5)))
    (state,) = await database.door_syncs.of_member(ANA)
    assert state.newest_at is None


async def test_disconnecting_keeps_the_listens_and_takes_no_more(database: Database) -> None:
    await database.door_syncs.connect(ANA, LB, "Ana", at=NOW)
    await database.doors.add(ANA, LB, [heard("Song")], at=NOW)
    assert await database.door_syncs.disconnect(ANA, LB)
    assert not await database.door_syncs.disconnect(ANA, LB)
    assert len(await database.listens.evidence(ANA)) == 1
    with pytest.raises(NotFoundError):
        await database.doors.add(ANA, LB, [heard("Song", minute=5)], at=NOW)


async def test_withdrawing_deletes_and_survives_an_older_backup(
    database: Database, data_dir: Path
) -> None:
    await database.door_syncs.connect(ANA, LB, "Ana", at=NOW)
    await database.doors.add(ANA, LB, [heard("Song")], at=NOW)
    ErasureLedger(data_dir).note(ANA, at_ms=NOW_MS + 1000, part=LB.value)  # restored from before
    assert await database.withdrawal.replay() == 1
    assert await database.listens.evidence(ANA) == []
    assert await database.door_syncs.of_member(ANA) == []


async def test_what_came_after_a_withdrawal_stays(database: Database) -> None:
    await database.door_syncs.connect(ANA, LB, "Ana", at=NOW)
    await database.doors.add(ANA, LB, [heard("Song")], at=NOW)
    assert await database.doors.withdraw(ANA, LB, at=at(-30)) == 1
    await bring_in(database, ANA, [row("Queen", "Under Pressure", source="listenbrainz")])
    assert await database.withdrawal.replay() == 0
    assert len(await database.listens.evidence(ANA)) == 1


async def test_rows_and_dated_plays_are_counted(database: Database) -> None:
    await database.door_syncs.connect(ANA, FM, "Ana", at=NOW)
    listens = [heard("Song", minute=n) for n in range(5)]
    listens += [heard("Other", artist="The Beatles"), FetchedListen("", "Queen", "Sum", plays=9)]
    await database.doors.add(ANA, FM, listens, at=NOW)
    assert await database.door_syncs.rows(FM) == 7
    assert await database.door_syncs.rows(LB) == 0
    (queen,) = await database.catalogue.search_artists("Queen", limit=1)
    answer = Answer(tuple(Neighbour(f"Band {n}", 1.0) for n in range(3)))
    for origin in (Origin.LASTFM_ARTISTS, Origin.DEEZER_RADIO):
        await database.candidates.keep(origin, Seed(queen.id, "Queen"), answer, at=NOW, due_at=NOW)
    facts = Facts(tags=(Tag("rock", 1.0, genre=True), Tag("zyxcore", 0.5, genre=True)))
    await database.enrichment.save(Task.ARTIST_TAGS, {queen.id: (facts, NOW)})
    (tags,) = await database.readers.run(
        lambda raw: raw.execute(
            "SELECT count(*) FROM artist_tags WHERE source = 'lastfm'"
        ).fetchone()
    )
    assert tags > 0
    assert await database.door_syncs.rows(FM) == 7 + 3 + tags, "what it told of artists counts, too"
    assert await database.door_syncs.dated_plays(ANA, FM) == {
        ("zyxband", "song"): 5,
        ("beatles", "other"): 1,
    }


async def test_counting_rows_needs_no_rows(database: Database) -> None:
    def plan(raw: sqlite3.Connection) -> str:
        rows = raw.execute(
            "EXPLAIN QUERY PLAN SELECT count(*) FROM listens AS l WHERE l.member_id = 1 "
            "AND l.source_id = 7"
        )
        return " ".join(str(r[-1]) for r in rows)

    assert "COVERING INDEX" in await database.readers.run(plan)
