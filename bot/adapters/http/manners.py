"""How each service wants to be treated; figures from their docs and from what others measured."""

from dataclasses import dataclass
from typing import Final

from bot.domain.sources import NAMES, OpenSource


@dataclass(frozen=True, slots=True)
class Manners:
    """The pace for one host, and what its refusals mean.

    A leaky bucket lets through twice its size in the first window, so buckets are small.
    """

    service: str
    calls: float
    per_s: float
    later_statuses: frozenset[int] = frozenset({429})
    """Answers that mean "everything later", not "this failed"."""
    kinds: tuple[str, ...] = ("json",)
    """Words of which a content type has to hold one."""
    pause_s: float = 60.0
    """How long nothing is sent after a refusal that names no time; doubled each time in a row."""


LABS: Final = "ListenBrainz labs"
MANNERS: Final = {
    OpenSource.LISTENBRAINZ: Manners(NAMES[OpenSource.LISTENBRAINZ], 2, 1.0, pause_s=10),
    OpenSource.LASTFM: Manners(NAMES[OpenSource.LASTFM], 4, 1.0, pause_s=300),
    OpenSource.DEEZER: Manners(NAMES[OpenSource.DEEZER], 8, 1.0, pause_s=5),
    # Above one call a second MusicBrainz refuses every call with 503 until the rate drops.
    OpenSource.MUSICBRAINZ: Manners(
        NAMES[OpenSource.MUSICBRAINZ],
        1,
        1.1,
        later_statuses=frozenset({429, 503}),
        pause_s=5,
    ),
    OpenSource.RECCOBEATS: Manners(NAMES[OpenSource.RECCOBEATS], 1, 1.0),
    # About twenty a minute are allowed; more are answered with 403. Its JSON is called JavaScript.
    OpenSource.ITUNES: Manners(
        NAMES[OpenSource.ITUNES],
        1,
        3.0,
        later_statuses=frozenset({403, 429}),
        kinds=("json", "javascript"),
    ),
}
LABS_MANNERS: Final = Manners(LABS, 1, 1.0)
