"""What forgetting a member does to the rows, step by step; `erasure` and `backup` say when.

Each step may be repeated: one that was cut short is simply done again.
"""

# ruff: noqa: S608  (statements are put together from constants of this module only)

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.adapters.sqlite.adrift import cut_loose
from bot.adapters.sqlite.meta import set_meta
from bot.adapters.sqlite.rows import id_list
from bot.adapters.sqlite.shared_playlists import forget_unshared, set_aside_shared
from bot.adapters.sqlite.unasked import delete_unasked
from bot.domain.ids import MemberId

MEMBER_COLUMNS: Final = (
    ("gestures", "member_id"),
    ("blocks", "member_id"),
    ("picks", "member_id"),
    ("play_sums", "member_id"),
    ("source_sums", "member_id"),
    ("listens", "member_id"),
    ("imports", "member_id"),
    ("gaps", "member_id"),
    ("door_syncs", "member_id"),
    ("activity_now", "member_id"),
    ("upload_tickets", "member_id"),
    ("links", "member_id"),
    ("spotify_logins", "member_id"),
    ("spotify_syncs", "member_id"),
    ("spotify_playlists", "member_id"),
    ("shared_playlist_asks", "member_id"),
    ("shared_playlist_tastes", "member_id"),
    ("playlists_to_empty", "member_id"),
    ("link_requests", "member_id"),
    ("blend_members", "member_id"),
    ("blends", "owner_id"),
    ("consents", "member_id"),
    ("member_settings", "member_id"),
    ("recommendations", "member_id"),
    ("members", "id"),
)
"""Every column that names a member; a test compares it with the schema."""
_SPECIAL: Final = ("recommendations", "blends", "members")
SLICE_ROWS: Final = 2000
REBUILD_KEY: Final = "erasure.rebuild"
"""Set in `meta` while copies of erased text may lie in unused parts of pages."""
_WITH_TEXT: Final = (
    "imports",
    "links",
    "activity_now",
    "upload_tickets",
    "spotify_logins",
    "spotify_playlists",
    "link_requests",
)
"""Tables, besides `listens`, whose rows hold text that came from a member."""

_NAMED_ELSEWHERE: Final = (
    "EXISTS (SELECT 1 FROM similar_artists AS s WHERE s.similar_id = {artist})"
)
"""A service names this artist as similar to one that somebody here still loves: public then."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What only this member may have brought in."""

    folders: tuple[str, ...]
    tracks: tuple[int, ...]
    artists: tuple[int, ...]


def slices(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut ids into pieces that one transaction handles quickly."""
    for start in range(0, len(ids), SLICE_ROWS):
        yield ids[start : start + SLICE_ROWS]


def forget(raw: sqlite3.Connection, member_id: MemberId, at_ms: int) -> None:
    """Take every step at once, for a database that nobody else uses."""
    found = find_traces(raw, member_id, anybodys=True)
    while delete_listens(raw, member_id):
        pass
    delete_rows(raw, member_id)
    forget_unasked(raw)
    delete_tracks(raw, found.tracks)
    delete_artists(raw, found.artists)
    delete_member(raw, member_id, at_ms)


def agreements(raw: sqlite3.Connection) -> dict[int, int | None]:
    """Return when each member on record agreed last; None for those who never did."""
    return dict(
        raw.execute(
            "SELECT who.id, max(c.given_at) FROM ("
            " SELECT id FROM members UNION SELECT owner_id FROM blends"
            " UNION SELECT member_id FROM blend_members"
            ") AS who LEFT JOIN consents AS c ON c.member_id = who.id GROUP BY who.id"
        ).fetchall()
    )


def find_traces(raw: sqlite3.Connection, member_id: MemberId, *, anybodys: bool = False) -> Traces:
    """Return what a member may have brought in; with `anybodys` all that imports ever did.

    The latter is for an erasure that was cut short: its first half left nothing to go by.
    """

    def ids(sql: str) -> tuple[Any, ...]:
        return tuple(value for (value,) in raw.execute(sql, (member_id,)))

    tracks = (
        "SELECT track_id FROM listens WHERE member_id = ?1 "
        "UNION SELECT subject_id FROM play_sums WHERE member_id = ?1 AND of_artist = 0 "
        "UNION SELECT track_id FROM blocks WHERE member_id = ?1 "
        "UNION SELECT i.track_id FROM recommendations AS r "
        "  JOIN recommendation_items AS i ON i.recommendation_id = r.id WHERE r.member_id = ?1"
    )
    artists = (
        "SELECT artist_id FROM listens WHERE member_id = ?1 "
        "UNION SELECT subject_id FROM play_sums WHERE member_id = ?1 AND of_artist = 1 "
        "UNION SELECT artist_id FROM blocks WHERE member_id = ?1 "
        "UNION SELECT artist_id FROM picks WHERE member_id = ?1 "
        "UNION SELECT i.artist_id FROM recommendations AS r "
        "  JOIN recommendation_items AS i ON i.recommendation_id = r.id WHERE r.member_id = ?1 "
        f"UNION SELECT artist_id FROM tracks WHERE id IN ({tracks})"
    )
    return Traces(
        folders=folders_of(raw, member_id),
        tracks=ids(
            "SELECT id FROM tracks WHERE atlas = 0 "
            + ("AND ?1 IS NOT NULL" if anybodys else f"AND id IN ({tracks})")
        ),
        artists=ids(
            "SELECT id FROM artists WHERE atlas = 0 "
            + ("AND ?1 IS NOT NULL" if anybodys else f"AND id IN ({artists})")
        ),
    )


def folders_of(raw: sqlite3.Connection, member_id: MemberId) -> tuple[str, ...]:
    """Return the uploads on disk that a member's rows name."""
    rows = raw.execute(
        "SELECT folder FROM imports WHERE member_id = ?1 UNION "
        "SELECT folder FROM upload_tickets WHERE member_id = ?1 AND folder IS NOT NULL",
        (member_id,),
    )
    return tuple(folder for (folder,) in rows)


def delete_listens(raw: sqlite3.Connection, member_id: MemberId) -> int:
    """Delete a slice of a member's listens; return its rows, 0 when none is left."""
    removed = raw.execute(
        "DELETE FROM listens WHERE id IN (SELECT id FROM listens WHERE member_id = ? LIMIT ?)",
        (member_id, SLICE_ROWS),
    ).rowcount
    if removed:
        set_meta(raw, REBUILD_KEY, "1")
    return removed


def delete_rows(raw: sqlite3.Connection, member_id: MemberId) -> Counter[str]:
    """Delete all that names a member, save the row of `members` itself; return rows by table.

    Lists that others voted on stay as far as their verdicts rest on them, without their member. A
    blend that a member was in goes as a whole, as its card does: its list tells of them.
    """
    removed: Counter[str] = Counter()
    blends = [
        id_
        for (id_,) in raw.execute(
            "SELECT id FROM blends WHERE owner_id = ?1 "
            "UNION SELECT blend_id FROM blend_members WHERE member_id = ?1",
            (member_id,),
        )
    ]
    set_aside_shared(raw, member_id)
    for table, column in MEMBER_COLUMNS:
        if table not in _SPECIAL:
            statement = f"DELETE FROM {table} WHERE {column} = ?"
            removed[table] += raw.execute(statement, (member_id,)).rowcount
    forget_unshared(raw)
    for table, which in (("blend_members", "blend_id"), ("blends", "id")):
        removed[table] += raw.execute(
            f"DELETE FROM {table} WHERE {which} IN (SELECT value FROM json_each(?))",
            (id_list(blends),),
        ).rowcount
    shown = raw.execute("SELECT id FROM recommendations WHERE member_id = ?", (member_id,))
    removed.update(cut_loose(raw, [id_ for (id_,) in shown], forget_member=True))
    if any(removed[table] for table in _WITH_TEXT):
        set_meta(raw, REBUILD_KEY, "1")
    return removed


def delete_member(raw: sqlite3.Connection, member_id: MemberId, at_ms: int) -> Counter[str]:
    """Delete the row that says there is such a member, and whatever came in meanwhile.

    Comes last: as long as the row is there, an erasure that was cut short is found and finished.
    """
    removed = delete_rows(raw, member_id)
    removed["members"] += raw.execute("DELETE FROM members WHERE id = ?", (member_id,)).rowcount
    if removed["members"]:
        raw.execute("INSERT INTO pending_erasures (erased_at) VALUES (?)", (at_ms,))
    return removed


def forget_unasked(raw: sqlite3.Connection) -> None:
    """Delete what sources said of artists that nobody's taste names any more, and what it brought."""
    tracks, artists = delete_unasked(raw)
    for part in slices(tracks):
        delete_tracks(raw, part)
    for part in slices(artists):
        delete_artists(raw, part)


def delete_tracks(raw: sqlite3.Connection, ids: Sequence[int]) -> int:
    """Delete those of some tracks that nobody refers to any more; return how many."""
    unused = [
        id_
        for (id_,) in raw.execute(
            "SELECT value FROM json_each(?) "
            "WHERE NOT EXISTS (SELECT 1 FROM listens WHERE track_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM recommendation_items WHERE track_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM blocks WHERE track_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM found_tracks JOIN tracks AS t ON t.id = track_id "
            f"  WHERE track_id = value AND {_NAMED_ELSEWHERE.format(artist='t.artist_id')})",
            (id_list(ids),),
        )
    ]
    raw.execute(
        "DELETE FROM track_terms WHERE track_id IN (SELECT value FROM json_each(?))",
        (id_list(unused),),
    )
    return _delete_texts(raw, "tracks", unused)


def delete_artists(raw: sqlite3.Connection, ids: Sequence[int]) -> int:
    """Delete those of some artists that nobody refers to any more; return how many."""
    unused = [
        id_
        for (id_,) in raw.execute(
            "SELECT value FROM json_each(?) "
            "WHERE NOT EXISTS (SELECT 1 FROM tracks WHERE artist_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM listens WHERE artist_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM picks WHERE artist_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM recommendation_items WHERE artist_id = value) "
            "AND NOT EXISTS (SELECT 1 FROM blocks WHERE artist_id = value) "
            f"AND NOT {_NAMED_ELSEWHERE.format(artist='value')}",
            (id_list(ids),),
        )
    ]
    for statement in (
        "DELETE FROM artist_terms WHERE artist_id IN (SELECT value FROM json_each(?))",
        "DELETE FROM artist_tags WHERE artist_id IN (SELECT value FROM json_each(?))",
    ):
        raw.execute(statement, (id_list(unused),))
    return _delete_texts(raw, "artists", unused)


def _delete_texts(raw: sqlite3.Connection, table: str, ids: Sequence[int]) -> int:
    removed = raw.execute(
        f"DELETE FROM {table} WHERE id IN (SELECT value FROM json_each(?))", (id_list(ids),)
    ).rowcount
    if removed:
        set_meta(raw, REBUILD_KEY, "1")
    return removed


def rebuild(raw: sqlite3.Connection) -> None:
    """Write the whole file anew from its rows, outside any transaction.

    `secure_delete` wipes the rows that go, but when a page is split or merged SQLite leaves copies
    of rows in the unused middle of pages, and those copies of what is deleted later stay (measured:
    3.40). Only a rewrite is sure to leave none. It takes about 5 s for a million listens, so
    members who never imported anything are spared it unless their id is still found in the file.
    """
    raw.execute("PRAGMA temp_store = FILE")  # the copy may be large
    try:
        raw.execute("VACUUM")
    finally:
        raw.execute("PRAGMA temp_store = MEMORY")
    raw.execute("DELETE FROM meta WHERE key = ?", (REBUILD_KEY,))
