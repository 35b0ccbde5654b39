"""Listens that doors fetched: the same statements as for imports, natural keys included (D16)."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Final

from bot.adapters.sqlite.absorb import add_artists, add_listens, add_tracks
from bot.adapters.sqlite.times import to_ms
from bot.adapters.sqlite.writer import transaction
from bot.domain.ids import MemberId
from bot.domain.listening import FetchedListen, Source
from bot.errors import NotFoundError
from recsys.names import name_key

SLICE_ROWS: Final = 300
_STAGED: Final = (
    "CREATE TABLE upload.staged (row INTEGER PRIMARY KEY, source TEXT, source_time TEXT, "
    "started_at_ms INTEGER, precision_ms INTEGER, ms_played INTEGER, plays INTEGER, "
    "skipped INTEGER, artist TEXT, artist_key TEXT, title TEXT, title_key TEXT, uri TEXT, mbid TEXT, "
    "explicit INTEGER)"
)
_INSERT: Final = "INSERT INTO upload.staged VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def store_fetched(
    raw: sqlite3.Connection,
    member_id: MemberId,
    source: Source,
    listens: Sequence[FetchedListen],
    at_ms: int,
) -> int:
    """Store what a linked door fetched; return how many listens are new, as `/doors` counts them.

    A row may stand for several. Opens its own transaction.

    Raises
    ------
    NotFoundError
        When the door is no longer linked: a fetch under way must not outlive an unlinking.
    """
    raw.execute("ATTACH DATABASE ':memory:' AS upload")
    try:
        with closing(raw.execute(_STAGED)):
            pass
        raw.executemany(_INSERT, [_row(n, source, one) for n, one in enumerate(listens, start=1)])
        with transaction(raw):
            linked = raw.execute(
                "SELECT 1 FROM links JOIN sources ON sources.id = source_id "
                "WHERE member_id = ? AND sources.name = ?",
                (member_id, source.value),
            ).fetchone()
            if linked is None:
                raise NotFoundError
            span = (1, len(listens))
            add_artists(raw, span)
            add_tracks(raw, span)
            _label_tracks(raw)
            (newest,) = raw.execute("SELECT coalesce(max(id), 0) FROM listens").fetchone()
            add_listens(raw, member_id, at_ms, span)
            (added,) = raw.execute(
                "SELECT coalesce(sum(plays), 0) FROM listens WHERE id > ?", (newest,)
            ).fetchone()
            return int(added)
    finally:
        raw.execute("DETACH DATABASE upload")


def _row(number: int, source: Source, one: FetchedListen) -> tuple[object, ...]:
    return (
        number,
        source.value,
        one.source_time,
        None if one.started_at is None else to_ms(one.started_at),
        one.precision_ms,
        one.ms_played,
        one.plays,
        int(one.skipped),
        one.artist,
        name_key(one.artist),
        one.title,
        None if one.title is None else name_key(one.title),
        one.uri,
        one.mbid,
        None if one.explicit is None else int(one.explicit),
    )


def _label_tracks(raw: sqlite3.Connection) -> None:
    """Note what the rows say; of two releases of a recording the explicit one counts."""
    raw.execute(
        "UPDATE tracks SET explicit = max(coalesce(tracks.explicit, 0), r.explicit) "
        "FROM (SELECT a.id AS artist_id, s.title_key, max(s.explicit) AS explicit "
        "  FROM upload.staged AS s JOIN artists AS a ON a.name_key = s.artist_key "
        "  WHERE s.explicit IS NOT NULL AND s.title_key IS NOT NULL GROUP BY 1, 2) AS r "
        "WHERE tracks.artist_id = r.artist_id AND tracks.id = coalesce("
        "  (SELECT t.id FROM tracks AS t "
        "   WHERE t.artist_id = r.artist_id AND t.title_key = r.title_key), "
        "  (SELECT o.track_id FROM track_titles AS o "
        "   WHERE o.artist_id = r.artist_id AND o.title_key = r.title_key))"
    )
