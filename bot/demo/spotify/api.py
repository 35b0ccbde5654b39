"""The Web API of the stand-in: strict where Spotify is, and nothing that a new app lacks."""

import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from bot.demo.spotify.world import RANGES, Account, Asked, Grant, Playlist, World, id_of

MOST_ITEMS: Final = 50
MOST_WRITTEN: Final = 100
MOST_SEARCH: Final = 10
MOST_PICTURE: Final = 256 * 1024


Operation = Callable[[Account, web.Request, Any], web.Response]


class ApiError(Exception):
    """An error answer."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"status": status, "message": message, **more}}


class Api:
    """Answers `/v1/…`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return every operation; any other path is refused as a removed one is."""
        return [
            web.get("/v1/me", self._handler(self._me)),
            web.get(
                "/v1/me/player/recently-played",
                self._handler(self._recent, "user-read-recently-played"),
            ),
            web.get("/v1/me/top/tracks", self._handler(self._top_tracks, "user-top-read")),
            web.get("/v1/me/top/artists", self._handler(self._top_artists, "user-top-read")),
            web.get("/v1/me/tracks", self._handler(self._saved, "user-library-read")),
            web.get("/v1/me/playlists", self._handler(self._playlists, "playlist-read-private")),
            web.post("/v1/me/playlists", self._handler(self._create, "playlist-modify-private")),
            web.put("/v1/playlists/{id}", self._handler(self._change, "playlist-modify-private")),
            web.get(
                "/v1/playlists/{id}/items", self._handler(self._items, "playlist-read-private")
            ),
            web.put(
                "/v1/playlists/{id}/items", self._handler(self._replace, "playlist-modify-private")
            ),
            web.post(
                "/v1/playlists/{id}/items", self._handler(self._add, "playlist-modify-private")
            ),
            web.get("/v1/me/following", self._handler(self._followed, "user-follow-read")),
            web.put("/v1/playlists/{id}/images", self._handler(self._picture, "ugc-image-upload")),
            web.get("/v1/search", self._handler(self._search)),
            web.post(
                "/v1/me/player/queue", self._handler(self._queue, "user-modify-playback-state")
            ),
            web.put("/v1/me/library", self._handler(self._save, "user-library-modify")),
            web.route("*", "/v1/{rest:.*}", self._handler(self._removed)),
        ]

    def _handler(self, operation: Operation, scope: str | None = None) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = await _body(request)
            try:
                grant = self._grant(request)
                account = grant.account
                query = dict(request.query)
                self._world.asked.append(
                    Asked(
                        request.method, request.path.removeprefix("/v1"), query, body, account.name
                    )
                )
                self._check(grant, scope)
                return operation(account, request, body)
            except ApiError as error:
                return web.json_response(error.body, status=error.status)

        return handle

    def _grant(self, request: web.Request) -> Grant:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        grant = self._world.holder(token)
        if grant is None:
            raise ApiError(401, "The access token expired")
        return grant

    def _check(self, grant: Grant, scope: str | None) -> None:
        if not self._world.owner_premium:
            raise ApiError(403, "Active premium subscription required for the owner of the app.")
        if not grant.account.allowlisted:
            raise ApiError(
                403, "User not registered in the Developer Dashboard: check the app's users."
            )
        if scope is not None and scope not in grant.scopes:
            raise ApiError(403, "Insufficient client scope")

    def _me(self, account: Account, request: web.Request, _body: Any) -> web.Response:
        del request
        return web.json_response(
            {
                "type": "user",
                "id": account.id,
                "account_id": account.account_id,
                "display_name": account.name,
                "uri": f"spotify:user:{account.id}",
            }
        )

    def _recent(self, account: Account, request: web.Request, _body: Any) -> web.Response:
        limit = _number(request, "limit", 20, MOST_ITEMS)
        if "after" in request.query and "before" in request.query:
            raise ApiError(400, "Only one of after and before")
        newest = sorted(account.plays, key=lambda play: play[0], reverse=True)[:limit]
        items = [{"track": t.body(), "played_at": _stamp(at), "context": None} for at, t in newest]
        return web.json_response({"items": items, "limit": limit, "next": None, "cursors": None})

    def _top_tracks(self, account: Account, request: web.Request, _body: Any) -> web.Response:
        found = account.top_tracks.get(_range(request), [])
        return self._page(request, [track.body() for track in found])

    def _top_artists(self, account: Account, request: web.Request, _body: Any) -> web.Response:
        found = account.top_artists.get(_range(request), [])
        return self._page(
            request,
            [{"type": "artist", "id": id_of("artist", n), "name": n, "genres": []} for n in found],
        )

    def _followed(self, account: Account, request: web.Request, _body: Any) -> web.Response:
        if _query(request, "type") != "artist":
            raise ApiError(400, "Invalid type")
        limit = _number(request, "limit", 20, MOST_ITEMS)
        items = [
            {"type": "artist", "id": id_of("artist", name), "name": name}
            for name in account.followed[:limit]
        ]
        return web.json_response(
            {"artists": {"items": items, "next": None, "total": len(items), "cursors": {}}}
        )

    def _picture(self, account: Account, request: web.Request, body: Any) -> web.Response:
        playlist = self._own(account, request)
        if request.content_type != "image/jpeg" or not isinstance(body, str):
            raise ApiError(400, "Invalid base64 image")
        if len(body) > MOST_PICTURE:
            raise ApiError(413, "Image too large")
        playlist.cover = b64decode(body)
        return web.Response(status=202)

    def _saved(self, account: Account, request: web.Request, _body: Any) -> web.Response:
        newest = sorted(account.saved, key=lambda one: one[0], reverse=True)
        return self._page(
            request, [{"added_at": _stamp(at, ms=False), "track": t.body()} for at, t in newest]
        )

    def _playlists(self, account: Account, request: web.Request, _body: Any) -> web.Response:
        mine = [p for p in reversed(self._world.playlists.values()) if p.owner == account.id]
        return self._page(request, [_playlist_body(p) for p in mine])

    def _create(self, account: Account, _request: web.Request, body: Any) -> web.Response:
        name = body.get("name") if isinstance(body, dict) else None
        if not isinstance(name, str) or not name:
            raise ApiError(400, "Missing required field: name")
        id_ = id_of("playlist", f"{account.id}{len(self._world.playlists)}")
        made = Playlist(
            id_, account.id, name, str(body.get("description", "")), bool(body.get("public", True))
        )
        self._world.playlists[id_] = made
        return web.json_response(_playlist_body(made), status=201)

    def _change(self, account: Account, request: web.Request, body: Any) -> web.Response:
        playlist = self._own(account, request)
        for key in ("name", "description", "public"):
            if isinstance(body, dict) and key in body:
                setattr(playlist, key, body[key])
        return web.Response(status=200)

    def _items(self, account: Account, request: web.Request, _body: Any) -> web.Response:
        playlist = self._own(account, request)
        tracks = (self._world.tracks.get(uri.rpartition(":")[2]) for uri in playlist.uris)
        return self._page(
            request,
            [{"added_at": None, "is_local": False, "item": t and t.body()} for t in tracks],
        )

    def _replace(self, account: Account, request: web.Request, body: Any) -> web.Response:
        playlist = self._own(account, request)
        playlist.uris = self._uris(body)
        playlist.changes += 1
        return web.json_response({"snapshot_id": playlist.snapshot})

    def _add(self, account: Account, request: web.Request, body: Any) -> web.Response:
        playlist = self._own(account, request)
        uris = self._uris(body)
        position = body.get("position", len(playlist.uris))
        if not isinstance(position, int) or not 0 <= position <= len(playlist.uris):
            raise ApiError(400, "Index out of bounds.")
        playlist.uris[position:position] = uris
        playlist.changes += 1
        return web.json_response({"snapshot_id": playlist.snapshot}, status=201)

    def _search(self, _account: Account, request: web.Request, _body: Any) -> web.Response:
        limit = _number(request, "limit", 5, MOST_SEARCH)
        if not request.query.get("q") or request.query.get("type") != "track":
            raise ApiError(400, "No search query")
        wanted = [part for part in request.query["q"].casefold().split('"')[1::2] if part]
        found = [
            track.body()
            for track in self._world.tracks.values()
            if all(part in f"{track.title}\n{track.artist}".casefold() for part in wanted)
        ]
        return web.json_response(
            {"tracks": {"items": found[:limit], "limit": limit, "next": None, "total": len(found)}}
        )

    def _queue(self, account: Account, request: web.Request, _body: Any) -> web.Response:
        if not account.premium:
            raise ApiError(
                403, "Player command failed: Premium required", reason="PREMIUM_REQUIRED"
            )
        if not account.device:
            raise ApiError(
                404, "Player command failed: No active device found", reason="NO_ACTIVE_DEVICE"
            )
        account.queue.append(_query(request, "uri"))
        return web.Response(status=204)

    def _save(self, account: Account, request: web.Request, _body: Any) -> web.Response:
        uris = _query(request, "uris").split(",")
        if len(uris) > 40:
            raise ApiError(400, "Too many uris")
        account.library.extend(uri for uri in uris if uri not in account.library)
        return web.Response(status=200)

    def _removed(self, _account: Account, _request: web.Request, _body: Any) -> web.Response:
        raise ApiError(403, "Forbidden")

    def _own(self, account: Account, request: web.Request) -> Playlist:
        playlist = self._world.playlists.get(request.match_info["id"])
        if playlist is None:
            raise ApiError(404, "Resource not found")
        if playlist.owner != account.id:
            raise ApiError(403, "Forbidden")
        return playlist

    def _uris(self, body: Any) -> list[str]:
        uris = body.get("uris") if isinstance(body, dict) else None
        if not isinstance(uris, list) or len(uris) > MOST_WRITTEN:
            raise ApiError(400, "Invalid request body")
        if any(str(uri).rpartition(":")[2] not in self._world.tracks for uri in uris):
            raise ApiError(400, "Invalid track uri")
        return [str(uri) for uri in uris]

    def _page(self, request: web.Request, items: Sequence[Any]) -> web.Response:
        limit = _number(request, "limit", 20, MOST_ITEMS)
        offset = _number(request, "offset", 0, 100_000)
        more = offset + limit < len(items)
        return web.json_response(
            {
                "items": list(items[offset : offset + limit]),
                "limit": limit,
                "offset": offset,
                "total": len(items),
                "next": "https://elsewhere.example/never-followed" if more else None,
                "previous": None,
            }
        )


async def _body(request: web.Request) -> Any:
    if not request.can_read_body:
        return None
    if request.content_type == "image/jpeg":
        return await request.text()
    try:
        return json.loads(await request.text())
    except ValueError:
        return None


def _playlist_body(playlist: Playlist) -> dict[str, Any]:
    return {
        "type": "playlist",
        "id": playlist.id,
        "name": playlist.name,
        "description": playlist.description,
        "public": playlist.public,
        "owner": {"id": playlist.owner},
        "snapshot_id": playlist.snapshot,
        "items": {"total": len(playlist.uris)},
    }


def _number(request: web.Request, name: str, default: int, most: int) -> int:
    try:
        value = int(request.query.get(name, default))
    except ValueError:
        raise ApiError(400, f"Invalid {name}") from None
    if not (1 if name == "limit" else 0) <= value <= most:
        raise ApiError(400, f"Invalid {name}")
    return value


def _range(request: web.Request) -> str:
    value = request.query.get("time_range", "medium_term")
    if value not in RANGES:
        raise ApiError(400, "Invalid time_range")
    return value


def _query(request: web.Request, name: str) -> str:
    value = request.query.get(name)
    if not value:
        raise ApiError(400, f"Missing {name}")
    return value


def _stamp(at: datetime, *, ms: bool = True) -> str:
    spec = "milliseconds" if ms else "seconds"
    return at.replace(tzinfo=None).isoformat(timespec=spec) + "Z"
