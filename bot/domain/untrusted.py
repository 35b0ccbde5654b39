"""How values from outside become names, numbers, instants and ids; whatever doesn't fit is None."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

EARLIEST_MS = 946_684_800_000
"""The year 2000: anything before is a clock that was never set."""
FUTURE_TOLERANCE_MS = 86_400_000
"""Clocks may be a day ahead, not more."""
LONGEST_PLAY_MS = 7 * 86_400_000
SHORTEST_PLAY_MS = 30_000
"""From here on a listen counts as a play, as Spotify and ListenBrainz count."""
MOST_PLAYS = 1_000_000
_LONGEST_TEXT = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPOTIFY_TRACK = re.compile(
    r"(?:spotify:track:|https?://open\.spotify\.com/(?:intl-[a-z]+/)?track/)([A-Za-z0-9]{22})(?:\?.*)?"
)
_MBID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOBODY = frozenset(
    {"various artists", "various", "unknown artist", "[unknown]", "<unknown>", "[no artist]"}
)


def clean_text(value: object) -> str | None:
    """Return a name in one line without control characters; None when it is none."""
    return _clean(value) if isinstance(value, str) and len(value) <= 4 * _LONGEST_TEXT else None


@lru_cache(maxsize=32_768)
def _clean(value: str) -> str | None:
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode("utf-8")  # lone surrogates
    if not value.isprintable():
        value = "".join(c if c.isprintable() or c.isspace() or c == "\u200d" else "" for c in value)
    text = " ".join(value.split())
    return text if 0 < len(text) <= _LONGEST_TEXT else None


def artist_name(value: object) -> str | None:
    """Return an artist's name; None for placeholders such as Various Artists."""
    name = clean_text(value)
    return None if name is None or name.casefold() in _NOBODY else name


def whole_number(value: object, *, most: int) -> int | None:
    """Return a whole number 0..most, None for anything else: true, NaN, 1e999, 2^63, text."""
    if type(value) is int:  # nearly always
        return value if 0 <= value <= most else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if value != value or not 0 <= value <= most:  # NaN alone differs from itself
        return None
    whole = int(value)
    return whole if whole == value else None


def number_in_text(value: str, *, most: int) -> int | None:
    """Return the whole number a text spells; long digit strings are refused unread."""
    text = value.strip()
    if not 0 < len(text) <= 20 or not text.isascii():
        return None
    if text.isdigit():
        number = int(text)
        return number if number <= most else None
    try:
        return whole_number(float(text), most=most)
    except ValueError:
        return None


def instant_ms(text: str) -> int | None:
    """Return milliseconds since 1970 of an ISO date and time; without a zone it is UTC."""
    if not 10 <= len(text) <= 40 or not (text.isascii() and text.isprintable()):
        return None
    late = 0
    if text[16:19] == ":60":  # a leap second
        text, late = text[:16] + ":59" + text[19:], 1000
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        since = at - _EPOCH
        seconds = since.days * 86_400 + since.seconds
        return seconds * 1000 + since.microseconds // 1000 + late
    except (ValueError, OverflowError):
        return None


def epoch_ms(value: object, *, most: int = 10**13) -> int | None:
    """Return milliseconds of a Unix time in seconds; a fraction is dropped."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if value != value or not 0 <= value <= most:  # NaN
        return None
    return int(value) * 1000


def spotify_uri(value: object) -> str | None:
    """Return `spotify:track:…` from a URI or a link, None for anything else."""
    return _uri(value) if isinstance(value, str) and len(value) <= 200 else None


@lru_cache(maxsize=32_768)
def _uri(value: str) -> str | None:
    match = _SPOTIFY_TRACK.fullmatch(value.strip())
    return f"spotify:track:{match[1]}" if match else None


def recording_mbid(value: object) -> str | None:
    """Return a MusicBrainz id in lower case, None for anything else."""
    if not isinstance(value, str):
        return None
    text = value.strip().lower() if len(value) < 60 else ""
    return text if _MBID.fullmatch(text) else None
