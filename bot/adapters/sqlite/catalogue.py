"""Artists, tracks and tags."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from bot.adapters.sqlite.atlas import seed_atlas
from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.rows import load_artists, load_subjects
from bot.adapters.sqlite.search import search_artists, search_subjects
from bot.adapters.sqlite.writer import Writer
from bot.domain.ids import ArtistId, ItemKey, TrackId, key_of_track
from bot.domain.music import Artist, Subject


class SqliteCatalogueStore:
    """Implements `CatalogueStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def seed_atlas(self, folder: Path) -> bool:
        """Load the atlas data files unless this very version is loaded; return whether it was."""
        return await self._writer.run(seed_atlas, folder)

    async def subjects(self, keys: Sequence[ItemKey]) -> Mapping[ItemKey, Subject]:
        """Return what the given keys stand for; unknown keys are left out."""
        return await self._readers.run(load_subjects, keys)

    async def artists(self, ids: Sequence[ArtistId]) -> Mapping[ArtistId, Artist]:
        """Return artists by id."""
        return await self._readers.run(load_artists, ids)

    async def search_artists(self, text: str, *, limit: int) -> Sequence[Artist]:
        """Return artists by name: prefix of the name, then of a word, well known first."""
        return await self._readers.run(search_artists, text, limit)

    async def search_subjects(self, text: str, *, limit: int) -> Sequence[Subject]:
        """Return artists and tracks by name, as `search_artists`; `artist title` finds a track."""
        return await self._readers.run(search_subjects, text, limit)

    async def explicit_keys(self) -> Collection[ItemKey]:
        """Return the tracks that are known to carry the label "explicit"."""
        return await self._readers.run(_explicit_keys)


def _explicit_keys(raw: sqlite3.Connection) -> list[ItemKey]:
    found = raw.execute("SELECT id FROM tracks WHERE explicit = 1")
    return [key_of_track(TrackId(track_id)) for (track_id,) in found]
