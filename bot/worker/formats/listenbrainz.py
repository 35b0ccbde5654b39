"""ListenBrainz exports: listens/YYYY/M.jsonl in a ZIP file, older ones a single JSON array.

`listened_at` is when a listen started, in Unix seconds. The ids that the server matched are better
than those a player sent.
"""

from collections.abc import Mapping
from typing import Any

from bot.domain.listening import Source
from bot.worker.notes import Skip
from bot.worker.rows import (
    EARLIEST_MS,
    LONGEST_PLAY_MS,
    StagedRow,
    artist_name,
    clean_text,
    epoch_ms,
    recording_mbid,
    spotify_uri,
    whole_number,
)


def read_row(row: Mapping[str, Any], latest_ms: int) -> StagedRow | Skip:
    """Read one listen; `latest_ms` is the newest time that can be true."""
    track = row.get("track_metadata")
    if not isinstance(track, dict):
        return Skip.BAD_ROW
    artist = artist_name(track.get("artist_name"))
    if artist is None:
        return Skip.NO_ARTIST
    started_ms = epoch_ms(row.get("listened_at"))
    if started_ms is None or started_ms < EARLIEST_MS:
        return Skip.BAD_TIME
    if started_ms > latest_ms:
        return Skip.FUTURE
    info = _object(track.get("additional_info"))
    mapping = _object(track.get("mbid_mapping"))
    seconds = whole_number(info.get("duration_played"), most=LONGEST_PLAY_MS // 1000)
    return StagedRow(
        source=Source.LISTENBRAINZ,
        source_time=str(started_ms // 1000),
        started_at_ms=started_ms,
        precision_ms=1000,
        ms_played=None if seconds is None else seconds * 1000,
        plays=1,
        skipped=False,
        artist=artist,
        title=clean_text(track.get("track_name")),
        uri=spotify_uri(info.get("spotify_id")),
        mbid=recording_mbid(mapping.get("recording_mbid"))
        or recording_mbid(info.get("recording_mbid")),
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
