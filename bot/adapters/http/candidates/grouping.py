"""Single similar tracks as neighbours: one per artist."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.domain.candidates import Neighbour

MOST_NEIGHBOURS: Final = 30
TRACKS_OF_EACH: Final = 2


def by_artist(listed: Sequence[Neighbour]) -> tuple[Neighbour, ...]:
    """Make one neighbour per artist of single tracks; a neighbour stands where its best track does."""
    found: dict[str, Neighbour] = {}
    for one in listed:
        known = found.get(one.name.casefold())
        if known is None:
            found[one.name.casefold()] = one
        elif len(known.tracks) < TRACKS_OF_EACH:
            found[one.name.casefold()] = replace(known, tracks=(*known.tracks, *one.tracks))
    return tuple(found.values())[:MOST_NEIGHBOURS]
