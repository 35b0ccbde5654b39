"""The database of one data folder, opened as a whole.

::

    async with Database.open(Path("data")) as database:
        await database.members.agree(member_id, version=1, at=clock.now())
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from bot.adapters.sqlite import lock
from bot.adapters.sqlite.activity import SqliteActivityStore
from bot.adapters.sqlite.backup import copy_verified
from bot.adapters.sqlite.blends import SqliteBlendStore
from bot.adapters.sqlite.blocks import SqliteBlockStore
from bot.adapters.sqlite.candidates import SqliteCandidateStore
from bot.adapters.sqlite.catalogue import SqliteCatalogueStore
from bot.adapters.sqlite.connection import (
    Connection,
    Readers,
    connect_reader,
    connect_writer,
    require_sqlite,
    storage_errors,
)
from bot.adapters.sqlite.door_syncs import SqliteDoorSyncStore
from bot.adapters.sqlite.doors import SqliteDoorStore
from bot.adapters.sqlite.enrichment import SqliteEnrichmentStore
from bot.adapters.sqlite.erasure import Erasure
from bot.adapters.sqlite.gestures import SqliteGestureStore
from bot.adapters.sqlite.guilds import SqliteGuildStore
from bot.adapters.sqlite.layout import DATABASE_NAME as DATABASE_NAME
from bot.adapters.sqlite.layout import MODELS_NAME, UPLOADS_NAME
from bot.adapters.sqlite.ledger import ErasureLedger
from bot.adapters.sqlite.link_requests import SqliteLinkRequestStore
from bot.adapters.sqlite.listens import SqliteListenStore
from bot.adapters.sqlite.members import SqliteMemberStore
from bot.adapters.sqlite.meta import SqliteMetaStore
from bot.adapters.sqlite.migrations import migrate
from bot.adapters.sqlite.models import SqliteModelStore
from bot.adapters.sqlite.recommendations import SqliteRecommendationStore
from bot.adapters.sqlite.shared_playlists import SqliteSharedPlaylistStore
from bot.adapters.sqlite.spotify import SqliteSpotifyStore
from bot.adapters.sqlite.spotify_work import (
    SqliteGateStore,
    SqlitePlaylistStore,
    SqliteSyncStore,
)
from bot.adapters.sqlite.upload_tickets import SqliteUploadTicketStore
from bot.adapters.sqlite.withdrawal import Withdrawal
from bot.adapters.sqlite.writer import Writer
from bot.errors import SettingsError, StorageError

if TYPE_CHECKING:
    from bot.ports import (
        BlendStore,
        BlockStore,
        CatalogueStore,
        DoorStore,
        GestureStore,
        GuildStore,
        ListenStore,
        MemberStore,
        MetaStore,
        ModelStore,
        RecommendationStore,
    )
    from bot.ports.candidates import CandidateStore

log = logging.getLogger(__name__)


class Database:
    """Every store over one file; made by `open`."""

    def __init__(self, data_dir: Path, *, readers: Readers, writer: Writer) -> None:
        self.data_dir = data_dir
        self.path = data_dir / DATABASE_NAME
        self.uploads_dir = data_dir / UPLOADS_NAME
        self.models_dir = data_dir / MODELS_NAME
        self.readers = readers
        self.writer = writer
        ledger = ErasureLedger(data_dir)
        self.erasure = Erasure(
            readers=readers,
            writer=writer,
            ledger=ledger,
            path=self.path,
            uploads=self.uploads_dir,
        )
        self.withdrawal = Withdrawal(
            readers=readers, writer=writer, ledger=ledger, erasure=self.erasure
        )
        importing = asyncio.Lock()
        self.members: MemberStore = SqliteMemberStore(
            readers=readers, writer=writer, erasure=self.erasure
        )
        self.guilds: GuildStore = SqliteGuildStore(readers=readers, writer=writer)
        self.catalogue: CatalogueStore = SqliteCatalogueStore(readers=readers, writer=writer)
        self.listens: ListenStore = SqliteListenStore(
            readers=readers, writer=writer, uploads=self.uploads_dir, importing=importing
        )
        self.candidates: CandidateStore = SqliteCandidateStore(readers=readers, writer=writer)
        self.doors: DoorStore = SqliteDoorStore(
            readers=readers, writer=writer, withdrawal=self.withdrawal, importing=importing
        )
        self.activity = SqliteActivityStore(readers=readers, writer=writer)
        self.door_syncs = SqliteDoorSyncStore(readers=readers, writer=writer)
        self.enrichment = SqliteEnrichmentStore(readers=readers, writer=writer)
        self.recommendations: RecommendationStore = SqliteRecommendationStore(
            readers=readers, writer=writer
        )
        self.gestures: GestureStore = SqliteGestureStore(readers=readers, writer=writer)
        self.blocks: BlockStore = SqliteBlockStore(readers=readers, writer=writer)
        self.blends: BlendStore = SqliteBlendStore(readers=readers, writer=writer)
        self.models: ModelStore = SqliteModelStore(readers=readers, writer=writer)
        self.meta: MetaStore = SqliteMetaStore(readers=readers, writer=writer)
        self.spotify = SqliteSpotifyStore(readers=readers, writer=writer)
        self.link_requests = SqliteLinkRequestStore(readers=readers, writer=writer)
        self.upload_tickets = SqliteUploadTicketStore(readers=readers, writer=writer)
        self.spotify_gate = SqliteGateStore(readers=readers, writer=writer)
        self.spotify_syncs = SqliteSyncStore(readers=readers, writer=writer)
        self.playlists = SqlitePlaylistStore(readers=readers, writer=writer)
        self.shared_playlists = SqliteSharedPlaylistStore(readers=readers, writer=writer)

    async def backup(self, folder: Path, *, keep: int | None = None) -> Path:
        """Write a verified copy into a folder, in a thread of its own; return its path.

        Raises
        ------
        StorageError
            When it could not be written; the older ones stay.
        """
        with storage_errors():
            connection = await Connection.open(connect_reader, self.path)
            try:
                return await connection.call(copy_verified, folder, keep=keep)
            finally:
                await connection.close()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, data_dir: Path, *, readers: int = 3) -> AsyncIterator["Database"]:
        """Own a data folder: lock, check, migrate, finish erasures; close all of it at the end.

        Raises
        ------
        DatabaseBusyError
            When another process owns the folder.
        StorageError
            When the file is damaged, or newer than this program.
        """
        require_sqlite()
        _make_folder(data_dir)
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(lock.hold(data_dir))
            path = data_dir / DATABASE_NAME
            with storage_errors():
                connection = await Connection.open(_open_writer, path)
                stack.push_async_callback(connection.close)
                await connection.call(_prepare, path)
                pool = await Readers.open(path, count=readers)
            stack.push_async_callback(pool.close)
            writer = Writer(connection, log_file=path.with_name(f"{path.name}-wal"))
            stack.push_async_callback(writer.close)
            database = cls(data_dir, readers=pool, writer=writer)
            forgotten = await database.erasure.replay()
            if forgotten:
                log.warning("%d members of the erasure ledger were erased again", len(forgotten))
            if withdrawn := await database.withdrawal.replay():
                log.warning("%d unlinked accounts were deleted again", withdrawn)
            yield database


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"AUXCORD_DATA_DIR: cannot make the folder {folder}: {error.strerror}."
        ) from error


def _open_writer(path: Path) -> sqlite3.Connection:
    try:
        return connect_writer(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error


def _prepare(raw: sqlite3.Connection, path: Path) -> None:
    try:
        (verdict,) = raw.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error
    if verdict != "ok":
        raise _damaged(path, verdict)
    migrate(raw)


def _damaged(path: Path, what: object) -> StorageError:
    return StorageError(
        f"{path} is damaged ({what}). Nothing was changed; put a backup back with "
        "`python -m bot restore`."
    )
