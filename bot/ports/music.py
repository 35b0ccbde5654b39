"""The catalogue, what was listened to, and the doors it came through."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.domain.ids import (
    ArtistId,
    ImportId,
    ItemKey,
    MemberId,
)
from bot.domain.listening import (
    EvidenceRow,
    FetchedListen,
    Gap,
    ImportJob,
    ImportState,
    Source,
    TasteSummary,
)
from bot.domain.music import Artist, Subject


class CatalogueStore(Protocol):
    """Artists, tracks and tags."""

    async def seed_atlas(self, folder: Path) -> bool:
        """Load the atlas data files unless this very version is loaded; return whether it was."""
        ...

    async def subjects(self, keys: Sequence[ItemKey]) -> Mapping[ItemKey, Subject]:
        """Return what the given keys stand for; unknown keys are left out."""
        ...

    async def artists(self, ids: Sequence[ArtistId]) -> Mapping[ArtistId, Artist]:
        """Return artists by id."""
        ...

    async def search_artists(self, text: str, *, limit: int) -> Sequence[Artist]:
        """Return artists by name: prefix of the name first, then prefix of a word, well known first.

        Case and accents don't count; an empty text gives the best known.
        """
        ...

    async def search_subjects(self, text: str, *, limit: int) -> Sequence[Subject]:
        """Return artists and tracks by name, as `search_artists`; `artist title` finds a track."""
        ...

    async def explicit_keys(self) -> Collection[ItemKey]:
        """Return the tracks that are known to carry the label "explicit"."""
        ...


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far one chunk brought an import."""

    rows_done: int
    rows_added: int


class ListenStore(Protocol):
    """Listens of every door, and what is left of them as evidence."""

    async def set_picks(
        self, member_id: MemberId, artist_ids: Sequence[ArtistId], *, at: datetime
    ) -> int:
        """Add picked artists; return how many are new."""
        ...

    async def remove_pick(self, member_id: MemberId, artist_id: ArtistId) -> bool:
        """Take a pick back."""
        ...

    async def evidence(self, member_id: MemberId) -> Sequence[EvidenceRow]:
        """Return everything a member's taste is read from: plays, skips, picks and verdicts.

        Plays are collapsed over doors (decision D16) and summed per track or artist.
        """
        ...

    async def taste(self, member_id: MemberId, *, top: int) -> TasteSummary:
        """Return a member's listening at a glance."""
        ...

    async def begin_import(
        self, member_id: MemberId, *, file_names: Sequence[str], folder: str, at: datetime
    ) -> ImportJob:
        """Record an upload whose raw files are already in `folder`."""
        ...

    async def import_staged(
        self,
        import_id: ImportId,
        *,
        rows_found: int,
        notes: Sequence[str],
    ) -> None:
        """Record that the child has staged `rows_found` rows."""
        ...

    async def absorb(self, import_id: ImportId, *, limit: int) -> ImportProgress:
        """Store the next `limit` staged rows; rows known already add nothing.

        New artists and tracks enter the catalogue. The row counter moves in the same transaction,
        so a killed import goes on where it was.
        """
        ...

    async def finish_import(
        self, import_id: ImportId, *, state: ImportState, error_key: str | None, at: datetime
    ) -> ImportJob:
        """Close an import and bring the member's sums up to date."""
        ...

    async def imports(
        self, *, unfinished: bool, member_id: MemberId | None = None
    ) -> Sequence[ImportJob]:
        """Return imports, newest first."""
        ...


class DoorStore(Protocol):
    """What doors fetched over the network, and taking one of them back."""

    async def add(
        self, member_id: MemberId, source: Source, listens: Sequence[FetchedListen], *, at: datetime
    ) -> int:
        """Store fetched listens and bring the member's sums up to date; return how many are new.

        A row counts for the plays that it stands for, as in `taste` and `withdraw`.

        Raises
        ------
        NotFoundError
            When the door is not linked (any more).
        """
        ...

    async def note_gap(
        self, member_id: MemberId, source: Source, *, start: datetime, end: datetime, at: datetime
    ) -> None:
        """Record a stretch of time of which listens are known to be lost; twice is once."""
        ...

    async def gaps(self, member_id: MemberId, source: Source) -> Sequence[Gap]:
        """Return the gaps of one door, oldest first."""
        ...

    async def known(self, member_id: MemberId) -> Collection[ItemKey]:
        """Return tracks that a member knows through sources that must not shape their lists."""
        ...

    async def withdraw(self, member_id: MemberId, source: Source, *, at: datetime) -> int:
        """Unlink a door, delete its listens and what derives from them; return the listens."""
        ...

    async def set_use(self, source: Source, *, trainable: bool, personal: bool) -> bool:
        """Decide what a source's listens are used for (decision D4); return whether it changed."""
        ...
