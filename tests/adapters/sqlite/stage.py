"""What the storage tests set up: a small atlas, staged files, shown lists."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.adapters.sqlite.database import Database
from bot.domain.feedback import Gesture, Verdict, Via
from bot.domain.ids import GuildId, ItemKey, MemberId, MessageId
from bot.domain.listening import ImportJob, ImportState
from bot.domain.music import Subject
from bot.domain.recommending import Draft, Occasion, Recommendation
from recsys.names import name_key
from tests.domain_values import scored

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
ANA, BEN, CLEO = MemberId(10**18 + 1), MemberId(10**18 + 2), MemberId(10**18 + 3)
HOME = GuildId(5 * 10**17)

ARTISTS = """name,country,tier,decades,tags
Queen,GB,1,1970s;1980s,rock;glam rock
The Beatles,GB,1,1960s,rock;pop
Daft Punk,FR,2,1990s;2000s,electronic;french house
Slowdive,GB,4,1990s,shoegaze;dream pop
Sigur Rós,IS,3,2000s,post-rock;ambient
!!!,US,5,2000s,dance-punk
"""
TRACKS = """artist,title,year
Queen,Bohemian Rhapsody,1975
Queen,Under Pressure,1981
The Beatles,Hey Jude,1968
Daft Punk,One More Time,2000
Daft Punk,Around the World,1997
Slowdive,Alison,1993
"""


def write_atlas(folder: Path, *, artists: str = ARTISTS, tracks: str = TRACKS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "artists-all.csv").write_text(artists, encoding="utf-8")
    (folder / "tracks-all.csv").write_text(tracks, encoding="utf-8")
    return folder


def at(minutes: float = 0) -> datetime:
    return NOW + timedelta(minutes=minutes)


def row(
    artist: str,
    title: str | None = None,
    *,
    source: str = "spotify_extended",
    minute: float | None = 0,
    **changes: Any,
) -> dict[str, Any]:
    """One staged listen, `minute` after a fixed instant a week ago; None for no date at all."""
    started = None if minute is None else NOW_MS - 7 * 86_400_000 + int(minute * 60_000)
    return {
        "source": source,
        "source_time": "" if started is None else str(started),
        "started_at_ms": started,
        "precision_ms": None if started is None else 1000,
        "ms_played": 200_000,
        "plays": 1,
        "skipped": 0,
        "artist": artist,
        "artist_key": name_key(artist),
        "title": title,
        "title_key": None if title is None else name_key(title),
        "uri": None,
        "mbid": None,
        "listener": None,
    } | changes


def stage(folder: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write `staged.sqlite3` as the import child does; return the number of rows."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / "staged.sqlite3", isolation_level=None)) as staged:
        staged.execute("BEGIN")
        staged.execute(
            "CREATE TABLE staged(row INTEGER PRIMARY KEY, source TEXT NOT NULL, "
            "source_time TEXT NOT NULL, started_at_ms INTEGER, precision_ms INTEGER, "
            "ms_played INTEGER, plays INTEGER NOT NULL, skipped INTEGER NOT NULL, "
            "artist TEXT NOT NULL, artist_key TEXT NOT NULL, title TEXT, title_key TEXT, "
            "uri TEXT, mbid TEXT, listener TEXT) STRICT"
        )
        n = 0
        for one in rows:
            names = ", ".join(one)
            marks = ", ".join(f":{name}" for name in one)
            staged.execute(f"INSERT INTO staged ({names}) VALUES ({marks})", one)  # noqa: S608
            n += 1
        staged.execute("COMMIT")
    return n


async def begin(
    database: Database, member: MemberId, rows: Iterable[dict[str, Any]], *, folder: str
) -> ImportJob:
    n = stage(database.uploads_dir / folder, rows)
    job = await database.listens.begin_import(
        member, file_names=["export.zip"], folder=folder, at=NOW
    )
    await database.listens.import_staged(job.id, rows_found=n, notes=[])
    return job


async def bring_in(
    database: Database,
    member: MemberId,
    rows: Sequence[dict[str, Any]],
    *,
    folder: str = "upload",
    limit: int = 1000,
) -> ImportJob:
    """Import rows from begin to end; return the finished job."""
    job = await begin(database, member, rows, folder=folder)
    done = 0
    while done < len(rows):
        done = (await database.listens.absorb(job.id, limit=limit)).rows_done
    return await database.listens.finish_import(
        job.id, state=ImportState.DONE, error_key=None, at=NOW
    )


async def find(database: Database, *texts: str) -> list[Subject]:
    """Return the best match for each text."""
    found = [await database.catalogue.search_subjects(text, limit=1) for text in texts]
    return [hits[0] for hits in found]


def draft(subjects: Sequence[Subject], member: MemberId = ANA, **changes: Any) -> Draft:
    values: dict[str, Any] = {
        "guild_id": HOME,
        "channel_id": 77,
        "private": False,
        "occasion": Occasion.RECOMMEND,
        "model_version": "2026-06-01.1",
        "adventure": 4,
        "seed": 2**62,
        "like": None,
        "made_at": NOW,
    }
    items = tuple(scored(about, rank=n) for n, about in enumerate(subjects, start=1))
    return Draft(member_id=member, items=items, **(values | changes))


async def show(
    database: Database,
    *texts: str,
    member: MemberId = ANA,
    message: int | None = None,
    **changes: Any,
) -> Recommendation:
    """Show the best match for each text to a member."""
    subjects = await find(database, *texts)
    shown = await database.recommendations.save(draft(subjects, member, **changes))
    if message is not None:
        await database.recommendations.mark_sent(
            shown.id, message_id=MessageId(message), channel_id=77, open_to_reactions=True
        )
    return shown


def press(
    shown: Recommendation,
    place: int,
    verdict: Verdict,
    *,
    member: MemberId = ANA,
    minute: float = 0,
) -> Gesture:
    """A button pressed on the item at a place (from 0)."""
    return Gesture(
        member, shown.id, shown.items[place].id, Via.BUTTON, "", verdict, made_at=at(minute)
    )


def emoji(
    shown: Recommendation,
    place: int | None,
    verdict: Verdict,
    *,
    member: MemberId = ANA,
    minute: float = 0,
    sign: str = "👍",
) -> Gesture:
    """An emoji on a single item (its place), or on the whole card (None)."""
    item = None if place is None else shown.items[place].id
    return Gesture(member, shown.id, item, Via.EMOJI, sign, verdict, made_at=at(minute))


async def held(database: Database, member: MemberId = ANA) -> dict[ItemKey, Verdict]:
    """Return a member's standing verdicts by item key."""
    return {
        one.subject.key: one.verdict for one in await database.gestures.verdicts(member, limit=100)
    }
