"""Finding artists and tracks by the beginning of a name or of a word in it.

Every ending of a name that begins at a word is a row (`daft punk`, `punk`), so both questions are
one range of an index; `renown` is stored beside it and sorts what was found.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bot.adapters.sqlite.rows import load_artists, load_subjects
from bot.domain.ids import ItemKey
from bot.domain.music import Artist, Subject
from recsys.names import name_key

UNKNOWN_RENOWN: Final = 9
"""Behind the five tiers."""
MOST_WORDS: Final = 8
MOST_READ: Final = 3000
"""Rows of a range that are looked at; a longer range means that hardly anything was typed yet."""
_LAST: Final = "\U0010ffff"
_WHOLE, _BEGINNING, _WORD = 0, 1, 2


def endings(key: str) -> Iterator[tuple[int, str]]:
    """Return the endings of a folded name that begin at a word, the whole name first."""
    yield 0, key
    words = key.split(" ")
    for start in range(1, min(len(words), MOST_WORDS)):
        yield 1, " ".join(words[start:])


def index_artists(raw: sqlite3.Connection, rows: Iterable[tuple[int, str, int | None]]) -> None:
    """Make artists findable: id, folded name and tier of each; known ones are renewed."""
    raw.executemany(
        "INSERT INTO artist_terms (inner_word, term, artist_id, renown) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET renown = excluded.renown",
        [
            (inner, term, id_, tier or UNKNOWN_RENOWN)
            for id_, key, tier in rows
            for inner, term in endings(key)
        ],
    )


def index_tracks(raw: sqlite3.Connection, rows: Iterable[tuple[int, str, int | None]]) -> None:
    """Make tracks findable: id, folded title and the artist's tier of each."""
    raw.executemany(
        "INSERT INTO track_terms (inner_word, term, track_id, renown) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET renown = excluded.renown",
        [
            (inner, term, id_, tier or UNKNOWN_RENOWN)
            for id_, key, tier in rows
            for inner, term in endings(key)
        ],
    )


def search_artists(raw: sqlite3.Connection, text: str, limit: int) -> list[Artist]:
    """Return artists whose name, or else a word of it, begins with a text."""
    key = name_key(text)
    found = _best_known(raw, limit) if not key else _ranked(_artist_hits(raw, key, limit))[:limit]
    return list(load_artists(raw, [-hit for hit in found]).values())


def search_subjects(raw: sqlite3.Connection, text: str, limit: int) -> list[Subject]:
    """Return artists and tracks; with several words also tracks by artist and title."""
    key = name_key(text)
    if not key:
        found = _best_known(raw, limit)
    else:
        hits = [*_artist_hits(raw, key, limit), *_track_hits(raw, key, limit)]
        found = _ranked(hits)
        if " " in key:
            named = _artist_and_title(raw, key.split(" "), limit)
            whole = [hit for place, *_, hit in sorted(hits) if place == _WHOLE]
            found = list(dict.fromkeys([*whole, *named, *found]))
    return list(load_subjects(raw, found[:limit]).values())


_Hit = tuple[int, int, int, int, ItemKey]
"""Place, renown, kind (artist first), length of the name, key."""


def _ranked(hits: Iterable[_Hit]) -> list[ItemKey]:
    return list(dict.fromkeys(hit[-1] for hit in sorted(hits)))


def _best_known(raw: sqlite3.Connection, limit: int) -> list[ItemKey]:
    rows = raw.execute(
        "SELECT -id FROM artists WHERE tier IS NOT NULL ORDER BY tier, id LIMIT ?", (limit,)
    ).fetchall()
    if len(rows) < limit:
        rows += raw.execute(
            "SELECT -id FROM artists WHERE tier IS NULL ORDER BY id LIMIT ?", (limit - len(rows),)
        ).fetchall()
    return [ItemKey(key) for (key,) in rows]


def _artist_hits(raw: sqlite3.Connection, key: str, limit: int) -> list[_Hit]:
    sql = (
        "SELECT term = ?2, renown, 0, length(term), -artist_id FROM ("
        " SELECT term, renown, artist_id FROM artist_terms"
        " WHERE inner_word = ?1 AND term >= ?2 AND term < ?3 LIMIT ?4) "
        "ORDER BY 1 DESC, 2, 4 LIMIT ?5"
    )
    return _hits(raw, sql, key, limit)


def _track_hits(raw: sqlite3.Connection, key: str, limit: int) -> list[_Hit]:
    sql = (
        "SELECT term = ?2, renown, 1, length(term), track_id FROM ("
        " SELECT term, renown, track_id FROM track_terms"
        " WHERE inner_word = ?1 AND term >= ?2 AND term < ?3 LIMIT ?4) "
        "ORDER BY 1 DESC, 2, 4 LIMIT ?5"
    )
    return _hits(raw, sql, key, limit)


def _hits(raw: sqlite3.Connection, sql: str, key: str, limit: int) -> list[_Hit]:
    found: list[_Hit] = []
    for inner in (0, 1):
        rows: Sequence[tuple[int, int, int, int, int]] = raw.execute(
            sql, (inner, key, key + _LAST, MOST_READ, limit)
        ).fetchall()
        for exact, renown, kind, length, item in rows:
            place = _WORD if inner else _WHOLE if exact else _BEGINNING
            found.append((place, renown, kind, length, ItemKey(item)))
        if len(found) >= limit:
            break
    return found


def _artist_and_title(raw: sqlite3.Connection, words: list[str], limit: int) -> list[ItemKey]:
    """Return tracks for `artist title` and `title artist`, the last part being a beginning."""
    found: list[ItemKey] = []
    for cut in range(1, len(words)):
        first, second = " ".join(words[:cut]), " ".join(words[cut:])
        found += _of_artist(raw, first, first, second, second + _LAST, limit)
        found += _of_artist(raw, second, second + _LAST, first, first, limit)
    return found


def _of_artist(
    raw: sqlite3.Connection,
    name_from: str,
    name_to: str,
    title_from: str,
    title_to: str,
    limit: int,
) -> list[ItemKey]:
    artists = raw.execute(
        "SELECT id FROM artists WHERE name_key BETWEEN ? AND ? "
        "ORDER BY coalesce(tier, 9), length(name_key) LIMIT 20",
        (name_from, name_to),
    ).fetchall()
    found: list[ItemKey] = []
    for (artist_id,) in artists:
        rows = raw.execute(
            "SELECT id FROM tracks WHERE artist_id = ? AND title_key BETWEEN ? AND ? "
            "ORDER BY length(title_key), id LIMIT ?",
            (artist_id, title_from, title_to, limit),
        )
        found += [ItemKey(id_) for (id_,) in rows]
    return found
