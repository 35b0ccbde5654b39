"""Spotify's "extended streaming history": Streaming_History_Audio_*.json, older endsong_*.json.

`ts` is when a play ended, in UTC. Music, podcasts and audiobooks are mixed. Of each row only time,
length, track and how it ended are looked at; addresses and device names stay unread.
"""

from collections.abc import Mapping
from typing import Any

from bot.domain.listening import Source
from bot.worker.notes import Skip
from bot.worker.rows import (
    EARLIEST_MS,
    LONGEST_PLAY_MS,
    SHORTEST_PLAY_MS,
    StagedRow,
    artist_name,
    clean_text,
    instant_ms,
    spotify_uri,
    whole_number,
)

_BY_HAND = frozenset({"fwdbtn", "backbtn"})


def read_row(row: Mapping[str, Any], latest_ms: int) -> StagedRow | Skip:
    """Read one play; `latest_ms` is the newest time that can be true."""
    if _is_podcast(row):
        return Skip.PODCAST
    if _is_audiobook(row):
        return Skip.AUDIOBOOK
    if row.get("incognito_mode") is True:
        return Skip.PRIVATE
    artist = artist_name(row.get("master_metadata_album_artist_name"))
    if artist is None:
        return Skip.NO_ARTIST
    ended = row.get("ts")
    ended_ms = instant_ms(ended) if isinstance(ended, str) else None
    if ended_ms is None or ended_ms < EARLIEST_MS:
        return Skip.BAD_TIME
    if ended_ms > latest_ms:
        return Skip.FUTURE
    played = whole_number(row.get("ms_played"), most=LONGEST_PLAY_MS)
    if played is None:
        return Skip.BAD_NUMBER
    skipped = played < SHORTEST_PLAY_MS
    if skipped and not _skipped_by_hand(row):
        return Skip.SHORT
    return StagedRow(
        source=Source.SPOTIFY_EXTENDED,
        source_time=str(ended),
        started_at_ms=ended_ms - played,
        precision_ms=1000,
        ms_played=played,
        plays=1,
        skipped=skipped,
        artist=artist,
        title=clean_text(row.get("master_metadata_track_name")),
        uri=spotify_uri(row.get("spotify_track_uri")),
        mbid=None,
    )


def _skipped_by_hand(row: Mapping[str, Any]) -> bool:
    ending = row.get("reason_end")
    if ending == "trackdone":  # outranks `skipped`, which older years fill at random
        return False
    return row.get("skipped") is True or (isinstance(ending, str) and ending in _BY_HAND)


def _is_podcast(row: Mapping[str, Any]) -> bool:
    return bool(row.get("spotify_episode_uri") or row.get("episode_name"))


def _is_audiobook(row: Mapping[str, Any]) -> bool:
    return bool(row.get("audiobook_uri") or row.get("audiobook_title"))
