"""MusicBrainz: which artist a name means, and what curators and listeners call their music."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from bot.adapters.http.polite import PoliteClient
from bot.adapters.http.shapes import Record, count, inner, items, record, records
from bot.domain.enrichment import Facts, Tag, Task, Wanted, weighed
from bot.domain.untrusted import clean_text, recording_mbid
from recsys.names import name_key

LEAST_SCORE: Final = 90
HITS: Final = 5
_PHRASE = re.compile(r'(["\\])')
_DEEZER_ARTIST = re.compile(r"https?://(?:www\.)?deezer\.com/(?:[a-z]{2}/)?artist/(\d{1,15})")


class ArtistIds:
    """Implements `FactSource`: one search per artist, and only a name that is the same counts."""

    task = Task.ARTIST_ID
    batch = 1

    def __init__(self, client: PoliteClient) -> None:
        self._client = client

    async def ask(self, wanted: Sequence[Wanted]) -> Mapping[int, Facts]:
        """Return the id of an artist unless nobody or several go by that name."""
        (one,) = wanted
        phrase = _PHRASE.sub(r"\\\1", one.artist)
        query: dict[str, str | int] = {"query": f'artist:"{phrase}"', "limit": HITS, "fmt": "json"}
        answer = record(await self._client.get("/artist", query), self._client.service)
        hits = records(answer.get("artists"), self._client.service)
        mbid = _chosen(one, hits)
        return {} if mbid is None else {one.id: Facts(mbid=mbid)}


def _chosen(one: Wanted, hits: Sequence[Record]) -> str | None:
    """Return the only artist of the name, or the only one from the right country."""
    key = name_key(one.artist)
    same = [
        hit
        for hit in hits
        if (count(hit.get("score")) or 0) >= LEAST_SCORE
        and name_key(clean_text(hit.get("name")) or "") == key
    ]
    if len(same) > 1:
        same = [hit for hit in same if one.country and hit.get("country") == one.country]
    return recording_mbid(same[0].get("id")) if len(same) == 1 else None


class ArtistGenres:
    """Implements `FactSource`: genres, tags and where else the artist is."""

    task = Task.ARTIST_GENRES
    batch = 1

    def __init__(self, client: PoliteClient) -> None:
        self._client = client

    async def ask(self, wanted: Sequence[Wanted]) -> Mapping[int, Facts]:
        """Return what is said of an artist by id; an id that leads to somebody else says nothing."""
        (one,) = wanted
        query = {"inc": "genres tags url-rels", "fmt": "json"}
        answer = record(
            await self._client.get(f"/artist/{one.artist_mbid}", query), self._client.service
        )
        genres = records(answer.get("genres"), self._client.service)
        tags = records(answer.get("tags"), self._client.service)
        named = name_key(clean_text(answer.get("name")) or "") == name_key(one.artist)
        if not named and recording_mbid(answer.get("id")) != one.artist_mbid:
            return {}
        return {
            one.id: Facts(
                tags=_tags(genres, tags), artist_deezer_id=_deezer(answer.get("relations"))
            )
        }


def _tags(genres: Sequence[Record], tags: Sequence[Record]) -> tuple[Tag, ...]:
    found = []
    for kind, genre in ((genres, True), (tags, False)):
        for one in kind:
            name, votes = clean_text(one.get("name")), count(one.get("count"))
            if name and votes:
                found.append((name, float(votes), genre))
    return weighed(found)


def _deezer(relations: object) -> str | None:
    for relation in items(relations):
        found = _DEEZER_ARTIST.fullmatch(str(inner(relation, "url").get("resource")))
        if found:
            return found[1]
    return None
