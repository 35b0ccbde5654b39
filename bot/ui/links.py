"""Links on titles: exact where an id is known, else a search on the member's service (D17)."""

from urllib.parse import quote, quote_plus

from bot.domain.music import LinkService, Subject
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
_MAX_QUERY = 150


def url_of(subject: Subject, service: LinkService) -> str:
    """Return where a title leads on a service."""
    track = subject.track
    if service is LinkService.SPOTIFY and track is not None and track.spotify_id:
        return f"https://open.spotify.com/track/{quote(track.spotify_id, safe='')}"
    query = f"{subject.artist.name} {track.title}" if track else subject.artist.name
    query = query[:_MAX_QUERY].encode("utf-8", "ignore").decode()
    return _SEARCH[service].format(plus=quote_plus(query, safe=""), percent=quote(query, safe=""))


def linked(subject: Subject, service: LinkService) -> Markdown:
    """Return the title as a link, with the artist after it."""
    url = url_of(subject, service)
    title = f"**[{safe_text(subject.title, limit=90)}]({url})**"
    if subject.track is None:
        return Markdown(title)
    year = f" · {subject.track.year}" if subject.track.year else ""
    return Markdown(f"{title}\n{safe_text(subject.artist.name, limit=90)}{year}")
