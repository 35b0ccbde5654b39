"""Spotify's "account data", the last year: StreamingHistory_music_*.json, older StreamingHistory*.json.

`endTime` is when a play ended, in UTC, to the minute. There are names only, no ids, and nothing says
whether a short play was skipped or cut off, so short ones are left out.
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
    whole_number,
)


def read_row(row: Mapping[str, Any], latest_ms: int) -> StagedRow | Skip:
    """Read one play; `latest_ms` is the newest time that can be true."""
    if "podcastName" in row or "episodeName" in row:
        return Skip.PODCAST
    artist = artist_name(row.get("artistName"))
    if artist is None:
        return Skip.NO_ARTIST
    ended = row.get("endTime")
    ended_ms = instant_ms(ended) if isinstance(ended, str) else None
    if ended_ms is None or ended_ms < EARLIEST_MS:
        return Skip.BAD_TIME
    if ended_ms > latest_ms:
        return Skip.FUTURE
    played = whole_number(row.get("msPlayed"), most=LONGEST_PLAY_MS)
    if played is None:
        return Skip.BAD_NUMBER
    if played < SHORTEST_PLAY_MS:
        return Skip.SHORT
    return StagedRow(
        source=Source.SPOTIFY_ACCOUNT,
        source_time=str(ended),
        started_at_ms=ended_ms - played,
        precision_ms=60_000,
        ms_played=played,
        plays=1,
        skipped=False,
        artist=artist,
        title=clean_text(row.get("trackName")),
        uri=None,
        mbid=None,
    )
