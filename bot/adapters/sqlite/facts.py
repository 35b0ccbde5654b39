"""Facts of open sources on their way into the catalogue; none deletes what somebody else said."""

# ruff: noqa: S608  (statements are put together from constants of this module only)

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple
from typing import Final

from bot.adapters.sqlite.identities import add_track_ids
from bot.domain.enrichment import SOUND_COLUMNS, SOURCE_OF, TERMS, Facts, Level, Sound, Tag, Task
from bot.domain.sources import OpenSource
from recsys.names import name_key

_YEAR_ORDER: Final[dict[str, int]] = {OpenSource.LISTENBRAINZ: 0, OpenSource.DEEZER: 1}
"""Whose year counts, the first before the others: a shop may give that of an upload."""


ENRICHED: Final = "enrichment"
"""Counts what changed; a model's `row_cut` says how much of it the training saw."""


def enriched_so_far(raw: sqlite3.Connection) -> int:
    """Return how many changes there ever were."""
    row = raw.execute("SELECT value FROM sequences WHERE name = ?", (ENRICHED,)).fetchone()
    return 0 if row is None else int(row[0])


def count_enriched(raw: sqlite3.Connection, changed: int) -> None:
    """Count changes."""
    raw.execute(
        "INSERT INTO sequences (name, value) VALUES (?1, ?2) "
        "ON CONFLICT DO UPDATE SET value = value + ?2",
        (ENRICHED, changed),
    )


def store_facts(raw: sqlite3.Connection, task: Task, id_: int, facts: Facts) -> int:
    """Store what a source said; return 1 if that changes what a model learns from, else 0."""
    source = SOURCE_OF[task].value
    if TERMS[task].level is Level.ARTIST:
        _artist_ids(raw, id_, facts, facts.mbid)
        return int(facts.tags is not None and _replace_tags(raw, id_, source, facts.tags))
    (artist_id,) = raw.execute("SELECT artist_id FROM tracks WHERE id = ?", (id_,)).fetchone()
    changed = _year(raw, id_, source, facts.year)
    _track(raw, id_, facts)
    if facts.sound is not None:
        changed |= _sound(raw, id_, source, facts.sound)
    _artist_ids(raw, artist_id, facts, facts.artist_mbid)
    if facts.tags is not None:
        changed |= _replace_tags(raw, artist_id, source, facts.tags)
    return int(changed)


def _track(raw: sqlite3.Connection, id_: int, facts: Facts) -> None:
    add_track_ids(
        raw,
        id_,
        (
            ("isrc", facts.isrc),
            ("mbid", facts.mbid),
            ("deezer", facts.deezer_id),
            ("spotify", facts.spotify_id),
        ),
    )
    if facts.length_ms:
        raw.execute(
            "UPDATE tracks SET length_ms = ? WHERE id = ? AND length_ms IS NULL",
            (facts.length_ms, id_),
        )
    if facts.explicit is not None:
        raw.execute(
            "UPDATE tracks SET explicit = max(coalesce(explicit, 0), ?) WHERE id = ?",
            (int(facts.explicit), id_),
        )
    for where, url in facts.artwork:
        raw.execute(
            "INSERT OR REPLACE INTO track_artwork (track_id, source, url) VALUES (?, ?, ?)",
            (id_, where.value, url),
        )


def _year(raw: sqlite3.Connection, id_: int, source: str, year: int | None) -> bool:
    """Store a year where nobody better gave one; return whether that changed it."""
    if year is None:
        return False
    known, by = raw.execute("SELECT year, year_source FROM tracks WHERE id = ?", (id_,)).fetchone()
    better = by is not None and _YEAR_ORDER.get(source, 9) <= _YEAR_ORDER.get(by, 9)
    if (known is not None and not better) or known == year:
        return False
    raw.execute("UPDATE tracks SET year = ?, year_source = ? WHERE id = ?", (year, source, id_))
    return True


def _sound(raw: sqlite3.Connection, id_: int, source: str, sound: Sound) -> bool:
    values = astuple(sound)
    columns = ", ".join(SOUND_COLUMNS)
    before = raw.execute(f"SELECT {columns} FROM track_sound WHERE track_id = ?", (id_,)).fetchone()
    if before == values:
        return False
    marks = ", ".join("?" for _ in values)
    raw.execute(
        f"INSERT OR REPLACE INTO track_sound (track_id, source, {columns}) VALUES (?, ?, {marks})",
        (id_, source, *values),
    )
    return True


def _artist_ids(raw: sqlite3.Connection, id_: int, facts: Facts, mbid: str | None) -> None:
    for kind, value in (("mbid", mbid), ("deezer", facts.artist_deezer_id)):
        if value is not None:
            raw.execute(
                "INSERT INTO artist_ids (kind, value, artist_id) VALUES (?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                (kind, value, id_),
            )
    if mbid is not None:
        raw.execute("UPDATE artists SET mbid = ? WHERE id = ? AND mbid IS NULL", (mbid, id_))


def _replace_tags(
    raw: sqlite3.Connection, artist_id: int, source: str, tags: Sequence[Tag]
) -> bool:
    """Replace what one source said of an artist; return whether it says something else now.

    A tag that another source gave stays that source's. Words that no curator knows and that no
    artist here has are noise ("seen live", "favourites") and left out.
    """
    known = {_tag_key(name): id_ for id_, name in raw.execute("SELECT id, name FROM tags")}
    wanted: dict[int, float] = {}
    for tag in tags:
        id_ = known.get(_tag_key(tag.name))
        if id_ is None and tag.genre:
            (id_,) = raw.execute(
                "INSERT INTO tags (name) VALUES (?) RETURNING id", (tag.name,)
            ).fetchone()
            known[_tag_key(tag.name)] = id_
        if id_ is not None:
            wanted[id_] = max(tag.weight, wanted.get(id_, 0.0))
    mine = "FROM artist_tags WHERE artist_id = ? AND source = ?"
    before = dict(raw.execute(f"SELECT tag_id, weight {mine}", (artist_id, source)))
    others = {
        id_
        for (id_,) in raw.execute(
            "SELECT tag_id FROM artist_tags WHERE artist_id = ? AND source <> ?",
            (artist_id, source),
        )
    }
    wanted = {id_: weight for id_, weight in wanted.items() if id_ not in others}
    if wanted == before or not wanted:
        return False
    raw.execute(f"DELETE {mine}", (artist_id, source))
    (place,) = raw.execute(
        "SELECT coalesce(max(place), -1) + 1 FROM artist_tags WHERE artist_id = ?", (artist_id,)
    ).fetchone()
    raw.executemany(
        "INSERT INTO artist_tags (artist_id, tag_id, place, weight, source) VALUES (?, ?, ?, ?, ?)",
        [
            (artist_id, id_, place + n, weight, source)
            for n, (id_, weight) in enumerate(wanted.items())
        ],
    )
    return True


def _tag_key(name: str) -> str:
    """Return the key under which `hip hop`, `hip-hop` and `Hiphop` meet."""
    return name_key(name).replace(" ", "")
