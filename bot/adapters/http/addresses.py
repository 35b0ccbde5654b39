"""Where the open sources are; tests and the demo put stand-ins there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenAddresses:
    """Base addresses without a slash at the end."""

    listenbrainz: str = "https://api.listenbrainz.org/1"
    labs: str = "https://labs.api.listenbrainz.org"
    lastfm: str = "https://ws.audioscrobbler.com/2.0"
    deezer: str = "https://api.deezer.com"
    musicbrainz: str = "https://musicbrainz.org/ws/2"
    covers: str = "https://coverartarchive.org"
    """Only linked to."""
    reccobeats: str = "https://api.reccobeats.com/v1"
    itunes: str = "https://itunes.apple.com"
    deezer_pages: str = "https://www.deezer.com"
    """Only linked to."""
