"""Last.fm: what listeners call an artist's music."""

from collections.abc import Mapping, Sequence

from bot.adapters.http.faults import MalformedError
from bot.adapters.http.lastfm import LastFm
from bot.adapters.http.shapes import count, inner, items
from bot.domain.enrichment import Facts, Task, Wanted, weighed
from bot.domain.identity import same_artist
from bot.domain.untrusted import clean_text


class ArtistTags:
    """Implements `FactSource`; words that nobody here knows are sorted out where they are stored."""

    task = Task.ARTIST_TAGS
    batch = 1

    def __init__(self, lastfm: LastFm) -> None:
        self._lastfm = lastfm

    async def ask(self, wanted: Sequence[Wanted]) -> Mapping[int, Facts]:
        """Return an artist's tags, unless the answer is about another one."""
        (one,) = wanted
        answer = await self._lastfm.call("artist.getTopTags", artist=one.artist, autocorrect=1)
        body = answer.get("toptags")
        about = clean_text(inner(body, "@attr").get("artist"))
        if not isinstance(body, dict) or about is None:
            raise MalformedError(self._lastfm.client.service)
        if not same_artist(one.artist, about):
            return {}
        tags = weighed(
            [
                (name, float(votes), False)
                for row in items(body.get("tag"))
                if (name := clean_text(row.get("name"))) and (votes := count(row.get("count")))
            ]
        )
        return {one.id: Facts(tags=tags)} if tags else {}
