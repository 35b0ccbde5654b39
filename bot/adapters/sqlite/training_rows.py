"""What the trainer reads: the trainable rows and the catalogue as arrays, from a child process."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.adapters.sqlite.connection import connect_reader

CHUNK: Final = 10_000
DAY_MS: Final = 86_400_000.0
PLAYS, PICKS, GESTURES = "listens", "picks", "gestures"
_TABLE_OF_KIND: Final = (PLAYS, PICKS, GESTURES, GESTURES, PLAYS)
"""By kind: play, pick, like, dislike, skip."""


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """One row per play, skip, pick and standing verdict that may train; ids are those of the tables.

    Attributes
    ----------
    users : int64
        Codes 0..n_users-1 in no particular order; no member id leaves the database.
    level : uint8
        0 an item, 1 an artist.
    id, kind, value, age_days
        As in `recsys.Evidence`; item ids are track ids.
    recorded : int64
        The row's number in its own table (`row_cut` holds the largest per table).
    item_keys, item_artists, item_years
        Tracks, then minus the id of every artist without a known track.
    artist_ids, artist_countries, artist_tiers
        Tier 0 where nobody said; countries are text, empty where unknown.
    tag_artists, tag_ids, tag_weights, tag_names
        Which artist has which tag (by place in `tag_names`), and how much.
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
    artist_ids: NDArray[np.int64]
    artist_countries: tuple[str, ...]
    artist_tiers: NDArray[np.int64]
    tag_artists: NDArray[np.int64]
    tag_ids: NDArray[np.int64]
    tag_weights: NDArray[np.float32]
    tag_names: tuple[str, ...]
    row_cut: Mapping[str, int]


def read_training(path: Path, *, now_ms: int) -> TrainingRows:
    """Read everything the trainer needs in one consistent view of the database."""
    with closing(connect_reader(path)) as raw:
        raw.execute("BEGIN")
        rows = _columns(
            raw, "SELECT member_id, level, id, kind, value, at, recorded FROM trainable", 7
        )
        tracks = _columns(raw, "SELECT id, artist_id, year FROM tracks ORDER BY id", 3)
        bare = _columns(
            raw,
            "SELECT id FROM artists WHERE id NOT IN (SELECT artist_id FROM tracks) ORDER BY id",
            1,
        )
        artists = raw.execute("SELECT id, country, tier FROM artists ORDER BY id").fetchall()
        tags = raw.execute("SELECT id, name FROM tags ORDER BY id").fetchall()
        held = _columns(raw, "SELECT artist_id, tag_id, weight FROM artist_tags", 3)
        cut = _row_cut(raw)
        raw.execute("COMMIT")
    members, users = np.unique(rows[0].astype(np.int64), return_inverse=True)
    age = (now_ms - rows[5]) / DAY_MS
    lone = bare[0].astype(np.int64)
    tag_ids = np.array([tag[0] for tag in tags], np.int64)
    return TrainingRows(
        n_users=len(members),
        users=users.astype(np.int64),
        level=rows[1].astype(np.uint8),
        id=rows[2].astype(np.int64),
        kind=rows[3].astype(np.uint8),
        value=rows[4].astype(np.float32),
        age_days=np.maximum(np.nan_to_num(age, nan=0.0), 0.0).astype(np.float32),
        recorded=rows[6].astype(np.int64),
        item_keys=np.concatenate([tracks[0].astype(np.int64), -lone]),
        item_artists=np.concatenate([tracks[1].astype(np.int64), lone]),
        item_years=np.concatenate([tracks[2], np.full(len(lone), np.nan)]).astype(np.float32),
        artist_ids=np.array([a[0] for a in artists], np.int64),
        artist_countries=tuple(a[1] or "" for a in artists),
        artist_tiers=np.array([a[2] or 0 for a in artists], np.int64),
        tag_artists=held[0].astype(np.int64),
        tag_ids=np.searchsorted(tag_ids, held[1].astype(np.int64)),
        tag_weights=held[2].astype(np.float32),
        tag_names=tuple(tag[1] for tag in tags),
        row_cut=cut,
    )


def table_of(kind: int) -> str:
    """Return the table whose numbering `recorded` follows for rows of this kind."""
    return _TABLE_OF_KIND[kind]


def _columns(raw: sqlite3.Connection, sql: str, width: int) -> list[NDArray[np.float64]]:
    """Return columns as float64 (member ids are exact up to 2**53 only, so they are recoded)."""
    codes: dict[int, int] = {}
    parts: list[NDArray[np.float64]] = []
    cursor = raw.execute(sql)
    while chunk := cursor.fetchmany(CHUNK):
        if "member_id" in sql:
            chunk = [(codes.setdefault(row[0], len(codes)), *row[1:]) for row in chunk]
        parts.append(np.array(chunk, np.float64).reshape(len(chunk), width))
    whole: Any = np.concatenate(parts) if parts else np.zeros((0, width))
    return [whole[:, column] for column in range(width)]


def _row_cut(raw: sqlite3.Connection) -> dict[str, int]:
    newest = {
        PLAYS: "SELECT max(id) FROM listens",
        PICKS: "SELECT max(id) FROM picks",
        GESTURES: "SELECT max(seq) FROM gestures",
        "erasures": "SELECT max(id) FROM pending_erasures",
    }
    return {name: int(raw.execute(sql).fetchone()[0] or 0) for name, sql in newest.items()}
