"""Forgetting: every table, every file, every byte; and what of others has to stay."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.sqlite import erasure as erasing
from bot.adapters.sqlite import imports
from bot.adapters.sqlite.connection import connect_reader
from bot.adapters.sqlite.database import Database
from bot.adapters.sqlite.export import QUERIES
from bot.adapters.sqlite.forgetting import MEMBER_COLUMNS, REBUILD_KEY
from bot.adapters.sqlite.ledger import ErasureLedger
from bot.domain.blending import BlendRule
from bot.domain.feedback import BlockKind, Verdict
from bot.domain.ids import BlendId, ChannelId, MemberId, RecommendationId
from bot.domain.members import MemberSettings
from bot.domain.recommending import ModelInfo
from bot.errors import NotFoundError
from bot.ui.account import ERASED
from tests.adapters.sqlite.stage import (
    ANA,
    BEN,
    CLEO,
    HOME,
    NOW,
    NOW_MS,
    at,
    begin,
    bring_in,
    emoji,
    find,
    held,
    press,
    row,
    show,
    write_atlas,
)

MARK = "Zyxmarker"
"""Written wherever Ana's rows take text."""


async def live_a_little(database: Database, member: MemberId, *, folder: str) -> RecommendationId:
    """Leave traces of a member in every table that can hold them; return a list shown to them."""
    await database.members.agree(member, version=1, at=NOW)
    await database.members.save_settings(member, MemberSettings(private=True))
    mark = f"{MARK}{member}"
    rows = [row(f"Band {mark}", f"Song {mark} {n}", minute=5 * n) for n in range(300)]
    rows += [row("Queen", "Bohemian Rhapsody", minute=9000), row("Shared Band", "Shared Song")]
    rows += [row(f"Solo {mark}", None, minute=None, source="csv", plays=7)]
    await bring_in(database, member, rows, folder=folder)
    queen, jude = await find(database, "queen", "hey jude")
    await database.listens.set_picks(member, [queen.artist.id], at=NOW)
    assert jude.track is not None
    await database.blocks.add(member, BlockKind.TRACK, jude.track.id, at=NOW)
    shown = await show(database, "hey jude", f"song {mark} 7".lower(), "slowdive", member=member)
    await database.gestures.record(press(shown, 0, Verdict.UP, member=member))
    await database.gestures.record(emoji(shown, None, Verdict.UP, member=member))
    await database.blends.create(
        guild_id=HOME,
        channel_id=ChannelId(1),
        owner_id=member,
        rule=BlendRule.JOY,
        members=[CLEO],
        at=NOW,
        expires_at=at(9),
    )

    def by_hand(raw: sqlite3.Connection) -> None:
        raw.execute("INSERT INTO links VALUES (?, 3, ?, 1)", (member, f"acct {mark}"))
        raw.execute(
            "INSERT INTO spotify_logins VALUES (?, ?, '', ?, ?, 1, 1, 'linked', 0)",
            (member, f"name {mark}", f"access {mark}", f"refresh {mark}"),
        )
        raw.execute(
            "INSERT INTO spotify_syncs (member_id, next_at, pause_s) VALUES (?, 1, 60)", (member,)
        )
        raw.execute(
            "INSERT INTO spotify_playlists (member_id, purpose, name, marker, made_at) "
            "VALUES (?, 'blend:1', ?, ?, 1)",
            (member, f"playlist {mark}", f"marker {member}"),
        )
        raw.execute(
            "INSERT INTO shared_playlist_asks (member_id, asked_at) VALUES (?, 1)", (member,)
        )
        raw.execute("INSERT INTO shared_playlist_tastes VALUES ('blend:1', ?)", (member,))
        raw.execute("UPDATE spotify_playlists SET shared = 1")
        raw.execute("INSERT INTO playlists_to_empty VALUES (?, ?)", (f"list {mark}", member))
        raw.execute(
            "INSERT INTO link_requests (id_hash, member_id, name, created_at, expires_at, verifier)"
            " VALUES (?, ?, ?, 1, 2, ?)",
            (f"hash {member}", member, f"asked as {mark}", f"verifier {mark}"),
        )
        raw.execute(
            "INSERT INTO activity_now VALUES (?, NULL, ?)", (member, json.dumps([f"song {mark}"]))
        )
        raw.execute(
            "INSERT INTO upload_tickets (id_hash, member_id, name, created_at, expires_at, file_name)"
            " VALUES (?, ?, ?, 1, 2, ?)",
            (f"ticket {member}", member, f"sent by {mark}", f"file {mark}"),
        )
        raw.execute(
            "INSERT INTO door_syncs (member_id, source_id, next_at, pause_s) VALUES (?, 3, 1, 60)",
            (member,),
        )
        raw.execute(
            "INSERT INTO gaps (member_id, source_id, from_at, to_at, noted_at) "
            "VALUES (?, 3, 1, 2, 3)",
            (member,),
        )

    await database.writer.run(by_hand)
    return shown.id


def columns_that_name_members(raw: sqlite3.Connection) -> set[tuple[str, str]]:
    tables = [
        name
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    ]
    found = set()
    for table in tables:
        for _, column, *_ in raw.execute("SELECT * FROM pragma_table_info(?)", (table,)):
            if any(word in column for word in ("member", "owner", "user")):
                found.add((table, column))
        for key in raw.execute("SELECT * FROM pragma_foreign_key_list(?)", (table,)):
            if key[2] == "members":
                found.add((table, key[3]))
    return found


async def test_every_column_that_names_a_member_is_visited(database: Database) -> None:
    known = await database.readers.run(columns_that_name_members)
    assert known | {("members", "id")} == set(MEMBER_COLUMNS)
    assert {table for table, _ in MEMBER_COLUMNS} == set(QUERIES)
    assert set(QUERIES) < set(ERASED), "an erasure tells what it deleted of every table"


async def test_the_traces_are_everywhere_before_the_test_means_anything(
    database: Database,
) -> None:
    await live_a_little(database, ANA, folder="a")
    for table, column in MEMBER_COLUMNS:
        query = f"SELECT count(*) FROM {table} WHERE {column} = ?"  # noqa: S608
        (n,) = await database.readers.run(
            lambda raw, query=query: raw.execute(query, (ANA,)).fetchone()
        )
        assert n > 0 or table == "blend_members", table


def everything(data_dir: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(data_dir)): path.read_bytes()
        for path in data_dir.rglob("*")
        if path.is_file()
    }


def traces_of(member: MemberId, data_dir: Path) -> dict[str, list[str]]:
    """Return which files hold the member's marker, or their id as text or as SQLite writes it."""
    needles = {
        "marker": f"{MARK}{member}".encode(),
        "folded marker": f"{MARK}{member}".lower().encode(),
        "id as text": str(member).encode(),
        "id as stored": member.to_bytes(8, "big"),
    }
    return {
        name: [what for what, needle in needles.items() if needle in content]
        for name, content in everything(data_dir).items()
        if any(needle in content for needle in needles.values())
    }


async def test_not_a_byte_is_left_in_any_file(database: Database) -> None:
    await live_a_little(database, ANA, folder="a")
    await live_a_little(database, BEN, folder="b")
    assert traces_of(ANA, database.data_dir), "the test looks in the wrong place"

    report = await database.members.erase(ANA, at=at(1))

    assert report.bytes_left_in_log == 0
    assert traces_of(ANA, database.data_dir) == {}
    assert traces_of(BEN, database.data_dir)
    assert report.files == 1
    assert report.removed["listens"] == 303
    assert report.removed["members"] == 1
    assert report.removed["tracks"] == 300
    assert report.removed["artists"] == 2
    assert set(report.removed) <= set(ERASED)
    assert await database.readers.run(
        lambda raw: raw.execute("PRAGMA integrity_check").fetchall()
    ) == [("ok",)]


async def test_who_only_voted_leaves_no_trace_either(database: Database) -> None:
    for member in (ANA, BEN):
        await database.members.agree(member, version=1, at=NOW)
        for n in range(200):
            shown = await show(database, "hey jude", "queen", member=member, made_at=at(n))
            await database.gestures.record(press(shown, 0, Verdict.UP, member=member, minute=n))
    assert traces_of(ANA, database.data_dir)
    await database.members.erase(ANA, at=at(1))
    assert traces_of(ANA, database.data_dir) == {}
    assert len(await held(database, BEN)) == 1


async def test_others_and_the_shared_catalogue_stay(database: Database) -> None:
    await live_a_little(database, ANA, folder="a")
    await live_a_little(database, BEN, folder="b")
    before = await database.listens.evidence(BEN), await held(database, BEN)
    await database.members.erase(ANA, at=at(1))
    assert (await database.listens.evidence(BEN), await held(database, BEN)) == before
    assert [s.full_title for s in await find(database, "bohemian", "shared song")] == [
        "Bohemian Rhapsody – Queen",
        "Shared Song – Shared Band",
    ]
    assert await database.members.consent(ANA) is None
    assert await database.listens.evidence(ANA) == []


async def test_answers_of_others_on_a_members_card_stay_without_the_member(
    database: Database,
) -> None:
    shown = await show(database, "hey jude", "queen", member=ANA, message=5, like=12)
    await database.gestures.record(press(shown, 0, Verdict.UP, member=BEN))
    await database.gestures.record(press(shown, 0, Verdict.DOWN, member=ANA))
    await database.members.erase(ANA, at=at(1))
    assert await held(database, BEN) == {shown.items[0].scored.subject.key: Verdict.UP}
    assert await database.recommendations.get(shown.id) is None
    assert await database.recommendations.of_item(shown.items[0].id) is None
    left = await database.readers.run(
        lambda raw: raw.execute(
            "SELECT member_id, guild_id, channel_id, seed, like_key, i.parts, i.score, "
            "i.calibration, i.rerank, i.propensity "
            "FROM recommendations JOIN recommendation_items AS i ON recommendation_id = "
            "recommendations.id"
        ).fetchall()
    )
    assert left == [(None, None, None, 0, None, "{}", 0.0, 0.0, 0.0, 0.0)]
    assert await database.recommendations.open_messages(since=at(-99), limit=9) == []


async def test_a_blend_that_tells_of_a_member_goes_as_a_whole_and_others_stay(
    database: Database,
) -> None:
    made = await database.blends.create(
        guild_id=HOME,
        channel_id=ChannelId(1),
        owner_id=BEN,
        rule=BlendRule.JOY,
        members=[ANA, CLEO],
        at=NOW,
        expires_at=at(9),
    )
    other = await database.blends.create(
        guild_id=HOME,
        channel_id=ChannelId(1),
        owner_id=BEN,
        rule=BlendRule.JOY,
        members=[CLEO],
        at=NOW,
        expires_at=at(9),
    )
    await live_a_little(database, ANA, folder="a")
    await database.members.erase(ANA, at=at(1))
    assert await database.blends.get(made.id) is None
    assert await database.blends.get(BlendId(other.id + 1)) is None
    kept = await database.blends.get(other.id)
    assert kept is not None
    assert [member for member, _ in kept.members] == [BEN, CLEO]


async def test_the_next_model_must_be_published(database: Database) -> None:
    info = ModelInfo("v1", NOW, 1, 2, 3, 4)
    await live_a_little(database, ANA, folder="a")
    await database.models.publish(info, folder="v1", row_cut={"erasures": 0})
    await database.members.erase(ANA, at=at(1))
    pending = await database.models.pending()
    assert (pending.erasures, pending.since) == (1, at(1))
    await database.models.publish(info, folder="v2", row_cut={"erasures": 0})
    assert (await database.models.pending()).erasures == 1, "trained before the erasure"
    await database.models.publish(info, folder="v3", row_cut={"erasures": 1})
    assert (await database.models.pending()).erasures == 0


async def test_erasing_somebody_unknown_or_twice_is_fine(database: Database) -> None:
    for _ in range(2):
        report = await database.members.erase(CLEO, at=NOW)
        assert (report.removed, report.bytes_left_in_log) == ({}, 0)
    assert (await database.models.pending()).erasures == 0


async def test_an_import_under_way_ends_with_its_member(database: Database) -> None:
    job = await begin(database, ANA, [row("Queen", str(n)) for n in range(9)], folder="a")
    await database.listens.absorb(job.id, limit=4)
    await database.members.erase(ANA, at=at(1))
    with pytest.raises(NotFoundError):
        await database.listens.absorb(job.id, limit=4)
    assert not (database.uploads_dir / "a").exists()


async def test_an_upload_that_comes_during_the_erasure_goes_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder was not there yet when the folders were looked up."""
    await database.members.agree(ANA, version=1, at=NOW)
    folders = [database.uploads_dir / name for name in ("early", "late", "later")]
    for folder in folders:
        (folder / "raw").mkdir(parents=True)
        (folder / "raw" / "0000").write_bytes(b"private")
    await database.listens.begin_import(ANA, file_names=["x"], folder="early", at=NOW)

    def after(step: Callable[..., Any], folder: str) -> Callable[..., Any]:
        came: list[str] = []

        def wrapped(raw: sqlite3.Connection, *args: Any) -> Any:
            if folder not in came:
                came.append(folder)
                imports.begin(raw, ANA, ["x"], folder, NOW_MS)
            return step(raw, *args)

        return wrapped

    monkeypatch.setattr(erasing, "delete_listens", after(erasing.delete_listens, "late"))
    monkeypatch.setattr(erasing, "forget_unasked", after(erasing.forget_unasked, "later"))
    report = await database.members.erase(ANA, at=at(1))
    assert [folder for folder in folders if folder.exists()] == []
    assert report.files == 3
    assert not any(database.uploads_dir.iterdir())


async def test_only_folders_right_below_uploads_are_deleted(database: Database) -> None:
    outside = database.data_dir / "models"
    outside.mkdir()
    (outside / "model.npy").write_bytes(b"precious")
    for folder in ("../models", ".", "..", str(outside)):
        await database.listens.begin_import(ANA, file_names=[], folder=folder, at=NOW)
    report = await database.members.erase(ANA, at=at(1))
    assert report.files == 0
    assert (outside / "model.npy").exists()
    assert database.path.exists()


async def test_a_reader_elsewhere_is_waited_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "CHECKPOINT_PAUSE_S", 0.02)
    await live_a_little(database, ANA, folder="a")
    with closing(connect_reader(database.path)) as elsewhere:
        elsewhere.execute("BEGIN")
        elsewhere.execute("SELECT count(*) FROM members").fetchone()
        task = asyncio.create_task(database.members.erase(ANA, at=at(1)))
        await asyncio.sleep(0.3)
        assert not task.done()
        assert await database.meta.get("others are served") is None
        elsewhere.rollback()
    assert (await task).bytes_left_in_log == 0
    assert traces_of(ANA, database.data_dir) == {}


async def test_reads_and_writes_go_on_during_an_erasure(database: Database) -> None:
    await live_a_little(database, ANA, folder="a")
    task = asyncio.create_task(database.members.erase(ANA, at=at(1)))
    served = 0
    while not task.done():
        await database.meta.set("n", str(served))
        assert await database.meta.get("n") == str(served)
        served += 1
    assert served > 1, "whoever is kept out until the end is served once"
    assert traces_of(ANA, database.data_dir) == {}


@pytest.mark.parametrize(
    "step", ["delete_listens", "delete_rows", "delete_tracks", "delete_member", "rebuild"]
)
async def test_an_erasure_cut_short_is_finished_at_the_next_start(
    data_dir: Path, step: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class CutError(Exception):
        pass

    def cut(*_: object) -> int:
        raise CutError

    async with Database.open(data_dir) as database:
        await database.catalogue.seed_atlas(write_atlas(tmp_path / "atlas"))
        await live_a_little(database, ANA, folder="a")
        await live_a_little(database, BEN, folder="b")
        monkeypatch.setattr(erasing, step, cut)
        with pytest.raises(CutError):
            await database.members.erase(ANA, at=at(1))
    monkeypatch.undo()
    async with Database.open(data_dir) as database:
        assert traces_of(ANA, data_dir) == {}
        assert await database.meta.get(REBUILD_KEY) is None
        assert (await database.models.pending()).erasures == 1
        assert await held(database, BEN)


async def test_who_agreed_again_is_not_erased_by_the_old_entry(data_dir: Path) -> None:
    async with Database.open(data_dir) as database:
        await database.members.agree(ANA, version=1, at=NOW)
        await database.members.erase(ANA, at=at(1))
        await database.members.agree(ANA, version=1, at=at(2))
    async with Database.open(data_dir) as database:
        assert await database.members.consent(ANA) is not None


async def test_the_export_is_json_with_ids_as_texts(database: Database) -> None:
    await live_a_little(database, ANA, folder="a")
    exported = await database.members.export(ANA)
    assert json.loads(json.dumps(exported)) == exported
    assert exported["members"] == [{"id": str(ANA)}]
    assert len(exported["listens"]) == 303
    assert {"title": "Bohemian Rhapsody", "artist": "Queen"}.items() <= exported["listens"][
        300
    ].items()
    assert exported["consents"] == [{"version": 1, "given_at": NOW.isoformat()}]
    assert exported["recommendations"][0]["parts"] == {
        "bias": -1.0,
        "content": 1.5,
        "popularity": 0.75,
    }
    assert exported["recommendations"][0]["calibration"] == -0.25
    assert all(
        exported[table] for table in QUERIES if table != "blend_members" or exported["blends"]
    )
    assert str(BEN) not in json.dumps(exported)


def test_the_ledger_names_nobody_and_survives_a_torn_line(tmp_path: Path) -> None:
    ledger = ErasureLedger(tmp_path)
    assert ledger.erased({ANA: None}) == {}
    ledger.note(ANA, at_ms=NOW_MS)
    path = tmp_path / "erasures.jsonl"
    assert str(ANA) not in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8") + '{"id": "torn', encoding="utf-8")
    ledger.note(BEN, at_ms=NOW_MS)
    found = ErasureLedger(tmp_path).erased(
        {ANA: None, BEN: NOW_MS - 1, CLEO: None, MemberId(4): NOW_MS}
    )
    assert found == {ANA: NOW_MS, BEN: NOW_MS}
    assert ledger.erased({ANA: NOW_MS + 1}) == {}
    for name in ("erasures.jsonl", "erasures.key"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
