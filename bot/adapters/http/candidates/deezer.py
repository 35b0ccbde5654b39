"""Deezer: related artists, and a radio that mixes an artist with its neighbours."""

from collections.abc import Sequence
from typing import Final

from bot.adapters.http.candidates.grouping import MOST_NEIGHBOURS, by_artist
from bot.adapters.http.candidates.memo import Memo
from bot.adapters.http.facts.deezer import heed_errors
from bot.adapters.http.polite import PoliteClient
from bot.adapters.http.shapes import Record, count, inner, record, records
from bot.domain.candidates import Answer, FoundTrack, Ids, Neighbour, Origin, Seed
from bot.domain.untrusted import artist_name, clean_text, whole_number
from bot.errors import GoneError
from recsys.names import name_key

NAMESAKES: Final = 10
MOST_ID: Final = 10**15


class Deezer:
    """Asks for lists and turns the errors inside 200 into ours."""

    def __init__(self, client: PoliteClient) -> None:
        self.client = client
        self._ids = Memo[str | None]()
        heed_errors(client)

    async def list(self, path: str, **query: str | int) -> list[Record]:
        """Return the rows of a list.

        Raises
        ------
        RateLimitedError, AccessRefusedError, GoneError, OutageError, MalformedError
        """
        service = self.client.service
        answer = record(await self.client.get(path, query), service)
        return records(answer.get("data"), service)

    async def find(self, seed: Seed) -> str | None:
        """Return the seed's id: of several of that name the one with most fans."""
        if "deezer" in seed.ids:
            return seed.ids["deezer"]
        return await self._ids.get(seed.artist_id, lambda: self._search(seed))

    async def about(
        self, seed: Seed, what: str, **query: str | int
    ) -> tuple[Ids, Sequence[Record]]:
        """Return the seed's id and what is listed under it; nothing of an artist it doesn't know."""
        try:
            artist = await self.find(seed)
            if artist is None:
                return (), ()
            return (("deezer", artist),), await self.list(f"/artist/{artist}/{what}", **query)
        except GoneError:
            return (), ()

    async def _search(self, seed: Seed) -> str | None:
        wanted = name_key(seed.name)
        found = await self.list("/search/artist", q=seed.name, limit=NAMESAKES)
        known = [one for one in found if name_key(artist_name(one.get("name")) or "") == wanted]
        known.sort(key=lambda one: -(count(one.get("nb_fan")) or 0))
        return next((id_ for one in known if (id_ := _id(one))), None)


class DeezerRelated:
    """Implements `CandidateSource`: related artists."""

    origin = Origin.DEEZER_RELATED
    per_day = 3000

    def __init__(self, deezer: Deezer, *, timeout_s: float = 20.0) -> None:
        self._deezer = deezer
        self.timeout_s = timeout_s

    async def similar_to(self, seed: Seed) -> Answer:
        """Find the artist, then ask; the order is the service's own."""
        artist, listed = await self._deezer.about(seed, "related", limit=MOST_NEIGHBOURS)
        found = [
            Neighbour(name, 0.0, (("deezer", id_),))
            for one in listed
            if (name := artist_name(one.get("name"))) and (id_ := _id(one))
        ]
        return Answer(tuple(found[:MOST_NEIGHBOURS]), artist)


class DeezerRadio:
    """Implements `CandidateSource`: tracks by the artist and its neighbours in one call."""

    origin = Origin.DEEZER_RADIO
    per_day = 3000

    def __init__(self, deezer: Deezer, *, timeout_s: float = 20.0) -> None:
        self._deezer = deezer
        self.timeout_s = timeout_s

    async def similar_to(self, seed: Seed) -> Answer:
        """Find the artist, then ask for its radio."""
        artist, listed = await self._deezer.about(seed, "radio")
        found = [one for row in listed if (one := _radio_track(row)) is not None]
        return Answer(by_artist(found), artist)


def _radio_track(one: Record) -> Neighbour | None:
    artist = inner(one, "artist")
    name, title = artist_name(artist.get("name")), clean_text(one.get("title"))
    artist_id, id_ = _id(artist), _id(one)
    if name is None or title is None or artist_id is None or id_ is None:
        return None
    isrc = one.get("isrc")
    ids: Ids = (("deezer", id_),)
    if isinstance(isrc, str) and isrc.isascii() and isrc.isalnum() and len(isrc) == 12:
        ids = (("isrc", isrc.upper()), *ids)
    return Neighbour(name, 0.0, (("deezer", artist_id),), (FoundTrack(title, ids),))


def _id(one: Record) -> str | None:
    value = whole_number(one.get("id"), most=MOST_ID)
    return str(value) if value else None
