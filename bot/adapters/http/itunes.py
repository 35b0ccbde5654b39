"""iTunes: half a minute of a track, and the store's page of it; asked where Deezer has none."""

from typing import Final

from bot.adapters.http.polite import PoliteClient
from bot.adapters.http.shapes import Record, link, record, records
from bot.domain.enrichment import Preview
from bot.domain.identity import Known, likeness
from bot.domain.music import Subject
from bot.domain.untrusted import clean_text, whole_number

HITS: Final = 10
STOREFRONT: Final = "us"
"""The largest one; a preview is the same in all."""


class ITunesPreviews:
    """Implements `PreviewSource`.

    Its terms let previews promote the store: linked to beside the store's own page, with the words
    "provided courtesy of iTunes", and kept nowhere.
    """

    def __init__(self, client: PoliteClient) -> None:
        self._client = client

    async def preview(self, subject: Subject) -> Preview | None:
        """Return a preview of the best hit that is the same recording."""
        track = subject.track
        if track is None:
            return None
        ours = Known(subject.artist.name, track.title)
        answer = record(await self._client.get("/search", query_of(ours)), self._client.service)
        best: tuple[float, Preview] | None = None
        for hit in records(answer.get("results"), self._client.service):
            sure, found = _likeness(ours, hit), self._preview(hit)
            if sure is not None and found is not None and (best is None or sure > best[0]):
                best = (sure, found)
        return best[1] if best else None

    def _preview(self, hit: Record) -> Preview | None:
        url, page = link(hit.get("previewUrl")), link(hit.get("trackViewUrl"))
        if url is None or page is None:
            return None
        return Preview(url=url, page=page, service=self._client.service)


def query_of(ours: Known) -> dict[str, str | int]:
    """Return the query for a song."""
    return {
        "term": f"{ours.artist} {ours.title}",
        "media": "music",
        "entity": "song",
        "country": STOREFRONT,
        "limit": HITS,
    }


def _likeness(ours: Known, hit: Record) -> float | None:
    artist, title = clean_text(hit.get("artistName")), clean_text(hit.get("trackName"))
    if artist is None or title is None:
        return None
    length_ms = whole_number(hit.get("trackTimeMillis"), most=86_400_000)
    return likeness(ours, Known(artist, title, length_ms))
