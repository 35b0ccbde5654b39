"""The open sources: services that are asked about music without anybody's password."""

from enum import StrEnum


class OpenSource(StrEnum):
    """A service outside; each can be switched off."""

    LISTENBRAINZ = "listenbrainz"
    LASTFM = "lastfm"
    DEEZER = "deezer"
    MUSICBRAINZ = "musicbrainz"
    RECCOBEATS = "reccobeats"
    ITUNES = "itunes"


NAMES = {
    OpenSource.LISTENBRAINZ: "ListenBrainz",
    OpenSource.LASTFM: "Last.fm",
    OpenSource.DEEZER: "Deezer",
    OpenSource.MUSICBRAINZ: "MusicBrainz",
    OpenSource.RECCOBEATS: "ReccoBeats",
    OpenSource.ITUNES: "iTunes",
}
"""As they write themselves."""
