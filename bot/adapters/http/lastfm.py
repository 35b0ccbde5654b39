"""Last.fm: errors inside 200, numbers as texts, one result instead of a list, and a limit on storing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot.adapters.http.faults import MalformedError, OutageError
from bot.adapters.http.polite import PoliteClient
from bot.adapters.http.shapes import Record, count, inner, items, record, second
from bot.domain.doors import ListenPage, Totals
from bot.domain.listening import FetchedListen, Source
from bot.domain.untrusted import artist_name, clean_text
from bot.errors import AccessRefusedError, GoneError, UserError

PAGE: Final = 200
TOTALS_PAGE: Final = 1000
TOTALS_PAGES: Final = 5
LOVED_PAGE: Final = 1000
LOVED_PLAYS: Final = 3
"""What a loved track counts for in plays."""
METERED_BYTES: Final = 90_000_000
"""Its terms allow 100 MB of its data in all; whole histories stop here, the rest is for sums."""
ROW_BYTES: Final = 330
"""What a stored listen takes with its indexes and its share of the catalogue (a test measures)."""
SUSPENDED_S: Final = 24 * 3600.0
_TRY_AGAIN: Final = frozenset({8, 11, 16})
_LATER, _SUSPENDED, _NOBODY, _HIDDEN = 29, 26, 6, 17
_KEY_TROUBLE: Final = frozenset({4, 9, 10, 13, 14, 15})


class LastFm:
    """Calls one method and turns its errors into ours."""

    def __init__(self, client: PoliteClient) -> None:
        self.client = client
        client.judge = self._judge

    async def call(self, method: str, **query: str | int) -> Record:
        """Return the object that a method answers with.

        Raises
        ------
        RateLimitedError, AccessRefusedError, GoneError, OutageError, MalformedError
        HiddenError
            When the person lets nobody see their listening.
        """
        names: Mapping[str, str | int] = {"method": method, "format": "json", **query}
        return record(await self.client.get("/", names), self.client.service)

    def _judge(self, answer: Any) -> Exception | None:
        service = self.client.service
        if not isinstance(answer, dict) or "error" not in answer:
            return None
        code = answer["error"]
        if not isinstance(code, int):
            return MalformedError(service)
        if code in _TRY_AGAIN:
            return OutageError(service)
        if code == _LATER:
            return self.client.later()
        if code == _SUSPENDED:
            return self.client.later(SUSPENDED_S)
        if code == _NOBODY:
            return GoneError(service)
        if code == _HIDDEN:
            return HiddenError(service)
        if code in _KEY_TROUBLE:
            return AccessRefusedError(service)
        return MalformedError(service)


class HiddenError(AccessRefusedError):
    """The person has hidden their listening."""


class LastFmDoor:
    """Implements `NameDoor`."""

    source = Source.LASTFM
    most_rows = METERED_BYTES // ROW_BYTES

    def __init__(self, lastfm: LastFm) -> None:
        self._lastfm = lastfm
        self._service = lastfm.client.service

    async def check(self, name: str) -> str:
        """Return the name as Last.fm spells it."""
        wanted = name.strip()
        try:
            info = await self._lastfm.call("user.getInfo", user=wanted)
            await self._lastfm.call("user.getRecentTracks", user=wanted, limit=1)
        except GoneError:
            raise UserError("error.door_nobody", name=name, service=self._service) from None
        except HiddenError:
            raise UserError("error.door_hidden", name=name, service=self._service) from None
        return clean_text(inner(info, "user").get("name")) or wanted

    async def page(self, name: str, *, before: datetime | None) -> ListenPage:
        """Return up to 200 listens; the track that plays right now has no date and doesn't count."""
        query: dict[str, str | int] = {"user": name, "limit": PAGE}
        if before is not None:
            query["to"] = int(before.timestamp())
        answer = await self._lastfm.call("user.getRecentTracks", **query)
        body = self._of(answer, "recenttracks", name)
        listens, times = [], []
        for one in items(body.get("track")):
            at = second(inner(one, "date").get("uts"))
            if at is None:
                continue
            times.append(at)
            artist = _artist(one)
            if artist is not None:
                listens.append(
                    FetchedListen(
                        source_time=str(int(at.timestamp())),
                        artist=artist,
                        title=clean_text(one.get("name")),
                        started_at=at,
                        precision_ms=1000,
                    )
                )
        return ListenPage(
            listens=tuple(listens),
            newest=max(times, default=None),
            oldest=min(times, default=None),
            full=len(times) >= PAGE,
        )

    async def extras(self, name: str) -> Sequence[FetchedListen]:
        """Return loved tracks; the newest thousand are enough to know somebody."""
        answer = await self._lastfm.call("user.getLovedTracks", user=name, limit=LOVED_PAGE)
        body = self._of(answer, "lovedtracks", name)
        found = [_sum(one, LOVED_PLAYS, "loved") for one in items(body.get("track"))]
        return [one for one in found if one is not None and one.title is not None]

    async def totals(self, name: str) -> Totals | None:
        """Return all plays per track and per artist, the most played five thousand of each."""
        info = inner(await self._lastfm.call("user.getInfo", user=name), "user")
        return Totals(
            tracks=tuple(await self._sums("user.getTopTracks", "toptracks", "track", name)),
            artists=tuple(await self._sums("user.getTopArtists", "topartists", "artist", name)),
            since=second(inner(info, "registered").get("unixtime")),
        )

    async def _sums(self, method: str, outer: str, kind: str, name: str) -> list[FetchedListen]:
        found: list[FetchedListen] = []
        for page in range(1, TOTALS_PAGES + 1):
            answer = await self._lastfm.call(
                method, user=name, period="overall", limit=TOTALS_PAGE, page=page
            )
            listed = items(self._of(answer, outer, name).get(kind))
            for one in listed:
                plays = count(one.get("playcount"))
                listen = _sum(one, plays or 0, "", of_artist=kind == "artist")
                if plays and listen is not None:
                    found.append(listen)
            if len(listed) < TOTALS_PAGE:
                break
        return found

    def _of(self, answer: Record, outer: str, name: str) -> Record:
        """Return the list's object; now and then Last.fm answers with somebody else's once."""
        body: Any = answer.get(outer)
        whose = inner(body, "@attr").get("user")
        if not isinstance(body, dict) or not isinstance(whose, str):
            raise MalformedError(self._service)
        if whose.casefold() != name.casefold():
            raise OutageError(self._service)
        return body


def _artist(one: Record) -> str | None:
    artist = inner(one, "artist")
    return artist_name(artist.get("name")) or artist_name(artist.get("#text"))


def _sum(
    one: Record, plays: int, source_time: str, *, of_artist: bool = False
) -> FetchedListen | None:
    artist = artist_name(one.get("name")) if of_artist else _artist(one)
    title = None if of_artist else clean_text(one.get("name"))
    if artist is None or (title is None and not of_artist):
        return None
    return FetchedListen(source_time=source_time, artist=artist, title=title, plays=max(1, plays))
