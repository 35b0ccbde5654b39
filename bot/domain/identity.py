"""Whether two names mean one recording: what releases call differently, and what only looks alike.

Remasters, mono and deluxe editions are the same song; live takes, remixes and covers are not. Guests
are no part of the title.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from recsys.names import name_key

LEAST_ARTIST: Final = 85.0
LEAST_TITLE: Final = 90.0
LEAST_WITHOUT_LENGTH: Final = 95.0
LENGTH_MS: Final = 5000
LENGTH_SHARE: Final = 0.03

_YEAR = r"(?:19|20)\d\d"
_SAME = re.compile(
    rf"""\b(?:
    (?:{_YEAR}\s+)?(?:digital(?:ly)?\s+)?re-?master(?:ed|s)?(?:\s+(?:version|edition|mix))?(?:\s+(?:in\s+)?{_YEAR})?
    |(?:mono|stereo)(?:\s+(?:version|mix))?
    |(?:super\s+)?deluxe(?:\s+(?:edition|version))?|expanded(?:\s+edition)?|anniversary\s+edition
    |bonus(?:\s+track)?|(?:album|single|lp|original(?:\s+album)?)\s+version
    |explicit(?:\s+version)?|clean(?:\s+version)?
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_GUESTS = re.compile(r"^(?:feat\.?|ft\.?|featuring|with)\s+\S", re.IGNORECASE)
_BARE_GUESTS = re.compile(r"\s+(?:feat\.?|ft\.?|featuring)\s+[^()\[\]]+", re.IGNORECASE)
_FILM = re.compile(r"^(?:from\b|original\s+(?:motion\s+picture\s+)?soundtrack)", re.IGNORECASE)
_SEGMENT = re.compile(
    r"\(([^()]*)\)|\[([^\[\]]*)\]|\s+[-–—]\s+([^()\[\]]+?)(?=\s*(?:\(|\[|$|\s[-–—]\s))"
)
_WORTH_A_LOOK = re.compile(r"[(\[]|\s[-–—]\s|\sf(?:ea)?t", re.IGNORECASE)
_FLAGS: Final = {
    "live": r"live|unplugged|in concert|session|ao vivo|en vivo",
    "acoustic": r"acoustic|stripped|piano version",
    "demo": r"demo|rehearsal|outtake|early take|alternate take",
    "remix": r"remix|rmx|re-?edit|bootleg|vip mix|dub|\w+ mix|mixed",
    "edit": r"radio edit|extended|edit|short version|long version",
    "instrumental": r"instrumental|karaoke|backing track",
    "cover": r"cover|tribute|in the style of|made famous",
    "speed": r"sped up|slowed|nightcore|reverb|8d",
    "again": r"re-?recorded|\w+['’]s version|new version",
}
_FLAG = {name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in _FLAGS.items()}
_NUMBERS = re.compile(r"\d+|\b[ivx]+\b")
_SPLIT = re.compile(
    r"\s*(?:,|;|/|&|\+|\bfeat\.?|\bft\.?|\bfeaturing\b|\bwith\b|\bx\b|\band\b|\bvs\.?)\s+", re.I
)


@lru_cache(maxsize=32_768)
def song_key(title: str) -> str:
    """Return the key under which releases of one recording meet: `name_key` without the notes."""
    return name_key(bare_title(title))


def bare_title(title: str) -> str:
    """Return a title without notes on the release, guests and films; never nothing."""
    if not _WORTH_A_LOOK.search(title):
        return title
    without = _BARE_GUESTS.sub(" ", _SEGMENT.sub(_kept, title)).strip()
    return without if re.search(r"\w", without) else title


def _kept(segment: "re.Match[str]") -> str:
    words = next(group for group in segment.groups() if group is not None).strip()
    if _GUESTS.match(words) or _FILM.match(words):
        return ""
    left = _SAME.sub(" ", words)
    if left == words:
        return segment[0]
    left = " ".join(left.split()).strip(" -/;,:")
    return f" ({left})" if re.search(r"[^\W\d]", left) else ""


def flags(title: str) -> frozenset[str]:
    """Return what makes a recording another one than the song's first, as far as its notes say."""
    notes = " ; ".join(
        next(group for group in found.groups() if group is not None)
        for found in _SEGMENT.finditer(title)
    )
    return frozenset(name for name, pattern in _FLAG.items() if pattern.search(notes))


@dataclass(frozen=True, slots=True)
class Known:
    """What a source says of a track."""

    artist: str
    title: str
    length_ms: int | None = None
    isrc: str | None = None
    mbid: str | None = None


def likeness(ours: Known, theirs: Known) -> float | None:
    """Return how sure it is that two are one recording, 0 to 100; None when they are not.

    Ids come first; then names, on the condition that versions and numbers agree and that the
    lengths don't differ, where both are known.
    """
    if ours.isrc and ours.isrc == theirs.isrc:
        return 100.0
    if ours.mbid and ours.mbid == theirs.mbid:
        return 100.0
    if flags(ours.title) != flags(theirs.title):
        return None
    mine, other = song_key(ours.title), song_key(theirs.title)
    if _NUMBERS.findall(mine) != _NUMBERS.findall(other):
        return None
    by_artist, by_title = _artists(ours.artist, theirs.artist), _ratio(mine, other)
    sure = min(by_artist + (100 - LEAST_ARTIST) / 3, by_title)
    if by_artist < LEAST_ARTIST or by_title < LEAST_TITLE:
        return None
    if ours.length_ms and theirs.length_ms:
        allowed = max(LENGTH_MS, LENGTH_SHARE * ours.length_ms)
        return sure if abs(ours.length_ms - theirs.length_ms) <= allowed else None
    return sure if by_title >= LEAST_WITHOUT_LENGTH else None


def first_artist(artist: str) -> str:
    """Return the first of several artists; names that hold a comma or `&` are tried whole, too."""
    return _SPLIT.split(artist, maxsplit=1)[0] or artist


def same_artist(ours: str, theirs: str) -> bool:
    """Return whether two spellings mean one artist."""
    return _artists(ours, theirs) >= LEAST_ARTIST


def _artists(ours: str, theirs: str) -> float:
    pairs = (
        (ours, theirs),
        (first_artist(ours), theirs),
        (ours, first_artist(theirs)),
        (first_artist(ours), first_artist(theirs)),
    )
    return max(_ratio(name_key(a), name_key(b)) for a, b in pairs)


def _ratio(a: str, b: str) -> float:
    from rapidfuzz import fuzz  # here, because the bot's start should not pay for it

    # Not the token *set* ratio: to it every song is contained in a longer title.
    return max(fuzz.ratio(a, b), fuzz.token_sort_ratio(a, b))
