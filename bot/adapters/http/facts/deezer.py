"""Deezer: ISRC, year, cover and half a minute to listen to; errors come inside 200."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.adapters.http.faults import MalformedError, OutageError
from bot.adapters.http.polite import PoliteClient
from bot.adapters.http.shapes import Record, inner, link, record, records
from bot.domain.enrichment import Facts, Preview, Task, Wanted
from bot.domain.identity import Known, likeness
from bot.domain.music import ArtworkSource, Subject
from bot.domain.untrusted import clean_text, whole_number
from bot.errors import GoneError

HITS: Final = 8
_QUOTA, _BUSY, _NO_DATA = 4, 700, 800
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
_DATE = re.compile(r"(1[89]\d\d|20\d\d)-\d\d-\d\d")
_PICTURES: Final = ("cover_medium", "cover_big", "cover")
PAGES: Final = "https://www.deezer.com"


def heed_errors(client: PoliteClient) -> None:
    """Let a client tell Deezer's errors, which come with status 200, from answers."""

    def judge(answer: Any) -> Exception | None:
        if not isinstance(answer, dict) or "error" not in answer:
            return None
        code = inner(answer, "error").get("code")
        if code == _QUOTA:
            return client.later()
        if code == _BUSY:
            return OutageError(client.service)
        return GoneError(client.service) if code == _NO_DATA else MalformedError(client.service)

    client.judge = judge


class DeezerTracks:
    """Implements `FactSource` and `PreviewSource`."""

    task = Task.DEEZER_TRACK
    batch = 1

    def __init__(self, client: PoliteClient, *, pages: str = PAGES) -> None:
        self._client = client
        self._pages = pages
        heed_errors(client)

    async def ask(self, wanted: Sequence[Wanted]) -> Mapping[int, Facts]:
        """Return what Deezer says of a track; the date of release only where no year is known."""
        (one,) = wanted
        ours = Known(one.artist, one.title or "", one.length_ms, one.isrc)
        hit = await self._hit(ours)
        if hit is None:
            return {}
        id_ = _id(hit)
        year = None
        if one.year is None and id_ is not None:
            year = _year(await self._track(id_))
        seconds = whole_number(hit.get("duration"), most=86_400)
        explicit = hit.get("explicit_lyrics")
        return {
            one.id: Facts(
                deezer_id=id_,
                artist_deezer_id=_id(inner(hit, "artist")),
                isrc=_isrc(hit.get("isrc")),
                year=year,
                length_ms=seconds * 1000 if seconds else None,
                explicit=explicit if isinstance(explicit, bool) else None,
                artwork=_artwork(hit),
            )
        }

    async def preview(self, subject: Subject) -> Preview | None:
        """Return a preview: its address expires within hours, so it is asked for each time."""
        track = subject.track
        if track is None:
            return None
        if track.deezer_id:
            hit: Record | None = await self._track(track.deezer_id)
        else:
            hit = await self._hit(Known(subject.artist.name, track.title))
        url = link(hit.get("preview")) if hit else None
        id_ = _id(hit) if hit else None
        if url is None or id_ is None:
            return None
        page = f"{self._pages}/track/{id_}"
        return Preview(url=url, page=page, service=self._client.service)

    async def _track(self, id_: str) -> Record:
        return record(await self._client.get(f"/track/{id_}"), self._client.service)

    async def _hit(self, ours: Known) -> Record | None:
        """Return the best hit of a plain search that is the same recording."""
        query: dict[str, str | int] = {"q": f"{ours.artist} {ours.title}", "limit": HITS}
        answer = record(await self._client.get("/search/track", query), self._client.service)
        best: tuple[float, Record] | None = None
        for hit in records(answer.get("data"), self._client.service):
            sure = _likeness(ours, hit)
            if sure is not None and (best is None or sure > best[0]):
                best = (sure, hit)
        return best[1] if best else None


def _likeness(ours: Known, hit: Record) -> float | None:
    artist, title = clean_text(inner(hit, "artist").get("name")), clean_text(hit.get("title"))
    seconds = whole_number(hit.get("duration"), most=86_400)
    if artist is None or title is None or _id(hit) is None:
        return None
    length_ms = seconds * 1000 if seconds else None
    return likeness(ours, Known(artist, title, length_ms, _isrc(hit.get("isrc"))))


def _id(one: Record) -> str | None:
    number = whole_number(one.get("id"), most=10**15)
    return str(number) if number else None


def _isrc(value: object) -> str | None:
    text = value.upper().replace("-", "") if isinstance(value, str) and len(value) < 20 else ""
    return text if _ISRC.fullmatch(text) else None


def _year(track: Record) -> int | None:
    found = _DATE.fullmatch(str(track.get("release_date")))
    return int(found[1]) if found else None


def _artwork(hit: Record) -> tuple[tuple[ArtworkSource, str], ...]:
    album = inner(hit, "album")
    found = [url for name in _PICTURES if (url := link(album.get(name)))]
    return ((ArtworkSource.DEEZER, found[0]),) if found else ()
