"""Whether a search result is the track that was meant: the same recording, not merely the same words."""

import re
from collections.abc import Sequence
from typing import Final

from bot.domain.spotify import FoundTrack
from recsys.names import name_key

_BRACKETED: Final = re.compile(r"\s*[\(\[]([^()\[\]]*)[\)\]]")
_TAIL: Final = re.compile(r"\s+-\s+([^-]+)$")
_FEATURED: Final = re.compile(r"\s+(?:feat\.?|ft\.?|featuring)\s.*$", re.IGNORECASE)
_SAME: Final = re.compile(
    r"\b(?:remaster(?:ed)?|feat\.?|ft\.?|featuring|with|mono|stereo|album version|single version|"
    r"original mix|deluxe|bonus track|anniversary)\b",
    re.IGNORECASE,
)
"""Words after which it is still the same song; anything else in brackets makes it another."""


def best_match(found: Sequence[FoundTrack], *, title: str, artist: str) -> FoundTrack | None:
    """Return the first result that is the track, exact titles before those of other editions."""
    wanted, by = name_key(title), name_key(artist)
    mine = [one for one in found if by in {name_key(name) for name in one.artists}]
    exact = [one for one in mine if name_key(one.title) == wanted]
    close = [one for one in mine if core(one.title) == core(title)]
    return next(iter([*exact, *close]), None)


def core(title: str) -> str:
    """Return a title without what does not make it another recording, as a key."""
    kept = _BRACKETED.sub(lambda m: "" if _SAME.search(m[1]) else m[0], title)
    tail = _TAIL.search(kept)
    if tail and _SAME.search(tail[1]):
        kept = kept[: tail.start()]
    return name_key(_FEATURED.sub("", kept)) or name_key(title)
