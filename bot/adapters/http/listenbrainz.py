"""The ListenBrainz door: a name's whole history, newest first, and what they loved or hated."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

from bot.adapters.http.polite import PoliteClient
from bot.adapters.http.shapes import Record, inner, items, record, rows, second
from bot.domain.doors import ListenPage, Totals
from bot.domain.listening import FetchedListen, Source, was_skipped
from bot.domain.untrusted import artist_name, clean_text, recording_mbid, spotify_uri, whole_number
from bot.errors import GoneError, UserError

PAGE: Final = 1000
FEEDBACK_PAGE: Final = 1000
LOVED_PLAYS: Final = 3
"""What a loved track counts for in plays."""
_LONGEST_MS: Final = 7 * 86_400_000
_NAME_LENGTH: Final = 200


class ListenBrainzDoor:
    """Implements `NameDoor`."""

    source = Source.LISTENBRAINZ
    most_rows = None

    def __init__(self, client: PoliteClient) -> None:
        self._client = client

    async def check(self, name: str) -> str:
        """Return the name; ListenBrainz has no spelling of its own to offer."""
        wanted = name.strip()
        if not wanted or len(wanted) > _NAME_LENGTH:
            raise UserError("error.door_nobody", name=name, service=self._client.service)
        try:
            await self._client.get(f"/user/{quote(wanted, safe='')}/listen-count")
        except GoneError:
            raise UserError("error.door_nobody", name=name, service=self._client.service) from None
        return wanted

    async def page(self, name: str, *, before: datetime | None) -> ListenPage:
        """Return up to 1000 listens; only this many in one second could be passed over."""
        query: dict[str, str | int] = {"count": PAGE}
        if before is not None:
            query["max_ts"] = int(before.timestamp())
        answer = await self._client.get(f"/user/{quote(name, safe='')}/listens", query)
        payload = inner(record(answer, self._client.service), "payload")
        found = rows(payload.get("listens"), self._client.service)
        listens, times = [], []
        for one in items(found):
            at = second(one.get("listened_at"))
            if at is None:
                continue
            times.append(at)
            listen = _listen(one, at)
            if listen is not None:
                listens.append(listen)
        return ListenPage(
            listens=tuple(listens),
            newest=max(times, default=None),
            oldest=min(times, default=None),
            full=len(found) >= PAGE,
        )

    async def extras(self, name: str) -> Sequence[FetchedListen]:
        """Return loved and hated recordings."""
        found = []
        for score in (1, -1):
            answer = await self._client.get(
                f"/feedback/user/{quote(name, safe='')}/get-feedback",
                {"score": score, "count": FEEDBACK_PAGE, "metadata": "true"},
            )
            body = record(answer, self._client.service)
            for one in items(rows(body.get("feedback"), self._client.service)):
                listen = _feedback(one, loved=score == 1)
                if listen is not None:
                    found.append(listen)
        return found

    async def totals(self, _name: str) -> Totals | None:
        """Return nothing: the whole history may be stored."""
        return None


def _listen(one: Record, at: datetime) -> FetchedListen | None:
    track = inner(one, "track_metadata")
    artist = artist_name(track.get("artist_name"))
    if artist is None:
        return None
    info, mapping = inner(track, "additional_info"), inner(track, "mbid_mapping")
    played_s = whole_number(info.get("duration_played"), most=_LONGEST_MS // 1000)
    played_ms = None if played_s is None else played_s * 1000
    return FetchedListen(
        source_time=str(int(at.timestamp())),
        artist=artist,
        title=clean_text(track.get("track_name")),
        started_at=at,
        precision_ms=1000,
        ms_played=played_ms,
        skipped=was_skipped(played_ms, whole_number(info.get("duration_ms"), most=_LONGEST_MS)),
        uri=spotify_uri(info.get("spotify_id")),
        mbid=recording_mbid(mapping.get("recording_mbid"))
        or recording_mbid(info.get("recording_mbid")),
    )


def _feedback(one: Record, *, loved: bool) -> FetchedListen | None:
    track = inner(one, "track_metadata")
    artist, title = artist_name(track.get("artist_name")), clean_text(track.get("track_name"))
    if artist is None or title is None:
        return None
    return FetchedListen(
        source_time="loved" if loved else "hated",
        artist=artist,
        title=title,
        plays=LOVED_PLAYS if loved else 1,
        skipped=not loved,
        mbid=recording_mbid(one.get("recording_mbid")),
    )
