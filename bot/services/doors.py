"""`/doors`: which ways a member's listening comes in, and connecting or closing those by name."""

from collections.abc import Collection

from bot.domain.doors import ACTIVITY, NAMED, DoorsView, DoorSync, DoorView
from bot.domain.ids import MemberId
from bot.domain.listening import Source
from bot.errors import UserError
from bot.ports import Clock, DoorStore, ListenStore
from bot.ports.doors import DoorSyncStore
from bot.services.activity import ActivityService
from bot.services.consent import ConsentService
from bot.services.door_sync import DoorReader, Watcher
from bot.services.training import TrainingService


class DoorService:
    """Connects and disconnects names, and tells how each door is."""

    def __init__(
        self,
        *,
        reader: DoorReader,
        syncs: DoorSyncStore,
        store: DoorStore,
        listens: ListenStore,
        consent: ConsentService,
        training: TrainingService,
        activity: ActivityService | None,
        clock: Clock,
    ) -> None:
        self.reader = reader
        self._syncs = syncs
        self._store = store
        self._listens = listens
        self._consent = consent
        self._training = training
        self._activity = activity
        self._clock = clock

    @property
    def offered(self) -> Collection[Source]:
        """Doors that the operator has open."""
        own = () if self._activity is None else (ACTIVITY,)
        return {*self.reader.doors, *own}

    async def connect(
        self, member_id: MemberId, source: Source, name: str, *, watcher: Watcher | None = None
    ) -> DoorSync:
        """Connect a name; reading begins in the background at once.

        Raises
        ------
        ConsentMissingError
            When the member never agreed to anything being stored.
        UserError
            When the door is closed, there is nobody of that name, or somebody else has it.
        UpstreamError
            When the service could not be asked.
        """
        await self._consent.require(member_id)
        door = self.reader.doors.get(source)
        if door is None:
            raise UserError("error.door_closed")
        account = await door.check(name)
        state = await self._syncs.connect(member_id, source, account, at=self._clock.now())
        if watcher is not None:
            self.reader.watch(member_id, source, watcher)
        self.reader.wake()
        return state

    async def listen_along(self, member_id: MemberId) -> None:
        """Follow what Discord shows of a member's listening from now on.

        Raises
        ------
        ConsentMissingError
            When the member never agreed to anything being stored.
        UserError
            When the door is closed.
        """
        await self._consent.require(member_id)
        if self._activity is None:
            raise UserError("error.door_closed")
        await self._syncs.connect(member_id, ACTIVITY, str(member_id), at=self._clock.now())
        self._activity.admit(member_id)

    async def disconnect(self, member_id: MemberId, source: Source, *, delete: bool) -> int | None:
        """Close a door; return the listens that were deleted, None when they stay."""
        if source is ACTIVITY and self._activity is not None:
            if not delete:
                await self._activity.file(member_id)
            self._activity.dismiss(member_id)
        if not delete:
            if not await self._syncs.disconnect(member_id, source):
                raise UserError("error.door_not_connected")
            return None
        removed = await self._store.withdraw(member_id, source, at=self._clock.now())
        if removed:
            self._training.wake()
        return removed

    async def view(self, member_id: MemberId) -> DoorsView:
        """Return every door of a member, connected or not."""
        await self._consent.require(member_id)
        taste = await self._listens.taste(member_id, top=1)
        brought = {one.source: one for one in taste.sources}
        syncs = {one.source: one for one in await self._syncs.of_member(member_id)}
        views = []
        for source in (*NAMED, ACTIVITY, *(s for s in brought if s not in (*NAMED, ACTIVITY))):
            one = brought.get(source)
            views.append(
                DoorView(
                    source=source,
                    listens=one.listens if one else 0,
                    first_at=one.first_at if one else None,
                    last_at=one.last_at if one else None,
                    sync=syncs.get(source),
                    gaps=len(await self._store.gaps(member_id, source)),
                    offered=source in self.offered,
                )
            )
        return DoorsView(
            doors=tuple(v for v in views if v.source in NAMED),
            activity=next(v for v in views if v.source is ACTIVITY),
            others=tuple(v for v in views if v.source not in (*NAMED, ACTIVITY)),
        )
