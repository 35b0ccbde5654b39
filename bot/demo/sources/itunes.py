"""The stand-in for the search of the iTunes store; its JSON calls itself JavaScript, as the real one's."""

from typing import Any

from aiohttp import web

from bot.demo.sources.pages import listen_address, track_address
from bot.demo.sources.world import SourceWorld, StoodTrack


class ITunes:
    """Search for songs."""

    def __init__(self, world: SourceWorld) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses it answers."""
        return [web.get("/itunes/search", self._search)]

    async def _search(self, request: web.Request) -> web.Response:
        words = set(request.query["term"].casefold().split())
        found = [track for track in self._world.saying(words) if track.in_store]
        rows = [_song(request, track) for track in found[: int(request.query.get("limit", 50))]]
        answer = web.json_response({"resultCount": len(rows), "results": rows})
        answer.content_type = "text/javascript"
        return answer


def _song(request: web.Request, track: StoodTrack) -> dict[str, Any]:
    song = {
        "wrapperType": "track",
        "kind": "song",
        "trackId": track.id,
        "trackName": track.title,
        "artistName": track.artist.name,
        "trackTimeMillis": track.seconds * 1000,
        "trackViewUrl": track_address(request, "itunes", track),
    }
    return song | {"previewUrl": listen_address(request, track)} if track.audible else song
