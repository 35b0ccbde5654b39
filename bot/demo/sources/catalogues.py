"""The stand-ins for Deezer, MusicBrainz and ReccoBeats."""

import re
from typing import Any

from aiohttp import web

from bot.demo.sources.pages import listen_address
from bot.demo.sources.world import SourceWorld, StoodArtist, StoodTrack

RADIO_TRACKS = 25


class Deezer:
    """Search, radio and related artists; errors come inside 200."""

    def __init__(self, world: SourceWorld) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses it answers."""
        return [
            web.get("/deezer/search/track", self._search_tracks),
            web.get("/deezer/search/artist", self._search_artists),
            web.get("/deezer/artist/{id}/radio", self._radio),
            web.get("/deezer/artist/{id}/related", self._related),
            web.get("/deezer/artist/{id}/top", self._top),
            web.get("/deezer/track/{id}", self._track),
            web.get("/deezer/infos", self._infos),
        ]

    async def _search_tracks(self, request: web.Request) -> web.Response:
        words = set(request.query["q"].casefold().split())
        found = [track for track in self._world.saying(words) if track.sold]
        return _data([_deezer_track(request, track) for track in found[: _limit(request)]])

    async def _search_artists(self, request: web.Request) -> web.Response:
        words = request.query["q"].casefold()
        found = [a for a in self._world.artists.values() if words in a.name.casefold()]
        found.sort(key=lambda artist: artist.fans)  # namesakes first: the caller has to choose
        return _data([_deezer_artist(artist) for artist in found[: _limit(request)]])

    async def _radio(self, request: web.Request) -> web.Response:
        artist = self._artist(request)
        if artist is None:
            return _no_data()
        circle = [artist, *(other for other, _ in self._world.near(artist)[:RADIO_TRACKS])]
        tracks = [track for one in circle for track in self._world.of_artist(one)[:2]]
        return _data([_deezer_track(request, track) for track in tracks[:RADIO_TRACKS]])

    async def _related(self, request: web.Request) -> web.Response:
        artist = self._artist(request)
        if artist is None:
            return _no_data()
        return _data([_deezer_artist(other) for other, _ in self._world.near(artist)][:20])

    async def _top(self, request: web.Request) -> web.Response:
        artist = self._artist(request)
        if artist is None:
            return _no_data()
        tracks = self._world.of_artist(artist)[: _limit(request)]
        return _data([_deezer_track(request, track) for track in tracks])

    async def _track(self, request: web.Request) -> web.Response:
        track = self._world.track_at_deezer(request.match_info["id"])
        if track is None:
            return _no_data()
        date = f"{track.year}-01-01" if track.year else "0000-00-00"
        return web.json_response(_deezer_track(request, track) | {"release_date": date, "bpm": 0})

    async def _infos(self, _request: web.Request) -> web.Response:
        return web.json_response({"country_iso": "SE", "country": "Sweden", "open": True})

    def _artist(self, request: web.Request) -> StoodArtist | None:
        wanted = request.match_info["id"]
        return next((a for a in self._world.artists.values() if str(a.id) == wanted), None)


class MusicBrainz:
    """Search by name and artists by id; refuses whoever does not say who they are."""

    def __init__(self, world: SourceWorld) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses it answers."""
        return [
            web.get("/musicbrainz/ws/2/artist", self._search),
            web.get("/musicbrainz/ws/2/artist/{mbid}", self._artist),
        ]

    async def _search(self, request: web.Request) -> web.Response:
        if refused := _anonymous(request):
            return refused
        match = re.search(r'artist:"((?:[^"\\]|\\.)*)"', request.query["query"])
        name = re.sub(r"\\(.)", r"\1", match[1]) if match else ""
        artist = self._world.find_artist(name)
        rows = [] if artist is None else [{"id": artist.mbid, "score": 100, "name": artist.name}]
        return web.json_response({"created": "", "count": len(rows), "artists": rows})

    async def _artist(self, request: web.Request) -> web.Response:
        if refused := _anonymous(request):
            return refused
        artist = self._world.by_mbid(request.match_info["mbid"])
        if not isinstance(artist, StoodArtist):
            return web.json_response({"error": "Not Found"}, status=404)
        genres = [
            {"name": tag, "count": max(1, 9 - n), "id": ""} for n, tag in enumerate(artist.tags)
        ]
        page = {"resource": f"https://www.deezer.com/artist/{artist.id}"}
        return web.json_response(
            {
                "id": artist.mbid,
                "name": artist.name,
                "genres": genres,
                "tags": [*genres, {"name": "seen live", "count": 5}],
                "relations": [{"type": "free streaming", "url": page}],
            }
        )


class ReccoBeats:
    """Audio features by ISRC; unknown ids are left out, the order is its own."""

    def __init__(self, world: SourceWorld) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses it answers."""
        return [web.get("/reccobeats/v1/audio-features", self._features)]

    async def _features(self, request: web.Request) -> web.Response:
        wanted = request.query.get("ids", "").split(",")
        rows = [
            {
                "id": f"rb-{track.id}",
                "isrc": track.isrc,
                "href": f"https://open.spotify.com/track/{track.spotify_id}",
                **track.features(),
            }
            for track in reversed([self._world.track_by_isrc(isrc) for isrc in wanted])
            if track is not None and track.analysed
        ]
        return web.json_response({"content": rows})


def _deezer_artist(artist: StoodArtist) -> dict[str, Any]:
    return {"id": artist.id, "name": artist.name, "nb_fan": artist.fans, "type": "artist"}


def _deezer_track(request: web.Request, track: StoodTrack) -> dict[str, Any]:
    return {
        "id": track.deezer_id,
        "title": track.title,
        "title_short": track.title,
        "title_version": "",
        "isrc": track.isrc,
        "duration": track.seconds,
        "rank": 100_000,
        "explicit_lyrics": False,
        "preview": listen_address(request, track) if track.audible else "",
        "artist": {"id": track.artist.id, "name": track.artist.name},
        "album": {"id": 1, "title": "An album"},
        "type": "track",
    }


def _data(rows: list[Any]) -> web.Response:
    return web.json_response({"data": rows, "total": len(rows)})


def _no_data() -> web.Response:
    error = {"type": "DataException", "message": "no data", "code": 800}
    return web.json_response({"error": error})


def _limit(request: web.Request) -> int:
    return int(request.query.get("limit", 25))


def _anonymous(request: web.Request) -> web.Response | None:
    agent = request.headers.get("User-Agent", "")
    if "@" in agent or "http" in agent:
        return None
    return web.json_response({"error": "Say who you are."}, status=403)
