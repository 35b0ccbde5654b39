"""The stand-in for Last.fm: everything at one address, numbers as texts, errors inside 200."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.demo.sources.world import Heard, SourceWorld, StoodPerson, StoodTrack

Answer = Callable[[dict[str, str]], dict[str, Any]]
WRONG_KEY = "wrong"


class LastFm:
    """The methods that the bot uses."""

    def __init__(self, world: SourceWorld) -> None:
        self._world = world
        self._methods: dict[str, Answer] = {
            "user.getrecenttracks": self._recent,
            "user.getinfo": self._info,
            "user.gettoptracks": self._top_tracks,
            "user.gettopartists": self._top_artists,
            "user.getlovedtracks": self._loved,
            "track.getsimilar": self._similar_tracks,
            "artist.getsimilar": self._similar_artists,
            "artist.gettoptags": self._artist_tags,
            "artist.gettoptracks": self._artist_tracks,
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the address it answers."""
        return [web.get("/lastfm/2.0/", self._answer)]

    async def _answer(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        if query.get("api_key", WRONG_KEY) == WRONG_KEY:
            return web.json_response({"error": 10, "message": "Invalid API key"}, status=403)
        method = self._methods.get(query.get("method", "").lower())
        if method is None:
            return web.json_response({"error": 3, "message": "Invalid Method"}, status=400)
        return web.json_response(method(query))

    def _person(self, query: dict[str, str]) -> StoodPerson | dict[str, Any]:
        person = self._world.people.get(query["user"].casefold())
        if person is None:
            return {"error": 6, "message": "User not found"}
        if person.hidden:
            return {"error": 17, "message": "Login: User required to be logged in"}
        return person

    def _recent(self, query: dict[str, str]) -> dict[str, Any]:
        person = self._person(query)
        if not isinstance(person, StoodPerson):
            return person
        since, until = int(query.get("from", 0)), int(query.get("to", 10**11))
        found = [one for one in person.listens if since <= one.at < until]
        page, attributes = _paged(found, query, person.name)
        rows = [_played(one) for one in page]
        if attributes["page"] == "1" and person.listens:
            rows.insert(0, _names(person.listens[0].track) | {"@attr": {"nowplaying": "true"}})
        return {"recenttracks": {"track": _one_or_many(rows), "@attr": attributes}}

    def _info(self, query: dict[str, str]) -> dict[str, Any]:
        person = self._person(query)
        if not isinstance(person, StoodPerson):
            return person
        return {
            "user": {
                "name": person.name,
                "playcount": str(len(person.listens)),
                "registered": {"unixtime": str(person.registered), "#text": person.registered},
            }
        }

    def _top_tracks(self, query: dict[str, str]) -> dict[str, Any]:
        person = self._person(query)
        if not isinstance(person, StoodPerson):
            return person
        counted = Counter(one.track for one in person.listens).most_common()
        page, attributes = _paged(counted, query, person.name)
        rows = [
            _names(track) | {"playcount": str(n), "artist": {"name": track.artist.name}}
            for track, n in page
        ]
        return {"toptracks": {"track": rows, "@attr": attributes}}

    def _top_artists(self, query: dict[str, str]) -> dict[str, Any]:
        person = self._person(query)
        if not isinstance(person, StoodPerson):
            return person
        counted = Counter(one.track.artist for one in person.listens).most_common()
        page, attributes = _paged(counted, query, person.name)
        rows = [{"name": artist.name, "playcount": str(n), "mbid": ""} for artist, n in page]
        return {"topartists": {"artist": rows, "@attr": attributes}}

    def _loved(self, query: dict[str, str]) -> dict[str, Any]:
        person = self._person(query)
        if not isinstance(person, StoodPerson):
            return person
        page, attributes = _paged(person.loved, query, person.name)
        rows = [_played(one) | {"artist": {"name": one.track.artist.name}} for one in page]
        return {"lovedtracks": {"track": _one_or_many(rows), "@attr": attributes}}

    def _similar_tracks(self, query: dict[str, str]) -> dict[str, Any]:
        track = self._world.find_track(query.get("artist", ""), query.get("track", ""))
        if track is None:
            return {"error": 6, "message": "Track not found"}
        rows = [
            _names(near) | {"match": 0.9 / (n + 1), "artist": {"name": other.name, "mbid": ""}}
            for n, (other, _) in enumerate(self._world.near(track.artist)[:100])
            for near in self._world.of_artist(other)[:2]
        ]
        return {"similartracks": {"track": rows[: int(query.get("limit", 100))], "@attr": {}}}

    def _similar_artists(self, query: dict[str, str]) -> dict[str, Any]:
        artist = self._world.find_artist(query.get("artist", ""))
        if artist is None:
            return {"error": 6, "message": "The artist you supplied could not be found"}
        near = self._world.near(artist)[: int(query.get("limit", 30))]
        rows = [
            {"name": other.name, "mbid": "", "match": str(1 / (n + 1))}
            for n, (other, _) in enumerate(near)
        ]
        return {"similarartists": {"artist": rows, "@attr": {"artist": artist.name}}}

    def _artist_tags(self, query: dict[str, str]) -> dict[str, Any]:
        artist = self._world.find_artist(query.get("artist", ""))
        if artist is None:
            return {"error": 6, "message": "The artist you supplied could not be found"}
        rows = [{"name": tag, "count": 100 - 10 * n} for n, tag in enumerate(artist.tags)]
        rows.append({"name": "seen live", "count": 77})
        return {"toptags": {"tag": rows, "@attr": {"artist": artist.name}}}

    def _artist_tracks(self, query: dict[str, str]) -> dict[str, Any]:
        artist = self._world.find_artist(query.get("artist", ""))
        rows = [] if artist is None else [_names(t) for t in self._world.of_artist(artist)]
        for row in rows:
            row["artist"] = {"name": row["artist"]["#text"]}
        return {"toptracks": {"track": rows[: int(query.get("limit", 50))], "@attr": {}}}


def _names(track: StoodTrack) -> dict[str, Any]:
    return {
        "name": track.title,
        "mbid": "",
        "artist": {"#text": track.artist.name, "mbid": ""},
        "album": {"#text": "", "mbid": ""},
        "image": [{"size": "small", "#text": "https://stand-in.invalid/star.png"}],
    }


def _played(one: Heard) -> dict[str, Any]:
    return _names(one.track) | {"date": {"uts": str(one.at), "#text": "some day"}}


def _paged(rows: list[Any], query: dict[str, str], user: str) -> tuple[list[Any], dict[str, str]]:
    size, page = min(int(query.get("limit", 50)), 1000), int(query.get("page", 1))
    attributes = {
        "user": user,
        "page": str(page),
        "perPage": str(size),
        "total": str(len(rows)),
        "totalPages": str(-(-len(rows) // size)),
    }
    return rows[(page - 1) * size : page * size], attributes


def _one_or_many(rows: list[Any]) -> Any:
    return rows[0] if len(rows) == 1 else rows
