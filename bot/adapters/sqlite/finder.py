"""Artists and tracks that a source brings into the catalogue, with who brought them and when."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from bot.adapters.sqlite.identities import store_track
from bot.adapters.sqlite.search import index_artists, index_tracks
from bot.domain.candidates import FoundTrack, Neighbour, Origin
from recsys.names import name_key

MOST_FOUND_ARTISTS: Final = 20_000
"""From here on only artists that are known already are noted: the catalogue must stay trainable."""
TRACKS_OF_EACH: Final = 3
"""Tracks that sources may bring in for one artist; more of them say nothing new."""


class Finder:
    """Finds or adds what one answer names, inside one transaction."""

    def __init__(self, raw: sqlite3.Connection, origin: Origin, at: int) -> None:
        self._raw = raw
        self._origin = origin
        self._at = at
        self._artists: list[tuple[int, str, int | None]] = []
        self._tracks: list[int] = []
        (known,) = raw.execute("SELECT count(*) FROM found_artists").fetchone()
        self._room = MOST_FOUND_ARTISTS - known

    def artist(self, one: Neighbour) -> int | None:
        """Return the artist of a neighbour, by id and else by name; None when there is no room."""
        key = name_key(one.name)
        row = None
        for kind, value in one.ids:
            row = (
                row
                or self._raw.execute(
                    "SELECT artist_id FROM artist_ids WHERE kind = ? AND value = ?", (kind, value)
                ).fetchone()
            )
        row = (
            row or self._raw.execute("SELECT id FROM artists WHERE name_key = ?", (key,)).fetchone()
        )
        if row is None and key and len(self._artists) < self._room:
            row = self._raw.execute(
                "INSERT INTO artists (name, name_key) VALUES (?, ?) RETURNING id", (one.name, key)
            ).fetchone()
            self._artists.append((row[0], key, None))
            self._raw.execute(
                "INSERT INTO found_artists (artist_id, source, found_at) VALUES (?, ?, ?)",
                (row[0], self._origin.value, self._at),
            )
        if row is None:
            return None
        add_artist_ids(self._raw, row[0], one.ids)
        return int(row[0])

    def tracks(self, artist_id: int, tracks: Sequence[FoundTrack]) -> None:
        """Add tracks of an artist, as far as there is room; ids go to those that are known."""
        (room,) = self._raw.execute(
            "SELECT ? - count(*) FROM found_tracks JOIN tracks ON id = track_id "
            "WHERE artist_id = ?",
            (TRACKS_OF_EACH, artist_id),
        ).fetchone()
        for one in tracks[: max(0, room)]:
            key = name_key(one.title)
            if not key:
                continue
            track_id, new = store_track(self._raw, artist_id, key, one.title, one.ids)
            if new:
                self._tracks.append(track_id)
                self._raw.execute(
                    "INSERT INTO found_tracks (track_id, source, found_at) VALUES (?, ?, ?)",
                    (track_id, self._origin.value, self._at),
                )
                self._raw.execute("UPDATE tracks SET year = ? WHERE id = ?", (one.year, track_id))

    def index(self) -> tuple[int, int]:
        """Make what is new findable; return how many artists and tracks that is."""
        index_artists(self._raw, self._artists)
        for track_id in self._tracks:
            index_tracks(
                self._raw,
                self._raw.execute(
                    "SELECT t.id, t.title_key, a.tier FROM tracks AS t "
                    "JOIN artists AS a ON a.id = t.artist_id WHERE t.id = ?",
                    (track_id,),
                ).fetchall(),
            )
        return len(self._artists), len(self._tracks)


def add_artist_ids(raw: sqlite3.Connection, artist_id: int, ids: Iterable[tuple[str, str]]) -> None:
    """Store ids of an artist: one of each kind, and one that belongs to another artist stays there."""
    for kind, value in ids:
        raw.execute(
            "INSERT INTO artist_ids (kind, value, artist_id) SELECT ?1, ?2, ?3 "
            "WHERE NOT EXISTS (SELECT 1 FROM artist_ids WHERE artist_id = ?3 AND kind = ?1) "
            "ON CONFLICT DO NOTHING",
            (kind, value, artist_id),
        )
