"""Whose taste names which artists: what candidate sources are asked about, without saying for whom."""

import sqlite3

from bot.adapters.sqlite.rows import id_list
from bot.domain.candidates import Seed
from bot.domain.ids import ArtistId, MemberId

TITLES = 3
_LOVED = (
    "WITH mine AS ("
    " SELECT artist_id, made_at AS at FROM picks WHERE member_id = ?1"
    " UNION ALL SELECT coalesce(t.artist_id, v.artist_id), made_at FROM verdicts AS v"
    " LEFT JOIN tracks AS t ON t.id = v.track_id WHERE v.member_id = ?1 AND verdict = 1"
    ") SELECT artist_id FROM mine GROUP BY artist_id ORDER BY max(at) DESC, artist_id LIMIT ?2"
)
_PLAYED = (
    "SELECT coalesce(t.artist_id, l.artist_id) AS artist, sum(plays) FROM listens AS l "
    "LEFT JOIN tracks AS t ON t.id = l.track_id "
    "WHERE l.member_id = ?1 AND skipped = 0 "
    "AND l.source_id IN (SELECT id FROM sources WHERE trainable = 1) "
    "GROUP BY artist ORDER BY 2 DESC, 1 LIMIT ?2"
)
_UNLOVED = (
    "SELECT artist_id FROM blocks WHERE member_id = ?1 AND artist_id IS NOT NULL "
    "UNION SELECT artist_id FROM verdicts WHERE member_id = ?1 AND verdict = -1 "
    "AND artist_id IS NOT NULL"
)


def everybody(raw: sqlite3.Connection) -> list[MemberId]:
    """Return who agreed, the newest first."""
    return [
        MemberId(member_id)
        for (member_id,) in raw.execute(
            "SELECT member_id FROM consents GROUP BY member_id ORDER BY max(given_at) DESC, 1"
        )
    ]


def load_seeds(raw: sqlite3.Connection, member_id: MemberId, limit: int) -> list[Seed]:
    """Return the artists a member loves most; stated loves first, they are the newest word."""
    unloved = {id_ for (id_,) in raw.execute(_UNLOVED, (member_id,))}
    found = [id_ for (id_,) in raw.execute(_LOVED, (member_id, limit + len(unloved)))]
    if len(found) < limit + len(unloved):
        played = raw.execute(_PLAYED, (member_id, limit + len(unloved) + len(found)))
        found += [id_ for id_, _ in played]
    chosen = [id_ for id_ in dict.fromkeys(found) if id_ not in unloved]
    return _seeds(raw, chosen[:limit])


def _seeds(raw: sqlite3.Connection, artist_ids: list[int]) -> list[Seed]:
    """Return artists with their ids and first titles: the catalogue's order, nobody's own."""
    wanted = id_list(artist_ids)
    names: dict[int, tuple[str, str | None]] = {
        row[0]: (row[1], row[2])
        for row in raw.execute(
            "SELECT id, name, mbid FROM artists WHERE id IN (SELECT value FROM json_each(?))",
            (wanted,),
        )
    }
    ids: dict[int, dict[str, str]] = {id_: {} for id_ in artist_ids}
    for artist_id, kind, value in raw.execute(
        "SELECT artist_id, kind, value FROM artist_ids "
        "WHERE artist_id IN (SELECT value FROM json_each(?)) ORDER BY kind, value",
        (wanted,),
    ):
        ids[artist_id].setdefault(kind, value)
    seeds = []
    for artist_id in artist_ids:
        name, mbid = names[artist_id]
        if mbid is not None:
            ids[artist_id]["mbid"] = mbid
        titles = raw.execute(
            "SELECT title FROM tracks WHERE artist_id = ? ORDER BY atlas DESC, id LIMIT ?",
            (artist_id, TITLES),
        )
        seeds.append(
            Seed(ArtistId(artist_id), name, tuple(title for (title,) in titles), ids[artist_id])
        )
    return seeds
