"""Where the stand-ins' links lead: pages that say what they are, since there is nothing to hear."""

from html import escape

from aiohttp import web

from bot.demo.sources.world import SourceWorld, StoodTrack

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} · stand-in</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1rem; }}
p.note {{ border-left: .25rem solid; padding-left: .75rem; }}
</style></head>
<body><main>
<h1>{title}</h1>
<p>by {artist}</p>
<p class="note">{words}</p>
</main></body></html>
"""
HEARD = "This is a stand-in. The real bot's link would play thirty seconds of this track here."
SHOWN = "This is a stand-in. The real bot's link would lead to this track at {service}."
SERVICES = {"deezer": "Deezer", "itunes": "iTunes"}


class Pages:
    """A page for each preview and each track."""

    def __init__(self, world: SourceWorld) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses it answers."""
        return [
            web.get("/pages/listen/{id}", self._listen),
            web.get("/pages/{service}/track/{id}", self._track),
        ]

    async def _listen(self, request: web.Request) -> web.Response:
        return self._page(self._by_number(request.match_info["id"]), HEARD)

    async def _track(self, request: web.Request) -> web.Response:
        service, wanted = request.match_info["service"], request.match_info["id"]
        if service not in SERVICES:
            raise web.HTTPNotFound
        at_deezer = service == "deezer"
        track = self._world.track_at_deezer(wanted) if at_deezer else self._by_number(wanted)
        return self._page(track, SHOWN.format(service=SERVICES[service]))

    def _by_number(self, wanted: str) -> StoodTrack | None:
        return self._world.track_by_id(int(wanted)) if wanted.isdigit() else None

    def _page(self, track: StoodTrack | None, words: str) -> web.Response:
        if track is None:
            raise web.HTTPNotFound
        text = PAGE.format(
            title=escape(track.title), artist=escape(track.artist.name), words=escape(words)
        )
        return web.Response(text=text, content_type="text/html")


def listen_address(request: web.Request, track: StoodTrack) -> str:
    """Return where a stand-in lets half a minute of a track be heard."""
    return f"{request.url.origin()}/pages/listen/{track.id}"


def track_address(request: web.Request, service: str, track: StoodTrack) -> str:
    """Return where a stand-in shows a track."""
    return f"{request.url.origin()}/pages/{service}/track/{track.id}"
