"""One staged listen."""

from typing import NamedTuple

from bot.domain.listening import Source
from bot.domain.untrusted import EARLIEST_MS as EARLIEST_MS
from bot.domain.untrusted import FUTURE_TOLERANCE_MS as FUTURE_TOLERANCE_MS
from bot.domain.untrusted import LONGEST_PLAY_MS as LONGEST_PLAY_MS
from bot.domain.untrusted import MOST_PLAYS as MOST_PLAYS
from bot.domain.untrusted import SHORTEST_PLAY_MS as SHORTEST_PLAY_MS
from bot.domain.untrusted import artist_name as artist_name
from bot.domain.untrusted import clean_text as clean_text
from bot.domain.untrusted import epoch_ms as epoch_ms
from bot.domain.untrusted import instant_ms as instant_ms
from bot.domain.untrusted import number_in_text as number_in_text
from bot.domain.untrusted import recording_mbid as recording_mbid
from bot.domain.untrusted import spotify_uri as spotify_uri
from bot.domain.untrusted import whole_number as whole_number


class StagedRow(NamedTuple):
    """A listen on its way into the database; `title` is None for artist-only rows."""

    source: Source
    source_time: str
    """The source's own time, one spelling per instant; empty where it gives none."""
    started_at_ms: int | None
    precision_ms: int | None
    ms_played: int | None
    plays: int
    skipped: bool
    artist: str
    title: str | None
    uri: str | None
    mbid: str | None
    listener: str | None = None
