"""Links on titles: exact where an id is known, else a search on the member's service (D17)."""

from urllib.parse import quote, quote_plus

from bot.domain.music import LinkService, Subject
from bot.domain.stand_ins import is_real
from bot.ui.safe import safe_text
from bot.ui.texts import Markdown

_SEARCH = {
    LinkService.YOUTUBE: "https://www.youtube.com/results?search_query={plus}",
    LinkService.SPOTIFY: "https://open.spotify.com/search/{percent}",
    LinkService.APPLE_MUSIC: "https://music.apple.com/search?term={plus}",
    LinkService.DEEZER: "https://www.deezer.com/search/{percent}",
    LinkService.TIDAL: "https://listen.tidal.com/search?q={plus}",
    LinkService.BANDCAMP: "https://bandcamp.com/search?q={plus}",
}
MAX_URL = 190
TITLE = 70
ARTIST = 50
COMPACT_URL = 130
COMPACT_TITLE = 45
COMPACT_ARTIST = 30


def url_of(subject: Subject, service: LinkService, *, limit: int = MAX_URL) -> str:
    """Return where a title leads on a service; a search that would be too long gets shorter."""
    track = subject.track
    if service is LinkService.SPOTIFY and track is not None and is_real(track.spotify_id):
        return f"https://open.spotify.com/track/{quote(track.spotify_id, safe='')}"
    if service is LinkService.DEEZER and track is not None and is_real(track.deezer_id):
        return f"https://www.deezer.com/track/{quote(track.deezer_id, safe='')}"
    query = f"{subject.artist.name} {track.title}" if track else subject.artist.name
    query = query.encode("utf-8", "ignore").decode()
    url = _search(query, service)
    while len(url) > limit and query:
        query = query[: len(query) - max(1, (len(url) - limit) // 12)].rstrip()
        url = _search(query, service)
    return url


def _search(query: str, service: LinkService) -> str:
    return _SEARCH[service].format(plus=quote_plus(query, safe=""), percent=quote(query, safe=""))


def linked(subject: Subject, service: LinkService) -> Markdown:
    """Return the title as a link, with artist and year on a second line."""
    title = f"**[{safe_text(subject.title, limit=TITLE)}]({url_of(subject, service)})**"
    if subject.track is None:
        return Markdown(title)
    year = f" · {subject.track.year}" if subject.track.year else ""
    return Markdown(f"{title}\n{safe_text(subject.artist.name, limit=ARTIST)}{year}")


def linked_in_line(subject: Subject, service: LinkService) -> Markdown:
    """Return title and artist on one short line, for lists of ten."""
    url = url_of(subject, service, limit=COMPACT_URL)
    title = f"**[{safe_text(subject.title, limit=COMPACT_TITLE)}]({url})**"
    if subject.track is None:
        return Markdown(title)
    return Markdown(f"{title} · {safe_text(subject.artist.name, limit=COMPACT_ARTIST)}")
