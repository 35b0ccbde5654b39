"""Reads linked Spotify accounts: often enough to lose nothing, seldom enough for the quota.

The recently-played list holds the newest 50 plays and no more, so it is always read whole: what
overlaps is known by its natural key, and when nothing overlaps there is a gap, which is noted.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from bot.domain.ids import MemberId
from bot.domain.listening import FetchedListen, Source
from bot.domain.spotify import LoginState, SyncState
from bot.errors import (
    ForbiddenError,
    LinkExpiredError,
    MusicBotError,
    NotAllowlistedError,
    NotFoundError,
    PremiumRequiredError,
    RateLimitedError,
    UpstreamError,
    UserError,
)
from bot.ports import Clock, DoorStore
from bot.ports.linking import SpotifyStore
from bot.ports.spotify import SpotifyApi, SyncStore
from bot.services.spotify_tokens import SpotifyTokens
from bot.services.training import TrainingService

log = logging.getLogger(__name__)

API: Final = Source.SPOTIFY_API
PAUSE_S: Final = 45 * 60
SHORTEST_S: Final = 20 * 60
LONGEST_S: Final = 3 * 3600
NEARLY_ALL: Final = 40
"""So many new plays of 50: the next look has to come sooner."""
RANGES: Final = ("short_term", "medium_term", "long_term")
TOPS_EVERY: Final = timedelta(days=1)
SAVED_EVERY: Final = timedelta(days=1)
SAVED_PAGES: Final = 4
PLAYLISTS_EVERY: Final = timedelta(days=7)
PLAYLISTS_READ: Final = 5
AGAIN_AFTER_TROUBLE_S: Final = 15 * 60
AGAIN_AFTER_REFUSAL_S: Final = 24 * 3600
IDLE_S: Final = 300.0
FIRST_CALLS: Final = 8
"""Recently played, three top lists of tracks and of artists, saved tracks: what `first` reads."""

Progress = Callable[[int, int, int], Awaitable[None]]
"""Told after every step: listens so far, steps done, steps in all."""


class SpotifySync:
    """Owns the reading of every linked account."""

    def __init__(
        self,
        *,
        tokens: SpotifyTokens,
        api: SpotifyApi,
        accounts: SpotifyStore,
        syncs: SyncStore,
        doors: DoorStore,
        training: TrainingService,
        clock: Clock,
    ) -> None:
        self._tokens = tokens
        self._api = api
        self._accounts = accounts
        self._syncs = syncs
        self._doors = doors
        self._training = training
        self._clock = clock
        self._locks: dict[MemberId, asyncio.Lock] = {}
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Look at once who is due."""
        self._changed.set()

    async def state(self, member_id: MemberId) -> SyncState | None:
        """Return how far reading an account is."""
        return await self._syncs.state(member_id)

    async def run(self) -> None:
        """Read whoever is due, for ever."""
        while True:
            self._changed.clear()
            try:
                wait = await self.round()
            except Exception:  # a loop catches once, logs and lives on
                log.exception("reading Spotify accounts failed; next try in %.0f s", IDLE_S)
                wait = IDLE_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    async def round(self) -> float:
        """Read everybody who is due; return in how many seconds the next one is."""
        await self._take_up_new()
        for state in await self._syncs.due():
            if state.next_at <= self._clock.now():
                await self.sync(state.member_id)
        waiting = [state.next_at for state in await self._syncs.due()]
        if not waiting:
            return IDLE_S
        wait = (min(waiting) - self._clock.now()).total_seconds()
        return min(IDLE_S, max(1.0, wait))

    async def _take_up_new(self) -> None:
        """Give every account a state; one is missing when a stop came right after linking."""
        known = {state.member_id for state in await self._syncs.due()}
        for login in await self._accounts.logins():
            if login.member_id not in known and login.state is LoginState.LINKED:
                await self._syncs.save(
                    SyncState(login.member_id, next_at=self._clock.now(), pause_s=PAUSE_S)
                )

    async def first(self, member_id: MemberId, on_progress: Progress) -> int:
        """Read a newly linked account right away, telling how far it is; return the listens.

        Steps that fail are left to the next round.
        """
        async with self._lock(member_id):
            now = self._clock.now()
            state = SyncState(member_id, next_at=now + timedelta(seconds=PAUSE_S), pause_s=PAUSE_S)
            await self._syncs.save(state)
            total, done = 0, 0

            async def step(added: int) -> None:
                nonlocal total, done
                total, done = total + added, done + 1
                await on_progress(total, done, FIRST_CALLS)

            try:
                state, added = await self._plays(state, urgent=True)
                await step(added)
                async for added in self._tops(member_id, urgent=True):
                    await step(added)
                state = replace(state, tops_at=self._clock.now())
                await step(await self._saved(member_id, pages=1, urgent=True))
            except MusicBotError as error:
                state = self._after(error, state)
            await self._keep(state)
        if total:
            self._training.wake()
        self.wake()
        return total

    async def sync(self, member_id: MemberId) -> int:
        """Read one account as far as is due; return how many listens are new."""
        async with self._lock(member_id):
            state = await self._syncs.state(member_id)
            if state is None:
                return 0
            added = 0
            try:
                state, added = await self._plays(state, urgent=False)
                await self._keep(state)
                state, more = await self._slower(state)
                added += more
                state = replace(state, error_key=None, failed_at=None)
            except MusicBotError as error:
                state = self._after(error, state)
            await self._keep(state)
        if added:
            self._training.wake()
        return added

    async def _slower(self, state: SyncState) -> tuple[SyncState, int]:
        """Read what changes from day to day, when it is due."""
        member_id, now, added = state.member_id, self._clock.now(), 0
        if _due(state.tops_at, TOPS_EVERY, now):
            async for new in self._tops(member_id, urgent=False):
                added += new
            state = replace(state, tops_at=now)
            await self._keep(state)
        if _due(state.saved_at, SAVED_EVERY, now):
            added += await self._saved(member_id, pages=SAVED_PAGES, urgent=False)
            state = replace(state, saved_at=now)
            await self._keep(state)
        if _due(state.playlists_at, PLAYLISTS_EVERY, now):
            added += await self._playlists(member_id)
            state = replace(state, playlists_at=now)
        return state, added

    async def _plays(self, state: SyncState, *, urgent: bool) -> tuple[SyncState, int]:
        member_id, heard = state.member_id, state.heard_until
        plays = await self._tokens.call(
            member_id, partial(self._api.recently_played, urgent=urgent)
        )
        now = self._clock.now()
        if plays.passed_over:
            log.info("%d played items of member %d were unusable", plays.passed_over, member_id)
        added = await self._doors.add(member_id, API, plays.listens, at=now)
        if heard is not None and plays.oldest is not None and plays.oldest > heard:
            await self._doors.note_gap(member_id, API, start=heard, end=plays.oldest, at=now)
            log.info("member %d has a gap of plays before %s", member_id, plays.oldest)
        newest = max(filter(None, (heard, plays.newest)), default=None)
        pause = next_pause(state.pause_s, added)
        following = now + timedelta(seconds=pause)
        return (
            replace(state, heard_until=newest, polled_at=now, pause_s=pause, next_at=following),
            added,
        )

    async def _tops(self, member_id: MemberId, *, urgent: bool) -> AsyncIterator[int]:
        """Yield, list by list, how many rows are new."""
        for time_range in RANGES:
            for ask in (self._api.top_tracks, self._api.top_artists):
                fetched = await self._tokens.call(
                    member_id, partial(ask, time_range=time_range, urgent=urgent)
                )
                yield await self._add(member_id, fetched.listens)

    async def _saved(self, member_id: MemberId, *, pages: int, urgent: bool) -> int:
        added, offset = 0, 0
        for _ in range(pages):
            page = await self._tokens.call(
                member_id, partial(self._api.saved_tracks, offset=offset, urgent=urgent)
            )
            new = await self._add(member_id, page.listens)
            added += new
            if page.next_offset is None or not new:
                break
            offset = page.next_offset
        return added

    async def _playlists(self, member_id: MemberId) -> int:
        added = await self._followed(member_id)
        found, _ = await self._tokens.call(member_id, self._api.playlists)
        for playlist in [one for one in found if one.owned][:PLAYLISTS_READ]:
            with contextlib.suppress(ForbiddenError):
                page = await self._tokens.call(
                    member_id, partial(self._api.playlist_tracks, playlist_id=playlist.id)
                )
                added += await self._add(member_id, page.listens)
        return added

    async def _followed(self, member_id: MemberId) -> int:
        """Read whom a member follows, unless they consented before this was asked for."""
        with contextlib.suppress(ForbiddenError):
            fetched = await self._tokens.call(member_id, self._api.followed_artists)
            return await self._add(member_id, fetched.listens)
        return 0

    async def _add(self, member_id: MemberId, listens: tuple[FetchedListen, ...]) -> int:
        return await self._doors.add(member_id, API, listens, at=self._clock.now())

    async def _keep(self, state: SyncState) -> None:
        await self._syncs.save(state)

    def _after(self, error: MusicBotError, state: SyncState) -> SyncState:
        """Return the state after trouble: when to try again, and what to tell the member."""
        if isinstance(error, NotFoundError | UserError):
            return state  # unlinked meanwhile
        if not isinstance(error, UpstreamError):
            raise error
        now = self._clock.now()
        wait, key = _trouble(error)
        log.info("reading member %d failed: %s", state.member_id, key)
        following = max(now + timedelta(seconds=wait), state.next_at)
        return replace(state, next_at=following, error_key=key, failed_at=now)

    def _lock(self, member_id: MemberId) -> asyncio.Lock:
        return self._locks.setdefault(member_id, asyncio.Lock())


def next_pause(pause_s: int, added: int) -> int:
    """Return how long to wait after a look that brought `added` new plays."""
    if added >= NEARLY_ALL:
        return max(SHORTEST_S, pause_s // 2)
    if added:
        return PAUSE_S
    return min(LONGEST_S, pause_s * 3 // 2)


def _due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or now - last >= every


def _trouble(error: UpstreamError) -> tuple[float, str]:
    if isinstance(error, RateLimitedError):
        return error.retry_after_s or AGAIN_AFTER_TROUBLE_S, "link.error.later"
    if isinstance(error, LinkExpiredError):
        return AGAIN_AFTER_REFUSAL_S, "link.error.expired"
    if isinstance(error, NotAllowlistedError):
        return AGAIN_AFTER_REFUSAL_S, "link.error.not_listed"
    if isinstance(error, PremiumRequiredError):
        return AGAIN_AFTER_REFUSAL_S, "link.error.owner_premium"
    if isinstance(error, ForbiddenError):
        return AGAIN_AFTER_REFUSAL_S, "link.error.forbidden"
    return error.retry_after_s or AGAIN_AFTER_TROUBLE_S, "link.error.trouble"
