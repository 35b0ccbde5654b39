"""ListenBrainz and its labs: who is played together in one sitting."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.adapters.http.candidates.grouping import MOST_NEIGHBOURS, TRACKS_OF_EACH, by_artist
from bot.adapters.http.candidates.memo import Memo
from bot.adapters.http.polite import PoliteClient
from bot.adapters.http.shapes import Record, inner, items, records
from bot.domain.candidates import Answer, FoundTrack, Ids, Neighbour, Origin, Seed
from bot.domain.untrusted import artist_name, clean_text, recording_mbid, whole_number
from bot.errors import UpstreamError
from recsys.names import name_key

ARTISTS_ALGORITHM: Final = (
    "session_based_days_7500_session_300_contribution_5_threshold_10_limit_100_filter_True_skip_30"
)
RECORDINGS_ALGORITHM: Final = (
    "session_based_days_7500_session_300_contribution_5_threshold_15_limit_50_skip_30_"
    "top_n_listeners_1000"
)


class Labs:
    """The labs, and what they call artists: ids by names and titles that fit together."""

    def __init__(self, client: PoliteClient) -> None:
        self.client = client
        self._identified = Memo[tuple[str | None, list[str]]]()

    async def ask(self, slug: str, asked: Any) -> list[Record]:
        """Return the rows of an answer."""
        answer = await self.client.post(f"/{slug}/json", asked)
        return records(answer, self.client.service)

    async def artist(self, seed: Seed) -> str | None:
        """Return the seed's own id."""
        return seed.ids.get("mbid") or (await self.identify(seed))[0]

    async def identify(self, seed: Seed) -> tuple[str | None, list[str]]:
        """Return the id of an artist and those of some of its recordings."""
        return await self._identified.get(seed.artist_id, lambda: self._identify(seed))

    async def _identify(self, seed: Seed) -> tuple[str | None, list[str]]:
        if not seed.titles:
            return None, []
        asked = [
            {"artist_credit_name": seed.name, "recording_name": title} for title in seed.titles
        ]
        artist, recordings = None, []
        for one in await self.ask("acr-lookup", asked):
            if mbid := recording_mbid(one.get("recording_mbid")):
                recordings.append(mbid)
            mbids = one.get("artist_mbids")
            credited = artist_name(one.get("artist_credit_name")) or ""
            theirs = name_key(credited) == name_key(seed.name)
            if artist is None and theirs and isinstance(mbids, list) and len(mbids) == 1:
                artist = recording_mbid(mbids[0])
        return artist, recordings


class ListenBrainzArtists:
    """Implements `CandidateSource`: similar artists, with tracks where the radio names some."""

    origin = Origin.LISTENBRAINZ_ARTISTS
    per_day = 2000

    def __init__(self, labs: Labs, listenbrainz: PoliteClient, *, timeout_s: float = 40.0) -> None:
        self._labs = labs
        self._listenbrainz = listenbrainz
        self.timeout_s = timeout_s

    async def similar_to(self, seed: Seed) -> Answer:
        """Ask the labs; what they don't say, who plays it, the radio is asked for."""
        artist = await self._labs.artist(seed)
        if artist is None:
            return Answer()
        asked = [{"artist_mbids": [artist], "algorithm": ARTISTS_ALGORITHM}]
        found = []
        for one in await self._labs.ask("similar-artists", asked):
            mbid, name = recording_mbid(one.get("artist_mbid")), artist_name(one.get("name"))
            if mbid and name and mbid != artist:
                found.append(Neighbour(name, _score(one.get("score")), (("mbid", mbid),)))
        found.sort(key=lambda one: -one.score)
        near = found[:MOST_NEIGHBOURS]
        tracks = await self._tracks(artist) if near else {}
        return Answer(
            tuple(replace(one, tracks=tracks.get(one.ids[0][1], ())) for one in near),
            (("mbid", artist),),
        )

    async def _tracks(self, artist: str) -> Mapping[str, tuple[FoundTrack, ...]]:
        """Return tracks by the neighbours' ids; none when the radio or the names can't be had."""
        try:
            radio = await self._listenbrainz.get(
                f"/lb-radio/artist/{artist}",
                {
                    "mode": "easy",
                    "max_similar_artists": MOST_NEIGHBOURS,
                    "max_recordings_per_artist": TRACKS_OF_EACH,
                    "pop_begin": 0,
                    "pop_end": 100,
                },
            )
            by_artist = _recordings(radio)
            wanted = [mbid for mbids in by_artist.values() for mbid in mbids]
            if not wanted:
                return {}
            facts = await self._listenbrainz.post(
                "/metadata/recording/", {"recording_mbids": wanted, "inc": "artist release"}
            )
        except UpstreamError:
            return {}  # the artists alone are worth having
        named = {mbid: track for mbid in wanted if (track := _named(mbid, inner(facts, mbid)))}
        return {
            mbid: tuple(named[one] for one in recordings if one in named)
            for mbid, recordings in by_artist.items()
        }


class ListenBrainzRecordings:
    """Implements `CandidateSource`: recordings played together with some of the seed's."""

    origin = Origin.LISTENBRAINZ_RECORDINGS
    per_day = 2000

    def __init__(self, labs: Labs, *, timeout_s: float = 30.0) -> None:
        self._labs = labs
        self.timeout_s = timeout_s

    async def similar_to(self, seed: Seed) -> Answer:
        """Ask about several recordings of the seed at once."""
        artist, recordings = await self._labs.identify(seed)
        if not recordings:
            return Answer()
        asked = [{"recording_mbids": recordings, "algorithm": RECORDINGS_ALGORITHM}]
        listed = []
        for one in await self._labs.ask("similar-recordings", asked):
            found = _similar_recording(one)
            if found is not None:
                listed.append(found)
        listed.sort(key=lambda one: -one.score)
        return Answer(by_artist(listed), (("mbid", artist),) if artist else ())


def _recordings(radio: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for artist, listed in radio.items() if isinstance(radio, dict) else ():
        mbids = [recording_mbid(one.get("recording_mbid")) for one in items(listed)]
        found[artist] = [mbid for mbid in mbids if mbid][:TRACKS_OF_EACH]
    return found


def _named(mbid: str, facts: Record) -> FoundTrack | None:
    title = clean_text(inner(facts, "recording").get("name"))
    year = whole_number(inner(facts, "release").get("year"), most=2100)
    return None if title is None else FoundTrack(title, (("mbid", mbid),), year or None)


def _similar_recording(one: Record) -> Neighbour | None:
    name = artist_name(one.get("artist_credit_name"))
    title = clean_text(one.get("recording_name"))
    mbid = recording_mbid(one.get("recording_mbid"))
    artists = one.get("artist_credit_mbids")
    several = isinstance(artists, list) and len(artists) != 1
    if name is None or title is None or mbid is None or several:
        return None
    ids: Ids = ()
    if isinstance(artists, list) and (artist := recording_mbid(artists[0])):
        ids = (("mbid", artist),)
    return Neighbour(name, _score(one.get("score")), ids, (FoundTrack(title, (("mbid", mbid),)),))


def _score(value: object) -> float:
    """Return a count of sittings; it says nothing beyond its order."""
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e12 else 0.0
