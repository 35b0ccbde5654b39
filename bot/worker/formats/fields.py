"""The fields of a JSON row that some reader looks at; the rest is passed over unread."""

from typing import Any, TypedDict


class Row(TypedDict, total=False):
    """A row of any format; its values are untrusted, so they may be of any type."""

    # Spotify's extended streaming history
    ts: Any
    ms_played: Any
    master_metadata_track_name: Any
    master_metadata_album_artist_name: Any
    spotify_track_uri: Any
    episode_name: Any
    spotify_episode_uri: Any
    audiobook_title: Any
    audiobook_uri: Any
    reason_end: Any
    skipped: Any
    incognito_mode: Any
    # Spotify's account data
    endTime: Any
    msPlayed: Any
    artistName: Any
    trackName: Any
    podcastName: Any
    episodeName: Any
    # ListenBrainz
    listened_at: Any
    track_metadata: Any
