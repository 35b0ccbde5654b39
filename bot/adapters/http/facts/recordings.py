"""ListenBrainz: which recording a name means, and what is known of many recordings at once."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.adapters.http.faults import MalformedError
from bot.adapters.http.polite import PoliteClient
from bot.adapters.http.shapes import Record, count, inner, items, record, records
from bot.domain.enrichment import Facts, Tag, Task, Wanted, weighed
from bot.domain.identity import Known, likeness, same_artist
from bot.domain.music import ArtworkSource
from bot.domain.untrusted import clean_text, recording_mbid, whole_number
from recsys.names import name_key

FIRST_YEAR: Final = 1860
LAST_YEAR: Final = 2100
LONGEST_MS: Final = 24 * 3_600_000


class RecordingIds:
    """Implements `FactSource` by the labs' lookup of many artists and titles."""

    task = Task.RECORDING_ID
    batch = 50

    def __init__(self, labs: PoliteClient) -> None:
        self._labs = labs

    async def ask(self, wanted: Sequence[Wanted]) -> Mapping[int, Facts]:
        """Return ids of recordings and artists whose names agree with ours."""
        asked = [{"artist_credit_name": one.artist, "recording_name": one.title} for one in wanted]
        answer = await self._labs.post("/acr-lookup/json", asked, {"count": len(asked)})
        found: dict[int, Facts] = {}
        for row in records(answer, self._labs.service):
            index = whole_number(row.get("index"), most=len(wanted) - 1)
            mbid = recording_mbid(row.get("recording_mbid"))
            if index is None or mbid is None:
                continue
            one = wanted[index]
            artist = clean_text(row.get("artist_credit_name")) or ""
            title = clean_text(row.get("recording_name")) or ""
            if likeness(Known(one.artist, one.title or ""), Known(artist, title)) is not None:
                found.setdefault(one.id, Facts(mbid=mbid, artist_mbid=_only(one, artist, row)))
        return found


def _only(one: Wanted, credited: str, row: Record) -> str | None:
    """Return the artist's id where the recording is by that artist alone."""
    mbids = row.get("artist_mbids")
    if not isinstance(mbids, list) or len(mbids) != 1 or name_key(credited) != name_key(one.artist):
        return None
    return recording_mbid(mbids[0])


class Recordings:
    """Implements `FactSource`: year, length, cover and the artist's tags of many recordings.

    `covers` is where the Cover Art Archive is; pictures are linked to, never fetched.
    """

    task = Task.RECORDING
    batch = 100

    def __init__(self, client: PoliteClient, *, covers: str) -> None:
        self._client = client
        self._covers = covers

    async def ask(self, wanted: Sequence[Wanted]) -> Mapping[int, Facts]:
        """Return what is known by recording id; one of another artist says nothing about ours."""
        body = {
            "recording_mbids": list(dict.fromkeys(one.mbid for one in wanted)),
            "inc": "artist tag release",
        }
        answer = record(await self._client.post("/metadata/recording/", body), self._client.service)
        if any(recording_mbid(key) is None for key in answer):
            raise MalformedError(self._client.service)  # some other answer, not one about these
        found = {}
        for one in wanted:
            about = inner(answer, one.mbid or "")
            artist = _artist(one, about)
            if artist is not None:
                found[one.id] = self._facts(about, recording_mbid(artist.get("artist_mbid")))
        return found

    def _facts(self, about: Record, artist_mbid: str | None) -> Facts:
        release = inner(about, "release")
        year = whole_number(release.get("year"), most=LAST_YEAR)
        return Facts(
            artist_mbid=artist_mbid,
            year=year if year and year >= FIRST_YEAR else None,
            length_ms=whole_number(inner(about, "recording").get("length"), most=LONGEST_MS)
            or None,
            tags=_tags(about, artist_mbid),
            artwork=self._artwork(release),
        )

    def _artwork(self, release: Record) -> tuple[tuple[ArtworkSource, str], ...]:
        picture = whole_number(release.get("caa_id"), most=10**15)
        mbid = recording_mbid(release.get("caa_release_mbid"))
        if not picture or mbid is None:
            return ()
        url = f"{self._covers}/release/{mbid}/{picture}-250.jpg"
        return ((ArtworkSource.COVER_ART_ARCHIVE, url),)


def _artist(one: Wanted, about: Record) -> Record | None:
    """Return which of the credited artists is ours."""
    artists = items(inner(about, "artist").get("artists"))
    for artist in artists:
        if name_key(clean_text(artist.get("name")) or "") == name_key(one.artist):
            return artist
    alone = artists[0] if len(artists) == 1 else None
    return alone if alone and same_artist(one.artist, clean_text(alone.get("name")) or "") else None


def _tags(about: Record, artist_mbid: str | None) -> tuple[Tag, ...] | None:
    found = []
    for one in items(inner(about, "tag").get("artist")):
        name, votes = clean_text(one.get("tag")), count(one.get("count"))
        if name and votes and artist_mbid and one.get("artist_mbid") == artist_mbid:
            found.append((name, float(votes), recording_mbid(one.get("genre_mbid")) is not None))
    return weighed(found) or None
