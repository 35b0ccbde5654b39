"""The stand-in for ListenBrainz and its labs."""

from typing import Any

from aiohttp import web

from bot.demo.sources.world import Heard, SourceWorld, StoodArtist, StoodTrack

MOST = 1000


class ListenBrainz:
    """Listens, feedback, metadata, radio, and the labs' similarity."""

    def __init__(self, world: SourceWorld) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses it answers."""
        return [
            web.get("/listenbrainz/1/user/{name}/listens", self._listens),
            web.get("/listenbrainz/1/user/{name}/listen-count", self._count),
            web.get("/listenbrainz/1/feedback/user/{name}/get-feedback", self._feedback),
            web.post("/listenbrainz/1/metadata/recording/", self._metadata),
            web.get("/listenbrainz/1/lb-radio/artist/{mbid}", self._radio),
            web.get("/listenbrainz/1/validate-token", self._validate),
            web.post("/labs/similar-artists/json", self._similar_artists),
            web.post("/labs/similar-recordings/json", self._similar_recordings),
            web.post("/labs/acr-lookup/json", self._lookup),
        ]

    async def _listens(self, request: web.Request) -> web.Response:
        person = self._world.people.get(request.match_info["name"].casefold())
        if person is None:
            return _no("Cannot find user", 404)
        count = min(int(request.query.get("count", 25)), MOST)
        before, after = request.query.get("max_ts"), request.query.get("min_ts")
        if before and after:
            return _no("You may only specify max_ts or min_ts, not both.", 400)
        found = [
            one
            for one in person.listens
            if (before is None or one.at < int(before)) and (after is None or one.at > int(after))
        ]
        page = found[-count:] if after else found[:count]
        return web.json_response(
            {
                "payload": {
                    "count": len(page),
                    "user_id": person.name,
                    "latest_listen_ts": person.listens[0].at if person.listens else 0,
                    "listens": [_listen(one) for one in page],
                }
            }
        )

    async def _count(self, request: web.Request) -> web.Response:
        person = self._world.people.get(request.match_info["name"].casefold())
        if person is None:
            return _no("Cannot find user", 404)
        return web.json_response({"payload": {"count": len(person.listens)}})

    async def _feedback(self, request: web.Request) -> web.Response:
        person = self._world.people.get(request.match_info["name"].casefold())
        if person is None:
            return _no("Cannot find user", 404)
        score = int(request.query.get("score", 1))
        rows = person.loved if score == 1 else person.hated
        start = int(request.query.get("offset", 0))
        page = rows[start : start + int(request.query.get("count", 25))]
        return web.json_response(
            {
                "feedback": [
                    {
                        "created": one.at,
                        "score": score,
                        "recording_mbid": one.track.mbid,
                        "recording_msid": None,
                        "track_metadata": _names(one.track),
                        "user_id": person.name,
                    }
                    for one in page
                ],
                "count": len(page),
                "total_count": len(rows),
                "offset": start,
            }
        )

    async def _metadata(self, request: web.Request) -> web.Response:
        asked = await request.json()
        answer = {}
        for mbid in asked["recording_mbids"]:
            track = self._world.by_mbid(mbid)
            if isinstance(track, StoodTrack) and track.mbid_known:
                answer[mbid] = _facts(track)
        return web.json_response(answer)

    async def _radio(self, request: web.Request) -> web.Response:
        artist = self._world.by_mbid(request.match_info["mbid"])
        needed = {
            "mode",
            "max_similar_artists",
            "max_recordings_per_artist",
            "pop_begin",
            "pop_end",
        }
        if not needed <= request.query.keys():
            return _no("missing parameters", 400)
        if not isinstance(artist, StoodArtist):
            return web.json_response({})
        most = int(request.query["max_recordings_per_artist"])
        near = [a for a, _ in self._world.near(artist)][: int(request.query["max_similar_artists"])]
        return web.json_response(
            {
                other.mbid: [
                    {
                        "recording_mbid": track.mbid,
                        "similar_artist_mbid": other.mbid,
                        "similar_artist_name": other.name,
                        "total_listen_count": other.fans,
                    }
                    for track in self._world.of_artist(other)[:most]
                    if track.mbid_known
                ]
                for other in near
            }
        )

    async def _validate(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Token ")
        valid = bool(token) and token != "wrong"  # noqa: S105  # a stand-in's rule
        return web.json_response({"code": 200, "valid": valid, "message": "Token checked."})

    async def _similar_artists(self, request: web.Request) -> web.Response:
        (asked, *_rest) = await request.json()
        rows = []
        for mbid in asked["artist_mbids"]:
            artist = self._world.by_mbid(mbid)
            if not isinstance(artist, StoodArtist):
                continue
            rows += [
                {
                    "artist_mbid": other.mbid,
                    "name": other.name,
                    "comment": "",
                    "type": "Group",
                    "score": 10 * shared,
                    "reference_mbid": mbid,
                }
                for other, shared in self._world.near(artist)
            ]
        return web.json_response(rows)

    async def _similar_recordings(self, request: web.Request) -> web.Response:
        (asked, *_rest) = await request.json()
        rows = []
        for mbid in asked["recording_mbids"]:
            track = self._world.by_mbid(mbid)
            if not isinstance(track, StoodTrack):
                continue
            for other, shared in self._world.near(track.artist)[:20]:
                rows += [
                    {
                        "recording_mbid": near.mbid,
                        "recording_name": near.title,
                        "artist_credit_name": other.name,
                        "artist_credit_mbids": None,
                        "release_name": None,
                        "score": 7 * shared,
                        "reference_mbid": mbid,
                    }
                    for near in self._world.of_artist(other)[:1]
                ]
        return web.json_response(rows)

    async def _lookup(self, request: web.Request) -> web.Response:
        rows: list[dict[str, Any]] = []
        for index, asked in enumerate(await request.json()):
            track = self._world.find_track(asked["artist_credit_name"], asked["recording_name"])
            if track is not None and track.mbid_known:
                rows.append(
                    {
                        "index": index,
                        "artist_credit_name": track.artist.name,
                        "recording_name": track.title,
                        "recording_mbid": track.mbid,
                        "artist_mbids": [track.artist.mbid],
                    }
                )
        return web.json_response(rows)


def _names(track: StoodTrack) -> dict[str, Any]:
    mapped = {
        "recording_mbid": track.mbid,
        "recording_name": track.title,
        "artist_mbids": [track.artist.mbid],
    }
    return {
        "artist_name": track.artist.name,
        "track_name": track.title,
        "release_name": "",
        "additional_info": {"duration_ms": track.seconds * 1000},
        "mbid_mapping": mapped if track.mbid_known else None,
    }


def _listen(one: Heard) -> dict[str, Any]:
    return {
        "listened_at": one.at,
        "inserted_at": one.at,
        "recording_msid": f"msid-{one.track.id}",
        "user_name": "",
        "track_metadata": _names(one.track),
    }


def _facts(track: StoodTrack) -> dict[str, Any]:
    tags = [
        {
            "tag": tag,
            "count": max(1, 20 - 3 * n),
            "genre_mbid": track.artist.mbid,
            "artist_mbid": track.artist.mbid,
        }
        for n, tag in enumerate(track.artist.tags)
    ]
    return {
        "recording": {"name": track.title, "length": track.seconds * 1000, "rels": []},
        "artist": {
            "name": track.artist.name,
            "artist_credit_id": track.artist.id,
            "artists": [
                {
                    "artist_mbid": track.artist.mbid,
                    "name": track.artist.name,
                    "area": "Sweden",
                    "type": "Group",
                }
            ],
        },
        "release": {
            "name": "An album",
            "year": track.year,
            "mbid": None,
            "caa_id": track.id,
            "caa_release_mbid": track.mbid,
        },
        "tag": {"recording": tags[:1], "artist": tags, "release_group": []},
    }


def _no(words: str, status: int) -> web.Response:
    return web.json_response({"code": status, "error": words}, status=status)
