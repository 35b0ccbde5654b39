"""Rows of the catalogue turned into domain values; shared by the stores."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence

from bot.domain.ids import ArtistId, ItemKey, MemberId, TrackId
from bot.domain.music import Artist, Artwork, ArtworkSource, Subject, Track


def id_list(ids: Iterable[int]) -> str:
    """Return ids as the one parameter of `IN (SELECT value FROM json_each(?))`."""
    return json.dumps(list(ids))


def load_artists(raw: sqlite3.Connection, ids: Collection[int]) -> dict[ArtistId, Artist]:
    """Return artists by id, in the order asked for; unknown ids are left out."""
    if not ids:
        return {}
    wanted = id_list(ids)
    tags: dict[int, list[str]] = {}
    for artist_id, tag in raw.execute(
        "SELECT artist_id, name FROM artist_tags JOIN tags ON tags.id = tag_id "
        "WHERE artist_id IN (SELECT value FROM json_each(?)) "
        "ORDER BY artist_id, source <> 'atlas', place",
        (wanted,),
    ):
        tags.setdefault(artist_id, []).append(tag)
    found = {
        ArtistId(row[0]): Artist(
            id=ArtistId(row[0]),
            name=row[1],
            country=row[2],
            tags=tuple(tags.get(row[0], ())),
            tier=row[3],
        )
        for row in raw.execute(
            "SELECT id, name, country, tier FROM artists "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (wanted,),
        )
    }
    return {ArtistId(id_): found[ArtistId(id_)] for id_ in ids if id_ in found}


def load_subjects(raw: sqlite3.Connection, keys: Sequence[int]) -> dict[ItemKey, Subject]:
    """Return what item keys stand for, in the order asked for; unknown keys are left out."""
    if not keys:
        return {}
    tracks = raw.execute(
        "SELECT id, artist_id, title, year, spotify_id, (SELECT min(value) FROM track_ids "
        "  WHERE track_id = tracks.id AND kind = 'deezer'), (SELECT source || ' ' || url "
        "  FROM track_artwork WHERE track_id = tracks.id ORDER BY source LIMIT 1) FROM tracks "
        "WHERE id IN (SELECT value FROM json_each(?))",
        (id_list(key for key in keys if key > 0),),
    ).fetchall()
    artist_ids = dict.fromkeys([row[1] for row in tracks] + [-key for key in keys if key < 0])
    artists = load_artists(raw, artist_ids)
    found = {ItemKey(-artist.id): Subject(artist) for artist in artists.values()}
    for id_, artist_id, title, year, spotify_id, deezer_id, cover in tracks:
        artist = artists[artist_id]
        track = Track(TrackId(id_), title, artist, year, spotify_id, deezer_id, _artwork(cover))
        found[ItemKey(id_)] = Subject(artist, track)
    return {ItemKey(key): found[ItemKey(key)] for key in keys if key in found}


def _artwork(row: str | None) -> Artwork | None:
    if row is None:
        return None
    source, _, url = row.partition(" ")
    return Artwork(ArtworkSource(source), url)


def ensure_member(raw: sqlite3.Connection, member_id: MemberId) -> None:
    """Make sure that rows can refer to a member."""
    raw.execute("INSERT INTO members (id) VALUES (?) ON CONFLICT DO NOTHING", (member_id,))


def subject_columns(subject: Subject) -> tuple[int | None, int | None]:
    """Return `track_id` and `artist_id` as the tables keep them: exactly one is set."""
    return (subject.track.id, None) if subject.track else (None, subject.artist.id)
