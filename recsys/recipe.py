"""The parts that a score can have, and how much each is trusted before anything is learned."""

from dataclasses import dataclass

from recsys.base import Model
from recsys.evidence import Level
from recsys.part import LINE

HALF_HEARD = 150.0
"""Listeners at which the trust in a part lies halfway between thin and rich data."""


@dataclass(frozen=True)
class PartKind:
    """What is known of a part in advance.

    Parameters
    ----------
    level : Level
    thin, rich : float
        Log-odds per standard deviation of the part among near candidates, with no listener and
        with very many; what lies between is interpolated. Chosen on validation rows of public sets.
    bends : tuple of float
        Knees of the curve's basis functions, in those standard deviations; the prior trust is on
        the first one.
    signed : bool
        Whether it may speak against an item the more it has (fame may); the others only rise.
    personal : bool
    reads_nearby : bool
        Whether it is about what people close to the listener play, not about what they play.
    needs_listeners : bool
        Whether it has nothing to say about an artist without listeners, or the same of all of them.
    least_spread : float
        Standard deviation, in raw units, below which the sample's own is not believed: a part that
        so far speaks to few listeners shows too little of it to be measured by.
    """

    level: Level
    thin: float
    rich: float
    bends: tuple[float, ...] = (LINE,)
    signed: bool = False
    personal: bool = True
    reads_nearby: bool = False
    needs_listeners: bool = False
    least_spread: float = 0.0

    def trust(self, n_users: int) -> float:
        """Return the prior slope with so many listeners, in log-odds per standard deviation."""
        heard = n_users / (n_users + HALF_HEARD)
        return heard * self.rich + (1 - heard) * self.thin


_COUNTS = (0.3, LINE)
_ARTIST, _ITEM = Level.ARTIST, Level.ITEM

KINDS: dict[str, PartKind] = {
    "popularity": PartKind(_ARTIST, 0.1, -0.2, signed=True, personal=False, needs_listeners=True),
    "renown": PartKind(_ARTIST, 0.5, 0.0, signed=True, personal=False),
    "latent": PartKind(_ARTIST, 0.0, 1.0, needs_listeners=True),
    "neighbours": PartKind(_ARTIST, 0.0, 0.2, signed=True, needs_listeners=True),
    "neighbours_tfidf": PartKind(_ARTIST, 0.0, 0.2, signed=True, needs_listeners=True),
    "neighbours_bm25": PartKind(_ARTIST, 0.0, 0.2, signed=True, needs_listeners=True),
    "graph_walk": PartKind(_ARTIST, 0.0, 0.2, needs_listeners=True),
    "user_neighbours": PartKind(_ARTIST, 0.0, 0.2, needs_listeners=True),
    "closed_form": PartKind(_ARTIST, 0.4, 0.2),
    "content": PartKind(_ARTIST, 0.8, 0.4),
    "country": PartKind(_ARTIST, 0.15, 0.05),
    "era": PartKind(_ARTIST, 0.15, 0.05),
    "lifted": PartKind(_ARTIST, 0.0, 0.25, signed=True),
    "similar_elsewhere": PartKind(_ARTIST, 0.8, 0.3, least_spread=0.08),
    "background": PartKind(_ARTIST, 1.0, 0.5),
    "background_neighbours": PartKind(_ARTIST, 0.3, 0.15),
    "background_renown": PartKind(_ARTIST, 0.1, 0.0, signed=True, personal=False),
    "background_lifted": PartKind(_ARTIST, 0.1, 0.1),
    "nearby": PartKind(_ARTIST, 0.1, 0.1, reads_nearby=True),
    "familiar": PartKind(_ARTIST, 0.5, 0.3, bends=_COUNTS),
    "track_popularity": PartKind(_ITEM, 0.2, 0.0, signed=True, personal=False),
    "track_closed_form": PartKind(_ITEM, 0.1, 0.2, needs_listeners=True),
    "track_latent": PartKind(_ITEM, 0.0, 0.2, needs_listeners=True),
    "track_content": PartKind(_ITEM, 0.3, 0.2),
    "track_era": PartKind(_ITEM, 0.1, 0.1),
    "sound": PartKind(_ITEM, 0.2, 0.2),
    "artist_tracks": PartKind(_ITEM, 0.2, 0.8, bends=_COUNTS),
    "artist_share": PartKind(_ITEM, 0.0, 0.2),
    "album_tracks": PartKind(_ITEM, 0.2, 0.3, bends=_COUNTS),
    "album_share": PartKind(_ITEM, 0.0, 0.2),
    "album_popularity": PartKind(_ITEM, 0.0, 0.0, signed=True, personal=False),
}


Slopes = tuple[float, float, float]
"""Of regulars, of newcomers, and of what hardly anybody has heard (see ``Curve``)."""


@dataclass(frozen=True)
class Told:
    """What a background prior says a part is worth before anything is learned here.

    Parameters
    ----------
    raw : three floats
        Log-odds per unit of the raw score: it means the same here as in the prior.
    spread : float
        Log-odds per standard deviation, added to it.
    """

    raw: Slopes
    spread: float


@dataclass(frozen=True, eq=False)
class Candidate:
    """A fitted model that has no curve yet; ``told`` is what a background prior says of it."""

    name: str
    model: Model
    told: Told | None = None

    @property
    def kind(self) -> PartKind:
        """What is known of the part in advance."""
        return KINDS[self.name]
