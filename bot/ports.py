"""What the services need from the world, as small Protocols.

Every store method is one transaction: when it returns, what it wrote is durable. Store methods
raise `StorageError` when the database refuses. Times are aware UTC datetimes.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from bot.domain.blending import Agreement, Blend, BlendRule
from bot.domain.feedback import (
    Block,
    BlockKind,
    Gesture,
    OpenMessage,
    StandingVerdict,
    Verdict,
    Via,
)
from bot.domain.ids import (
    ArtistId,
    BlendId,
    ChannelId,
    GuildId,
    ImportId,
    ItemKey,
    MemberId,
    MessageId,
    RecommendationId,
    ShownItemId,
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
from bot.domain.members import Consent, ErasureReport, GuildInfo, MemberSettings
from bot.domain.music import Artist, Subject
from bot.domain.recommending import Draft, ModelInfo, Recommendation, ShownItem

P = ParamSpec("P")
T = TypeVar("T")


class Clock(Protocol):
    """Wall time; durations use the monotonic clock where they are measured."""

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        ...


class Compute(Protocol):
    """A named, bounded thread pool for request-time numpy."""

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` off the event loop."""
        ...


class MemberStore(Protocol):
    """People: consent, settings, export, erasure."""

    async def consent(self, member_id: MemberId) -> Consent | None:
        """Return the standing consent."""
        ...

    async def agree(self, member_id: MemberId, *, version: int, at: datetime) -> None:
        """Record consent; agreeing again to the same version keeps the first date."""
        ...

    async def settings(self, member_id: MemberId) -> MemberSettings:
        """Return a member's settings, the defaults for an unknown member."""
        ...

    async def save_settings(self, member_id: MemberId, settings: MemberSettings) -> None:
        """Store all settings of a member."""
        ...

    async def all_settings(self) -> Mapping[MemberId, MemberSettings]:
        """Return every stored setting: the in-memory copy is filled from it at start."""
        ...

    async def export(self, member_id: MemberId) -> Mapping[str, Any]:
        """Return everything stored about a member as JSON-ready values, ids as strings."""
        ...

    async def erase(self, member_id: MemberId, *, at: datetime) -> ErasureReport:
        """Delete a member from every table and file, write the ledger, empty the log.

        Readers are paused and the checkpoint retried until no byte is left. Answers of others,
        and the shared catalogue, stay. The next refit must be published (see `ModelStore`).
        """
        ...


class GuildStore(Protocol):
    """Servers."""

    async def joined(self, guild_id: GuildId, *, at: datetime) -> GuildInfo:
        """Record that the bot is in a server; clears an earlier removal."""
        ...

    async def mark_greeted(self, guild_id: GuildId) -> None:
        """Record that the one greeting was sent."""
        ...

    async def removed(self, guild_id: GuildId, *, at: datetime) -> None:
        """Record that the bot was removed; the purge is due 30 days later."""
        ...

    async def present(self) -> Collection[GuildId]:
        """Return the servers on record that the bot was not removed from."""
        ...

    async def due_for_purge(self, *, removed_before: datetime) -> Sequence[GuildId]:
        """Return servers removed before an instant that still have data."""
        ...

    async def purge(self, guild_id: GuildId) -> int:
        """Delete a server's own data (shown history, blends, settings); return the rows.

        Verdicts belong to the person: the items they rest on stay, cut loose from the server.
        """
        ...


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


class RecommendationStore(Protocol):
    """Every list shown, with its numbers."""

    async def save(self, draft: Draft) -> Recommendation:
        """Store a list before it is sent."""
        ...

    async def mark_sent(
        self,
        recommendation_id: RecommendationId,
        *,
        message_id: MessageId,
        channel_id: ChannelId,
        open_to_reactions: bool,
    ) -> None:
        """Record the message that shows a list; reactions on it are looked up by that id."""
        ...

    async def get(self, recommendation_id: RecommendationId) -> Recommendation | None:
        """Return a stored list."""
        ...

    async def of_item(self, item_id: ShownItemId) -> Recommendation | None:
        """Return the list that holds a shown item."""
        ...

    async def of_message(self, message_id: MessageId) -> Recommendation | None:
        """Return the list a message shows."""
        ...

    async def latest(self, member_id: MemberId, *, limit: int) -> Sequence[ShownItem]:
        """Return the items shown last to a member, newest list first, in rank order."""
        ...

    async def shown_keys(
        self, member_id: MemberId, *, guild_id: GuildId | None, since: datetime
    ) -> Collection[ItemKey]:
        """Return what a member was shown in one server (or in private messages) since then."""
        ...

    async def open_messages(self, *, since: datetime, limit: int) -> Sequence[OpenMessage]:
        """Return messages still open to reactions, newest first."""
        ...


class GestureStore(Protocol):
    """Gestures as they came; the verdict is a view over them."""

    async def record(self, gesture: Gesture) -> bool:
        """Store a gesture; return whether the member's verdict changed. Idempotent."""
        ...

    async def withdraw(
        self,
        member_id: MemberId,
        *,
        recommendation_id: RecommendationId,
        item_id: ShownItemId | None,
        via: Via,
        emoji: str,
        at: datetime,
    ) -> bool:
        """End one gesture; return whether it stood. Idempotent."""
        ...

    async def clear(self, member_id: MemberId, item_id: ShownItemId, *, at: datetime) -> bool:
        """End every gesture of a member on what a shown item stands for (undo)."""
        ...

    async def reconcile(
        self,
        message_id: MessageId,
        standing: Mapping[tuple[MemberId, str], Verdict],
        *,
        at: datetime,
    ) -> int:
        """Make the reaction gestures on a message equal to what Discord shows; return changes.

        Only members with consent count. Button gestures are left alone.
        """
        ...

    async def verdicts(self, member_id: MemberId, *, limit: int) -> Sequence[StandingVerdict]:
        """Return standing verdicts, newest first."""
        ...

    async def voted_in_public(
        self, member_id: MemberId, *, guild_id: GuildId | None, limit: int
    ) -> Collection[ItemKey]:
        """Return what those of the newest verdicts are about that were made on public cards there."""
        ...


class BlockStore(Protocol):
    """What members never want to see again."""

    async def add(self, member_id: MemberId, kind: BlockKind, target: int, *, at: datetime) -> bool:
        """Block a track or artist; return whether it is new."""
        ...

    async def remove(self, member_id: MemberId, kind: BlockKind, target: int) -> bool:
        """Lift a block."""
        ...

    async def blocks(self, member_id: MemberId) -> Sequence[Block]:
        """Return a member's blocks, newest first."""
        ...


class BlendStore(Protocol):
    """Invitations to blends."""

    async def create(
        self,
        *,
        guild_id: GuildId,
        channel_id: ChannelId,
        owner_id: MemberId,
        rule: BlendRule,
        members: Sequence[MemberId],
        at: datetime,
        expires_at: datetime,
    ) -> Blend:
        """Store an invitation; the owner has agreed, the others are invited."""
        ...

    async def mark_sent(self, blend_id: BlendId, *, message_id: MessageId) -> None:
        """Record the message that shows a blend."""
        ...

    async def get(self, blend_id: BlendId) -> Blend | None:
        """Return a blend."""
        ...

    async def answer(
        self, blend_id: BlendId, member_id: MemberId, agreement: Agreement, *, at: datetime
    ) -> Blend | None:
        """Record an invited member's answer; None when the blend or the invitation is gone."""
        ...

    async def delete_expired(self, *, before: datetime) -> int:
        """Forget blends that ran out before an instant."""
        ...


@dataclass(frozen=True, slots=True)
class PendingChanges:
    """What the serving model does not know yet."""

    verdicts: int
    listens: int
    erasures: int
    since: datetime | None
    """When the oldest of them came; None when there is nothing."""
    enriched: int = 0
    """Artists and tracks of which open sources told something that a model learns from."""


class ModelStore(Protocol):
    """Versions of the shared model on record."""

    async def latest(self) -> tuple[ModelInfo, str] | None:
        """Return the newest published version and its folder name."""
        ...

    async def publish(self, info: ModelInfo, *, folder: str, row_cut: Mapping[str, int]) -> None:
        """Record a published version; `row_cut` names the newest row of each table it has seen."""
        ...

    async def reject(self, info: ModelInfo, *, reason: str) -> None:
        """Record a version that was trained and not published."""
        ...

    async def pending(self) -> PendingChanges:
        """Count what came after the newest published version."""
        ...


class MetaStore(Protocol):
    """A few named texts about the installation itself, such as the hash of the synced commands."""

    async def get(self, key: str) -> str | None:
        """Return a value, None when there is none."""
        ...

    async def set(self, key: str, value: str) -> None:
        """Store a value."""
        ...


@dataclass(frozen=True, slots=True)
class ParsedUpload:
    """What the import child staged."""

    rows: int
    notes: tuple[str, ...]
    peak_memory_bytes: int | None = None
    """The most memory the child ever had, where the system says."""


@dataclass(frozen=True, slots=True)
class RefitResult:
    """What the refit child left behind."""

    folder: Path
    info: ModelInfo
    row_cut: Mapping[str, int]
    publish: bool
    reason: str


class Worker(Protocol):
    """Jobs that run in a spawned child process; all raise `WorkerError` when the child fails."""

    async def parse_upload(
        self, folder: Path, *, on_progress: Callable[[int], Awaitable[None]] | None = None
    ) -> ParsedUpload:
        """Parse the raw files of an upload into `folder`/staged.sqlite3, within hard bounds.

        Raises
        ------
        BadFileError
            When no file of the upload can be read.
        """
        ...

    async def refit(self, *, force_publish: bool) -> RefitResult:
        """Train on the trainable view; compare with the serving model (decision D6)."""
        ...


class Uploads(Protocol):
    """Raw upload files below the data directory."""

    async def store(self, files: Iterable[tuple[str, bytes]]) -> str:
        """Write files named by us; return the folder name."""
        ...

    def path(self, folder: str) -> Path:
        """Return where a folder lies."""
        ...

    async def discard(self, folder: str) -> None:
        """Delete a folder; deleting twice is fine."""
        ...
