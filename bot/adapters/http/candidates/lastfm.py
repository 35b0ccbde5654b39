"""Last.fm: who listens to this also listens to that, by artist and by track."""

from typing import Final

from bot.adapters.http.candidates.grouping import MOST_NEIGHBOURS, by_artist
from bot.adapters.http.lastfm import LastFm
from bot.adapters.http.shapes import Record, inner, items, record
from bot.domain.candidates import Answer, FoundTrack, Neighbour, Origin, Seed
from bot.domain.untrusted import artist_name, clean_text, recording_mbid
from bot.errors import GoneError

MOST_TRACKS: Final = 60


class LastFmArtists:
    """Implements `CandidateSource`: similar artists."""

    origin = Origin.LASTFM_ARTISTS
    per_day = 3000

    def __init__(self, lastfm: LastFm, *, timeout_s: float = 20.0) -> None:
        self._lastfm = lastfm
        self.timeout_s = timeout_s

    async def similar_to(self, seed: Seed) -> Answer:
        """Ask by name."""
        try:
            answer = await self._lastfm.call(
                "artist.getSimilar", artist=seed.name, autocorrect=1, limit=MOST_NEIGHBOURS
            )
        except GoneError:
            return Answer()
        body = record(answer.get("similarartists"), self._lastfm.client.service)
        found = [_artist(one) for one in items(body.get("artist"))]
        near = sorted((one for one in found if one is not None), key=lambda one: -one.score)
        return Answer(tuple(near[:MOST_NEIGHBOURS]))


class LastFmTracks:
    """Implements `CandidateSource`: tracks similar to a track of the seed."""

    origin = Origin.LASTFM_TRACKS
    per_day = 3000

    def __init__(self, lastfm: LastFm, *, timeout_s: float = 20.0) -> None:
        self._lastfm = lastfm
        self.timeout_s = timeout_s

    async def similar_to(self, seed: Seed) -> Answer:
        """Ask about the first track that Last.fm knows."""
        for title in seed.titles:
            try:
                answer = await self._lastfm.call(
                    "track.getSimilar",
                    artist=seed.name,
                    track=title,
                    autocorrect=1,
                    limit=MOST_TRACKS,
                )
            except GoneError:
                continue
            body = record(answer.get("similartracks"), self._lastfm.client.service)
            found = [_track(one) for one in items(body.get("track"))]
            near = sorted((one for one in found if one is not None), key=lambda one: -one.score)
            if near:
                return Answer(by_artist(near))
        return Answer()


def _artist(one: Record) -> Neighbour | None:
    name = artist_name(one.get("name"))
    return None if name is None else Neighbour(name, _match(one), _mbid(one))


def _track(one: Record) -> Neighbour | None:
    name, title = artist_name(inner(one, "artist").get("name")), clean_text(one.get("name"))
    if name is None or title is None:
        return None
    # Ids of tracks are often those of something else at Last.fm; those of artists are better.
    return Neighbour(name, _match(one), _mbid(inner(one, "artist")), (FoundTrack(title),))


def _mbid(one: Record) -> tuple[tuple[str, str], ...]:
    mbid = recording_mbid(one.get("mbid"))
    return (("mbid", mbid),) if mbid else ()


def _match(one: Record) -> float:
    value = one.get("match")
    try:
        match = float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return 0.0
    return match if 0 <= match <= 1 else 0.0
