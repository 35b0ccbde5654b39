"""What the trainer reads: the trainable rows and the catalogue as arrays, from a child process."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.adapters.sqlite.artist_names import artist_names
from bot.adapters.sqlite.connection import connect_reader
from bot.adapters.sqlite.facts import ENRICHED, enriched_so_far
from bot.domain.enrichment import SOUND_SHARES

CHUNK: Final = 10_000
DAY_MS: Final = 86_400_000.0
PLAYS, PICKS, GESTURES = "listens", "picks", "gestures"
_TABLE_OF_KIND: Final = (PLAYS, PICKS, GESTURES, GESTURES, PLAYS)
"""By kind: play, pick, like, dislike, skip."""
_SOUND: Final = f"SELECT track_id, {', '.join(SOUND_SHARES)}, loudness, tempo FROM track_sound"  # noqa: S608
_Columns = list[NDArray[np.float64]]
"""Whole numbers below 2**53 are exact in float64; NaN stands for NULL."""


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """One row per user, thing and kind that may train, summed as `ListenStore.evidence` sums.

    So a member weighs the same in training and when they ask for a list.

    Attributes
    ----------
    users : int64
        Codes 0..n_users-1 in no particular order; no member id leaves the database.
    level : uint8
        0 an item, 1 an artist.
    id, kind, value, age_days
        As in `recsys.Evidence`; item ids are track ids. `value` is the number of plays or skips,
        `age_days` that of the newest of them, 0 where none has a date.
    recorded : int64
        The number of the newest of them in its own table (`row_cut` holds the largest per table).
    item_keys, item_artists, item_years
        Tracks, then minus the id of every artist without a known track; NaN for an unknown year.
    item_sound
        Measured sound, one row per item: shares of 1, then loudness in dB and beats per minute; NaN
        where unknown. Key and mode stay out: they say little of taste, and every column weighs alike.
    artist_ids, artist_countries, artist_tiers
        Tier 0 where nobody said; countries are text, empty where unknown.
    artist_names, artist_mbids
        What a background prior knows them by; ids are empty where unknown.
    tag_artists, tag_ids, tag_weights, tag_names
        Which artist has which tag (by place in `tag_names`), and how much.
    similar_of, similar_to, similar_places, similar_sources, source_names
        Who said which artist is similar to which, and at what place (from 1); sources are places in
        ``source_names``.
    found_artists
        Artists that the catalogue knows because a source named them, sorted.
    n_plays : int
        Plays and skips behind the rows.
    plays_per_day : float64
        Of each user by code, on the days (UTC) with single dated plays; 0 where there are none.
    """

    n_users: int
    users: NDArray[np.int64]
    level: NDArray[np.uint8]
    id: NDArray[np.int64]
    kind: NDArray[np.uint8]
    value: NDArray[np.float32]
    age_days: NDArray[np.float32]
    recorded: NDArray[np.int64]
    item_keys: NDArray[np.int64]
    item_artists: NDArray[np.int64]
    item_years: NDArray[np.float32]
    item_sound: NDArray[np.float32]
    artist_ids: NDArray[np.int64]
    artist_countries: tuple[str, ...]
    artist_tiers: NDArray[np.int64]
    artist_names: tuple[str, ...]
    artist_mbids: tuple[str, ...]
    tag_artists: NDArray[np.int64]
    tag_ids: NDArray[np.int64]
    tag_weights: NDArray[np.float32]
    tag_names: tuple[str, ...]
    similar_of: NDArray[np.int64]
    similar_to: NDArray[np.int64]
    similar_places: NDArray[np.int64]
    similar_sources: NDArray[np.int64]
    source_names: tuple[str, ...]
    found_artists: NDArray[np.int64]
    row_cut: Mapping[str, int]
    n_plays: int
    plays_per_day: NDArray[np.float64]


def read_training(path: Path, *, now_ms: int) -> TrainingRows:
    """Read everything the trainer needs in one consistent view of the database."""
    with closing(connect_reader(path)) as raw:
        raw.execute("BEGIN")
        plays_per_day, rows = _trainable(raw)
        tracks = _columns(raw, "SELECT id, artist_id, year FROM tracks ORDER BY id", 3)
        (lone,) = _columns(
            raw,
            "SELECT id FROM artists WHERE id NOT IN (SELECT artist_id FROM tracks) ORDER BY id",
            1,
        )
        artists = raw.execute("SELECT id, country, tier FROM artists ORDER BY id").fetchall()
        names, mbids = artist_names(raw)
        tags = raw.execute("SELECT id, name FROM tags ORDER BY id").fetchall()
        held = _columns(
            raw, "SELECT artist_id, tag_id, weight FROM artist_tags ORDER BY artist_id, place", 3
        )
        sound = _columns(raw, _SOUND, len(SOUND_SHARES) + 3)
        sources = [
            s for (s,) in raw.execute("SELECT DISTINCT source FROM similar_artists ORDER BY 1")
        ]
        similar = _similar(raw, sources)
        (found,) = _columns(raw, "SELECT artist_id FROM found_artists ORDER BY 1", 1)
        cut = _row_cut(raw)
        raw.rollback()
    users, level, id_, kind, value, at, recorded = rows
    counted = np.isin(kind, [k for k, table in enumerate(_TABLE_OF_KIND) if table == PLAYS])
    age_days = np.maximum(np.nan_to_num((now_ms - at) / DAY_MS), 0.0)
    return TrainingRows(
        n_users=len(plays_per_day),
        users=users.astype(np.int64),
        level=level.astype(np.uint8),
        id=id_.astype(np.int64),
        kind=kind.astype(np.uint8),
        value=value.astype(np.float32),
        age_days=age_days.astype(np.float32),
        recorded=recorded.astype(np.int64),
        item_keys=np.concatenate([tracks[0], -lone]).astype(np.int64),
        item_artists=np.concatenate([tracks[1], lone]).astype(np.int64),
        item_years=np.concatenate([tracks[2], np.full(len(lone), np.nan)]).astype(np.float32),
        item_sound=_sound_of(tracks[0], len(lone), sound),
        artist_ids=np.array([a[0] for a in artists], np.int64),
        artist_countries=tuple(a[1] or "" for a in artists),
        artist_tiers=np.array([a[2] or 0 for a in artists], np.int64),
        artist_names=names,
        artist_mbids=mbids,
        tag_artists=held[0].astype(np.int64),
        tag_ids=np.searchsorted(np.array([tag[0] for tag in tags], np.int64), held[1]),
        tag_weights=held[2].astype(np.float32),
        tag_names=tuple(tag[1] for tag in tags),
        similar_of=similar[0].astype(np.int64),
        similar_to=similar[1].astype(np.int64),
        similar_places=similar[2].astype(np.int64),
        similar_sources=similar[3].astype(np.int64),
        source_names=tuple(sources),
        found_artists=found.astype(np.int64),
        row_cut=cut,
        n_plays=int(value[counted].sum()),
        plays_per_day=plays_per_day,
    )


def table_of(kind: int) -> str:
    """Return the table whose numbering `recorded` follows for rows of this kind."""
    return _TABLE_OF_KIND[kind]


def _trainable(raw: sqlite3.Connection) -> tuple[NDArray[np.float64], _Columns]:
    """Return each user's pace and the summed rows, members already replaced by codes."""
    codes: dict[int, int] = {}
    parts = [np.zeros((0, 7))]
    cursor = raw.execute(
        "SELECT member_id, level, id, kind, sum(value), max(at), max(recorded) "
        "FROM trainable GROUP BY member_id, level, id, kind"
    )
    while chunk := cursor.fetchmany(CHUNK):
        coded = [(codes.setdefault(row[0], len(codes)), *row[1:]) for row in chunk]
        parts.append(np.array(coded, np.float64))
    pace = np.zeros(len(codes))
    for member, plays, days in raw.execute(
        "SELECT member_id, count(*), count(DISTINCT at / 86400000) FROM trainable "
        "WHERE kind = 0 AND value = 1 AND at IS NOT NULL GROUP BY member_id"
    ):
        pace[codes[member]] = plays / days
    return pace, list(np.concatenate(parts).T)


def _similar(raw: sqlite3.Connection, sources: Sequence[str]) -> _Columns:
    parts = [np.zeros((0, 4))]
    for code, source in enumerate(sources):
        cursor = raw.execute(
            "SELECT artist_id, similar_id, place FROM similar_artists WHERE source = ? ORDER BY 1, 2",
            (source,),
        )
        while chunk := cursor.fetchmany(CHUNK):
            parts.append(np.array([(*row, code) for row in chunk], np.float64))
    return list(np.concatenate(parts).T)


def _columns(raw: sqlite3.Connection, sql: str, width: int) -> _Columns:
    parts = [np.zeros((0, width))]
    cursor = raw.execute(sql)
    while chunk := cursor.fetchmany(CHUNK):
        parts.append(np.array(chunk, np.float64))
    return list(np.concatenate(parts).T)


def _sound_of(tracks: NDArray[np.float64], n_lone: int, found: _Columns) -> NDArray[np.float32]:
    """Return a row per item: tracks in their order, then artists without one."""
    sound = np.full((len(tracks) + n_lone, len(found) - 1), np.nan, np.float32)
    sound[np.searchsorted(tracks, found[0])] = np.column_stack(found[1:])
    return sound


def _row_cut(raw: sqlite3.Connection) -> dict[str, int]:
    newest = {
        PLAYS: "SELECT max(id) FROM listens",
        PICKS: "SELECT max(id) FROM picks",
        GESTURES: "SELECT max(seq) FROM gestures",
        "erasures": "SELECT max(id) FROM pending_erasures",
        "answers": "SELECT max(changed_at) FROM similar_lookups",
    }
    cut = {name: int(raw.execute(sql).fetchone()[0] or 0) for name, sql in newest.items()}
    return {**cut, ENRICHED: enriched_so_far(raw)}
