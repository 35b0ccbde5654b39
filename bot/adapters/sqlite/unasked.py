"""Forgetting what sources said of artists whom nobody's taste names any more.

Otherwise the artists that were asked about would still tell of somebody who was forgotten.
"""

import sqlite3
from typing import Final

_NAMED: Final = (
    "EXISTS (SELECT 1 FROM picks WHERE artist_id = {id}) "
    "OR EXISTS (SELECT 1 FROM listens WHERE artist_id = {id}) "
    "OR EXISTS (SELECT 1 FROM tracks AS t JOIN listens AS l ON l.track_id = t.id "
    "  WHERE t.artist_id = {id}) "
    "OR EXISTS (SELECT 1 FROM recommendation_items AS i JOIN gestures AS g "
    "  ON g.recommendation_id = i.recommendation_id AND coalesce(g.item_id, i.id) = i.id "
    "  AND g.standing = 1 WHERE i.artist_id = {id}) "
    "OR EXISTS (SELECT 1 FROM tracks AS t JOIN recommendation_items AS i ON i.track_id = t.id "
    "  JOIN gestures AS g ON g.recommendation_id = i.recommendation_id "
    "  AND coalesce(g.item_id, i.id) = i.id AND g.standing = 1 WHERE t.artist_id = {id})"
)


def is_named(raw: sqlite3.Connection, artist_id: int) -> bool:
    """Return whether somebody's taste names an artist: only then may it be kept who is similar."""
    named = _NAMED.format(id="a.id")
    row = raw.execute(
        f"SELECT 1 FROM artists AS a WHERE a.id = ? AND ({named})",  # noqa: S608
        (artist_id,),
    ).fetchone()
    return row is not None


def delete_unasked(raw: sqlite3.Connection) -> tuple[list[int], list[int]]:
    """Delete it; return the tracks and artists that the catalogue knew through it alone."""
    named = _NAMED.format(id="s.artist_id")
    unasked = raw.execute(
        f"SELECT DISTINCT artist_id FROM similar_lookups AS s WHERE NOT ({named})"  # noqa: S608
    ).fetchall()
    for table in ("similar_lookups", "similar_artists"):
        raw.executemany(f"DELETE FROM {table} WHERE artist_id = ?", unasked)  # noqa: S608
    lost = (
        "EXISTS (SELECT 1 FROM found_artists AS f WHERE f.artist_id = {id}) "
        "AND NOT EXISTS (SELECT 1 FROM similar_artists AS s WHERE s.similar_id = {id})"
    )
    tracks = raw.execute(
        "SELECT track_id FROM found_tracks JOIN tracks AS t ON t.id = track_id WHERE "  # noqa: S608
        + lost.format(id="t.artist_id")
    ).fetchall()
    artists = raw.execute(
        "SELECT id FROM artists AS a WHERE "  # noqa: S608
        + lost.format(id="a.id")
    ).fetchall()
    return [id_ for (id_,) in tracks], [id_ for (id_,) in artists]
