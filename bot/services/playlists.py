"""Picks and blends as playlists in a member's own Spotify account, written so that nothing doubles.

The intent is stored first, with a marker that goes into the playlist's description. After an answer
that never came, the playlist is found again by it instead of being made a second time; its tracks
are always replaced as a whole.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from bot.domain.ids import MemberId, TrackId
from bot.domain.music import Subject
from bot.domain.spotify import Match, PlaylistInfo, PlaylistRecord, Written
from bot.errors import (
    ForbiddenError,
    GoneError,
    LinkExpiredError,
    NotFoundError,
    RateLimitedError,
    UpstreamError,
    UserError,
)
from bot.ports import Clock
from bot.ports.playlists import PlaylistStore
from bot.ports.spotify import SpotifyApi
from bot.services.spotify_tokens import SpotifyTokens
from bot.services.track_titles import best_match

log = logging.getLogger(__name__)

AT_ONCE: Final = 100
KNOWN_FOR: Final = timedelta(days=30)
"""Spotify wants its catalogue kept for a while only; then a match is looked up anew."""
PAGES_LOOKED: Final = 4
MARKER: Final = "auxcord-"


@dataclass(frozen=True, slots=True)
class Resolved:
    """Tracks with their Spotify ids, and those that have none, with the reason's key."""

    uris: tuple[str, ...]
    skipped: tuple[tuple[Subject, str], ...]


class PlaylistService:
    """Writes playlists, and puts single tracks into library and queue."""

    def __init__(
        self,
        *,
        tokens: SpotifyTokens,
        api: SpotifyApi,
        store: PlaylistStore,
        clock: Clock,
        cover: Callable[[str], bytes],
    ) -> None:
        self._tokens = tokens
        self._api = api
        self._store = store
        self._clock = clock
        self._cover = cover
        self._locks: dict[MemberId, asyncio.Lock] = {}

    async def write(
        self,
        member_id: MemberId,
        *,
        purpose: str,
        name: str,
        description: str,
        subjects: Sequence[Subject],
        tastes: Collection[MemberId] | None = None,
    ) -> Written:
        """Create or update the playlist of one purpose; doing it again changes nothing.

        `tastes` are the members whom its tracks tell of, where others than the owner asked for it.

        Raises
        ------
        UserError
            `error.spotify_nothing` when Spotify has none of the tracks.
        NotFoundError
            When one of `tastes` was forgotten while it was written: nothing of it stays.
        """
        async with self._locks.setdefault(member_id, asyncio.Lock()):
            resolved = await self._resolve(member_id, subjects, urgent=False)
            if not resolved.uris:
                raise UserError("error.spotify_nothing")
            marker = MARKER + secrets.token_hex(5)
            record = await self._store.intend(
                member_id,
                purpose=purpose,
                name=name,
                marker=marker,
                at=self._clock.now(),
                tastes=tastes,
            )
            described = f"{description} {record.marker}".strip()
            fresh = record.marker == marker
            found = None if fresh else await self._find(member_id, record)
            playlist = found or await self._create(record, name, described)
            try:
                await self._fill(member_id, record, playlist.id, resolved.uris)
            except (RateLimitedError, ForbiddenError, GoneError, LinkExpiredError):
                raise
            except UpstreamError:
                # All or nothing, and an id that another service told may be one Spotify retired.
                searched = await self._resolve(member_id, subjects, urgent=False, told=False)
                if not searched.uris or searched.uris == resolved.uris:
                    raise
                resolved = searched
                await self._fill(member_id, record, playlist.id, resolved.uris)
            if found is None:
                await self._dress(member_id, purpose, playlist.id)
            return Written(
                url=playlist.url,
                placed=len(resolved.uris),
                wanted=len(subjects),
                skipped=tuple((s.full_title, reason) for s, reason in resolved.skipped),
                created=found is None,
            )

    async def queue(self, member_id: MemberId, subject: Subject) -> None:
        """Play a track next on the member's active device."""
        uri = await self._one(member_id, subject)
        try:
            await self._tokens.call(member_id, partial(self._api.queue, uri=uri))
        except GoneError:
            raise UserError("error.spotify_no_device") from None

    async def save(self, member_id: MemberId, subject: Subject) -> None:
        """Put a track into the member's library."""
        uri = await self._one(member_id, subject)
        await self._tokens.call(member_id, partial(self._api.save_track, uri=uri))

    async def _one(self, member_id: MemberId, subject: Subject) -> str:
        resolved = await self._resolve(member_id, [subject], urgent=True)
        if not resolved.uris:
            raise UserError("error.spotify_nothing")
        return resolved.uris[0]

    async def _resolve(
        self, member_id: MemberId, subjects: Sequence[Subject], *, urgent: bool, told: bool = True
    ) -> Resolved:
        """Find each track once: by the id that was told, from memory, else by a search."""
        tracks = [s.track.id for s in subjects if s.track is not None]
        known = dict(await self._store.matches(tracks, since=self._clock.now() - KNOWN_FOR))
        uris: list[str] = []
        skipped: list[tuple[Subject, str]] = []
        paused = False
        for subject in subjects:
            if subject.track is None:
                skipped.append((subject, "playlist.artist_only"))
                continue
            id_ = subject.track.spotify_id if told else None
            match = known.get(subject.track.id)
            if id_ is None and match is None and not paused:
                try:
                    match = await self._search(member_id, subject, urgent=urgent)
                except RateLimitedError:
                    if urgent:
                        raise
                    paused = True  # what is found so far is placed; pressing again goes on
            id_ = id_ or (match.spotify_id if match else None)
            if id_ is not None:
                uri = f"spotify:track:{id_}"
                if uri not in uris:
                    uris.append(uri)
            else:
                late = match is None
                skipped.append((subject, "playlist.paused" if late else "playlist.not_found"))
        return Resolved(tuple(uris), tuple(skipped))

    async def _search(self, member_id: MemberId, subject: Subject, *, urgent: bool) -> Match:
        track = subject.track
        assert track is not None  # noqa: S101  # the caller asks for tracks alone
        found = await self._tokens.call(
            member_id,
            partial(
                self._api.search_tracks,
                title=track.title,
                artist=subject.artist.name,
                urgent=urgent,
            ),
        )
        best = best_match(found, title=track.title, artist=subject.artist.name)
        match = Match(best.id if best else None, self._clock.now())
        await self._store.save_match(TrackId(track.id), match)
        return match

    async def _find(self, member_id: MemberId, record: PlaylistRecord) -> PlaylistInfo | None:
        """Return the playlist of an intent if the member still has it."""
        offset: int | None = 0
        for _ in range(PAGES_LOOKED):
            if offset is None:
                break
            page, offset = await self._tokens.call(
                member_id, partial(self._api.playlists, offset=offset, urgent=True)
            )
            for one in page:
                if one.id == record.playlist_id or record.marker in one.description:
                    return one
        return None

    async def _create(self, record: PlaylistRecord, name: str, described: str) -> PlaylistInfo:
        member_id = record.member_id
        try:
            made = await self._tokens.call(
                member_id, partial(self._api.create_playlist, name=name, description=described)
            )
        except (RateLimitedError, ForbiddenError):
            raise
        except UpstreamError:
            # It may be there all the same: look before anybody makes a second one.
            found = await self._find(member_id, record)
            if found is None:
                raise
            made = found
        if not await self._store.created(record.id, playlist_id=made.id):
            raise NotFoundError("error.list_taken_back")  # it is empty yet
        return made

    async def _dress(self, member_id: MemberId, purpose: str, playlist_id: str) -> None:
        """Give a new playlist a picture of ours; without one it is as good."""
        jpeg = self._cover(purpose)
        try:
            await self._tokens.call(
                member_id, partial(self._api.upload_cover, playlist_id=playlist_id, jpeg=jpeg)
            )
        except UpstreamError as error:
            log.info("a playlist got no picture: %s", type(error).__name__)

    async def _fill(
        self, member_id: MemberId, record: PlaylistRecord, playlist_id: str, uris: Sequence[str]
    ) -> None:
        """Replace everything; a part that fails is mended by doing all of it again.

        Where the record is gone at the end, whose taste this is was forgotten in the middle of it,
        perhaps after others had emptied the playlist.
        """
        if record.playlist_id != playlist_id:
            await self._store.created(record.id, playlist_id=playlist_id)
        snapshot = await self._tokens.call(
            member_id,
            partial(self._api.replace_items, playlist_id=playlist_id, uris=uris[:AT_ONCE]),
        )
        for start in range(AT_ONCE, len(uris), AT_ONCE):
            snapshot = await self._tokens.call(
                member_id,
                partial(
                    self._api.add_items,
                    playlist_id=playlist_id,
                    uris=uris[start : start + AT_ONCE],
                    position=start,
                ),
            )
        if not await self._store.written(record.id, snapshot_id=snapshot, at=self._clock.now()):
            empty = partial(self._api.replace_items, playlist_id=playlist_id, uris=())
            await self._tokens.call(member_id, empty)
            raise NotFoundError("error.list_taken_back")
        log.info("wrote %d tracks to a playlist of member %d", len(uris), member_id)
