"""Which stored track a new name or id means: ids first, then the song that releases share."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.identity import song_key

TRACK_KINDS: Final = ("isrc", "mbid", "spotify", "deezer")


def find_track(
    raw: sqlite3.Connection,
    artist_id: int,
    title_key: str,
    title: str,
    ids: Iterable[tuple[str, str | None]] = (),
) -> int | None:
    """Return the stored track, None when it is new.

    An id counts within its artist only: players hand in wrong ones.
    """
    row = raw.execute(
        "SELECT id FROM tracks WHERE artist_id = ?1 AND title_key = ?2 UNION ALL "
        "SELECT track_id FROM track_titles WHERE artist_id = ?1 AND title_key = ?2 LIMIT 1",
        (artist_id, title_key),
    ).fetchone()
    for kind, value in ids:
        if row is None and value is not None:
            row = raw.execute(
                "SELECT t.id FROM track_ids JOIN tracks AS t ON t.id = track_id "
                "WHERE kind = ? AND value = ? AND t.artist_id = ?",
                (kind, value, artist_id),
            ).fetchone()
    if row is None:
        row = raw.execute(
            "SELECT id FROM tracks WHERE artist_id = ? AND coalesce(song_key, title_key) = ? "
            "ORDER BY id LIMIT 1",
            (artist_id, song_key(title)),
        ).fetchone()
    return None if row is None else int(row[0])


def store_track(
    raw: sqlite3.Connection,
    artist_id: int,
    title_key: str,
    title: str,
    ids: Sequence[tuple[str, str | None]] = (),
) -> tuple[int, bool]:
    """Return a track's id and whether it is new; another spelling is remembered as a title of it."""
    track_id = find_track(raw, artist_id, title_key, title, ids)
    new = track_id is None
    known = dict(ids)
    if track_id is None:
        song = song_key(title)
        (track_id,) = raw.execute(
            "INSERT INTO tracks (artist_id, title, title_key, song_key, spotify_id, mbid) "
            "VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
            (
                artist_id,
                title,
                title_key,
                song if song != title_key else None,
                known.get("spotify"),
                known.get("mbid"),
            ),
        ).fetchone()
    else:
        raw.execute(
            "INSERT INTO track_titles (artist_id, title_key, track_id) SELECT ?1, ?2, ?3 "
            "WHERE NOT EXISTS (SELECT 1 FROM tracks WHERE artist_id = ?1 AND title_key = ?2) "
            "ON CONFLICT DO NOTHING",
            (artist_id, title_key, track_id),
        )
    add_track_ids(raw, track_id, ids)
    return int(track_id), new


def add_track_ids(
    raw: sqlite3.Connection, track_id: int, ids: Iterable[tuple[str, str | None]]
) -> None:
    """Store ids of a track; an id that belongs to another one stays there."""
    for kind, value in ids:
        if value is None:
            continue
        raw.execute(
            "INSERT INTO track_ids (kind, value, track_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (kind, value, track_id),
        )
        if kind in {"spotify", "mbid"}:
            column = {"spotify": "spotify_id", "mbid": "mbid"}[kind]
            raw.execute(
                f"UPDATE tracks SET {column} = ? WHERE id = ? AND {column} IS NULL",  # noqa: S608
                (value, track_id),
            )
