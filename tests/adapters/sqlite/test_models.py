"""Model versions, what is pending, and what the trainer reads."""

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.sqlite.database import Database
from bot.adapters.sqlite.judged_picks import LEAST_VOTERS, read_judged
from bot.adapters.sqlite.training_rows import TrainingRows, read_training, table_of
from bot.domain.feedback import Verdict
from bot.domain.ids import MemberId
from bot.domain.listening import EvidenceKind, Level, Source
from bot.domain.recommending import ModelInfo
from bot.worker.refit import refit
from recsys.evidence import Kind
from recsys.evidence import Level as TrainingLevel
from recsys.snapshot import load
from tests.adapters.sqlite.stage import (
    ANA,
    BEN,
    NOW,
    NOW_MS,
    at,
    bring_in,
    find,
    press,
    row,
    show,
)

INFO = ModelInfo("2026-06-01.1", NOW, 2, 300, 20, 10, {"ndcg": 0.25, "parts": ["als"]})


async def test_the_newest_published_version_is_served(database: Database) -> None:
    assert await database.models.latest() is None
    await database.models.publish(INFO, folder="a", row_cut={})
    newer = dataclasses.replace(INFO, version="2", trained_at=at(5))
    await database.models.publish(newer, folder="b", row_cut={"listens": 3})
    await database.models.reject(dataclasses.replace(INFO, version="3"), reason="worse", row_cut={})
    assert await database.models.latest() == (newer, "b")


async def test_pending_counts_what_came_after_the_cut(database: Database) -> None:
    nothing = await database.models.pending()
    assert (nothing.verdicts, nothing.listens, nothing.erasures, nothing.since) == (0, 0, 0, None)
    queen, slowdive = await find(database, "queen", "slowdive")
    shown = await show(database, "hey jude", "queen")
    await database.gestures.record(press(shown, 0, Verdict.UP, minute=1))
    await database.listens.set_picks(ANA, [queen.artist.id], at=at(2))
    await bring_in(database, ANA, [row("Queen", "a"), row("Queen", "b", source="spotify_api")])
    found = await database.models.pending()
    assert (found.verdicts, found.listens, found.since) == (2, 1, NOW)

    rows = read_training(database.path, now_ms=NOW_MS)
    await database.models.publish(INFO, folder="a", row_cut=rows.row_cut)
    assert await database.models.pending() == nothing

    await database.gestures.record(press(shown, 0, Verdict.DOWN, minute=3))
    await database.listens.set_picks(ANA, [slowdive.artist.id], at=at(4))
    found = await database.models.pending()
    assert (found.verdicts, found.listens, found.since) == (2, 0, at(3))


async def test_what_a_rejected_model_saw_does_not_ask_for_another(database: Database) -> None:
    nothing = await database.models.pending()
    shown = await show(database, "hey jude", "queen")
    await database.models.publish(INFO, folder="a", row_cut={"gestures": 0})
    await database.gestures.record(press(shown, 0, Verdict.UP, minute=1))
    assert (await database.models.pending()).verdicts == 1
    cut = read_training(database.path, now_ms=NOW_MS).row_cut
    worse = dataclasses.replace(INFO, version="2")
    await database.models.reject(worse, reason="worse", row_cut=cut)
    assert await database.models.pending() == nothing
    await database.gestures.record(press(shown, 1, Verdict.DOWN, minute=2))
    assert (await database.models.pending()).verdicts == 1
    latest = await database.models.latest()
    assert latest is not None
    assert latest[0] == INFO, "the old one goes on serving"


async def test_outcomes_are_the_newest_picks_and_whether_their_owner_liked_them(
    database: Database,
) -> None:
    assert await database.models.outcomes(limit=9) == []
    shown = await show(database, "hey jude", "queen", "sigur")
    await database.gestures.record(press(shown, 1, Verdict.UP))
    await database.gestures.record(press(shown, 2, Verdict.DOWN))
    found = await database.models.outcomes(limit=9)
    assert [liked for _, liked in found] == [False, True, False]
    assert [odds for odds, _ in found] == [
        item.scored.score + item.scored.calibration for item in shown.items[::-1]
    ]
    assert all(item.scored.calibration for item in shown.items)
    assert len(await database.models.outcomes(limit=2)) == 2


async def test_only_votes_of_whom_a_pick_was_made_for_judge_its_score(database: Database) -> None:
    members = [ANA, *(MemberId(10**18 + 20 + n) for n in range(LEAST_VOTERS - 1))]
    wanted: list[tuple[float, bool]] = []
    for n, member in enumerate(members):
        scores, liked = read_judged(database.path)
        assert (scores.shape, liked.shape) == ((0,), (0,)), "of fewer, one vote could be told"
        shown = await show(database, "hey jude", "queen", "sigur", member=member)
        verdict = Verdict.DOWN if n == 2 else Verdict.UP
        await database.gestures.record(press(shown, 1, verdict, member=member))
        await database.gestures.record(press(shown, 0, Verdict.UP, member=BEN))
        wanted.insert(0, (shown.items[1].scored.score, n != 2))
    scores, liked = read_judged(database.path)
    assert list(zip(scores.tolist(), liked.tolist(), strict=True)) == wanted
    done = refit(database.path.parent, serving=None, force_publish=False)
    details = done["info"]["details"]
    assert details["votes_on_shown"] == LEAST_VOTERS
    assert load(Path(done["folder"])).link.votes == details["shift_by_votes"] != 0
    with closing(sqlite3.connect(database.path)) as raw, raw:
        raw.execute("UPDATE sources SET trainable = 0 WHERE name = 'reaction'")
    assert len(read_judged(database.path)[0]) == 0, "what may not train tells nothing here either"


async def test_what_votes_shift_is_no_drift(database: Database) -> None:
    """Outcomes are read as if no votes had shifted the chance of the model that gave it."""
    shown = await show(database, "hey jude")
    before = await database.models.outcomes(limit=9)
    version = dataclasses.replace(INFO, details={"shift_by_votes": 0.75})
    await database.models.publish(version, folder="a", row_cut={})
    ((odds, _),) = await database.models.outcomes(limit=9)
    assert odds == pytest.approx(before[0][0] - 0.75)
    assert shown.items[0].scored.score + shown.items[0].scored.calibration == before[0][0]


async def train(database: Database) -> TrainingRows:
    return read_training(database.path, now_ms=NOW_MS)


def as_set(rows: TrainingRows) -> set[tuple[int, int, int, float]]:
    columns = (rows.level, rows.id, rows.kind, rows.value)
    return set(zip(*(column.tolist() for column in columns), strict=True))


async def live(database: Database) -> None:
    rows = [row("Queen", "Bohemian Rhapsody", minute=5 * n) for n in range(4)]
    rows += [row("Queen", "Bohemian Rhapsody", minute=900, skipped=1)]
    rows += [row("Bare Band", None, minute=None, source="csv", plays=12)]
    rows += [
        row("Slowdive", "Alison", minute=0.1 * n, source=s)
        for n, s in enumerate(("spotify_extended", "listenbrainz"))
    ]
    await bring_in(database, ANA, rows)
    shown = await show(database, "hey jude", "sigur")
    await database.gestures.record(press(shown, 0, Verdict.UP))
    await database.gestures.record(press(shown, 1, Verdict.DOWN))
    (queen,) = await find(database, "queen")
    await database.listens.set_picks(ANA, [queen.artist.id], at=NOW)


async def test_the_trainer_reads_what_a_request_reads(database: Database) -> None:
    await live(database)
    kinds = {one: Kind[one.name] for one in EvidenceKind}
    levels = {Level.TRACK: TrainingLevel.ITEM, Level.ARTIST: TrainingLevel.ARTIST}
    wanted = {
        (int(levels[e.level]), e.id, int(kinds[e.kind]), e.value)
        for e in await database.listens.evidence(ANA)
    }
    rows = await train(database)
    assert as_set(rows) == wanted
    assert len(rows.id) == len(wanted)
    assert rows.n_users == 1
    assert rows.n_plays == 4 + 1 + 12 + 1
    assert [table_of(kind) for kind in Kind if kind <= Kind.SKIP] == [
        "listens",
        "picks",
        "gestures",
        "gestures",
        "listens",
    ]


async def test_ages_are_those_of_the_newest_and_zero_without_a_date(database: Database) -> None:
    await live(database)
    rows = await train(database)
    plays = rows.age_days[(rows.kind == Kind.PLAY) & (rows.value == 4)]
    assert plays == pytest.approx(7 - 15 / 1440, abs=1e-4)
    assert rows.age_days[rows.value == 12] == 0
    assert (rows.age_days >= 0).all()


async def test_members_are_codes_and_arrays_have_their_types(database: Database) -> None:
    await live(database)
    await bring_in(database, BEN, [row("Queen", "x")], folder="b")
    rows = await train(database)
    assert set(rows.users.tolist()) == {0, 1}
    types = {name: getattr(rows, name).dtype for name in ("users", "level", "id", "kind", "value")}
    assert types == {
        "users": np.int64,
        "level": np.uint8,
        "id": np.int64,
        "kind": np.uint8,
        "value": np.float32,
    }
    assert rows.recorded[rows.kind == Kind.LIKE].max() <= rows.row_cut["gestures"]


async def test_a_script_does_not_teach_the_shared_model(database: Database) -> None:
    await live(database)
    await bring_in(
        database,
        BEN,
        [row("Daft Punk", ("One More Time", "Alive")[n % 2], minute=0.4 * n) for n in range(1_500)],
        folder="script",
        limit=2_000,
    )
    rows = await train(database)
    (ana,), (ben,) = (np.unique(rows.users[rows.value == n]) for n in (4, 750))
    assert rows.plays_per_day[ana] == 5, "four of Queen, one of Slowdive; undated ones don't count"
    assert rows.plays_per_day[ben] == 1_500
    done = refit(database.path.parent, serving=None, force_publish=False)
    steps = {one["name"]: one["dropped"] for one in done["info"]["details"]["preprocessing"]}
    assert steps["listeners that are no people"] == 2
    assert done["info"]["details"]["n_interactions"] == len(rows.id) - 2


@pytest.mark.parametrize(("n_members", "n_held"), [(1, 0), (4, 0), (5, 24)])
async def test_likes_are_held_back_to_compare_on_where_enough_members_gave_them(
    database: Database, n_members: int, n_held: int
) -> None:
    members = [MemberId(ANA + n) for n in range(n_members)]
    titles = [f"Song {n}" for n in range(120)]
    for member in members:
        await bring_in(database, member, [row("Queen", t) for t in titles], folder=f"u{member}")
    folder = database.path.parent
    before = refit(folder, serving=None, force_publish=False)
    for n, title in enumerate(titles):
        member = members[n % n_members]
        shown = await show(database, f"queen {title}", member=member)
        await database.gestures.record(press(shown, 0, Verdict.UP, member=member, minute=n))
    done = refit(folder, serving=Path(before["folder"]), force_publish=False)
    rows = await train(database)
    assert int((rows.kind == Kind.LIKE).sum()) == 120
    assert done["info"]["interactions"] == len(rows.id) - n_held
    compared = f"on {n_members} listeners" in done["reason"]
    assert compared == bool(n_held)
    assert done["publish"] or compared


async def test_the_catalogue_comes_along(database: Database) -> None:
    await live(database)
    rows = await train(database)
    (queen, rhapsody, sigur) = await find(database, "queen", "bohemian", "sigur")
    artist_at = {id_: n for n, id_ in enumerate(rows.artist_ids.tolist())}
    items = rows.item_keys.tolist()
    assert sorted(items, key=lambda key: (key < 0, abs(key))) == items
    assert rows.item_artists[items.index(rhapsody.key)] == queen.artist.id
    assert rows.item_years[items.index(rhapsody.key)] == 1975
    assert sigur.key in items
    assert np.isnan(rows.item_years[items.index(sigur.key)])
    at_queen = artist_at[queen.artist.id]
    assert (rows.artist_countries[at_queen], rows.artist_tiers[at_queen]) == ("GB", 1)
    tags = rows.tag_ids[rows.tag_artists == queen.artist.id]
    assert {rows.tag_names[tag] for tag in tags} == {"rock", "glam rock"}
    bare = rows.artist_tiers[artist_at[max(rows.artist_ids.tolist())]]
    assert bare == 0


async def test_only_trainable_sources_enter(database: Database) -> None:
    for minute, source in enumerate(s for s in Source if s is not Source.PICK):
        rows = [row("Queen", f"by {source}", minute=99 * minute, source=source.value)]
        await bring_in(database, ANA, rows, folder=source.value)
    shown = await show(database, "hey jude")
    await database.gestures.record(press(shown, 0, Verdict.UP))
    (queen,) = await find(database, "queen")
    await database.listens.set_picks(ANA, [queen.artist.id], at=NOW)
    (account,) = await find(database, "queen by spotify_api")
    assert account.track is not None
    rows = await train(database)
    doors = [s for s in Source if s not in (Source.PICK, Source.SPOTIFY_API)]
    assert len(rows.id) == len(doors) + 2  # and the vote, and the pick
    assert account.track.id not in rows.id.tolist()

    await database.writer.run(lambda raw: raw.execute("UPDATE sources SET trainable = 0"))
    assert len((await train(database)).id) == 0


async def test_an_empty_database_trains_on_nothing(empty: Database) -> None:
    rows = await train(empty)
    assert (rows.n_users, len(rows.id), len(rows.item_keys), rows.n_plays) == (0, 0, 0, 0)
    assert set(rows.row_cut.values()) == {0}
