"""Evidence to signed confidence: how much each row says, for training and for fold-in alike.

A listener's weight for a target (an artist or an item) is a plain sum over their rows, so whatever
a linear model makes of that weight can be shared out over the rows again.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np

from recsys.catalogue import Catalogue
from recsys.errors import DataError
from recsys.evidence import Evidence, Interactions, Kind, Level
from recsys.sparse import csr
from recsys.types import Csr, Doubles, Ints

Scale = Literal["rank", "log", "bm25", "same"]
SCALES: tuple[Scale, ...] = get_args(Scale)
_NOT_NEGATIVE = (
    *("least_play", "most_play", "least_decay", "pick", "like", "listed"),
    *("like_to_artist", "dislike_to_artist", "attention"),
)
_VOTES = np.zeros(len(Kind))
_VOTES[Kind.LIKE], _VOTES[Kind.DISLIKE] = 1.0, -1.0
_SATURATION = 1.2  # k1 of BM25, in means of the listener


@dataclass(frozen=True)
class Weighing:
    """How rows become confidence; all weights are dimensionless.

    Plays of one target are added up after decay, then ranked among the listener's own targets: the
    least played one gets a little over ``least_play``, the most played one a little under
    ``most_play``. A rank needs no unit, so a source that counts years of plays and one that counts
    a week say the same (``scale`` has other ways, all between the same ends); what was not played
    lately counts less, by the decay of its latest play. Votes and skips fade more slowly than plays
    (``vote_half_life_days``, a choice: nothing public has dated votes); what was picked or listed
    does not. A listener has few verdicts among many plays; ``attention`` is the most by which they
    are multiplied so that each stays visible: sqrt(things played / (4 + things judged)), at least 1.
    """

    least_play: float = 0.5
    most_play: float = 1.5
    half_life_days: float = 540.0
    vote_half_life_days: float = 1080.0
    least_decay: float = 0.15
    pick: float = 1.5
    like: float = 1.0
    dislike: float = -0.3
    skip: float = -0.2
    listed: float = 1.0
    like_to_artist: float = 0.8
    dislike_to_artist: float = 0.5
    attention: float = 2.0
    scale: Scale = "rank"

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise DataError(f"scale must be one of {', '.join(SCALES)}")
        for name in ("half_life_days", "vote_half_life_days"):
            if not getattr(self, name) > 0:
                raise DataError(f"{name} must be > 0")
        for name in ("dislike", "skip"):
            if not -np.inf < getattr(self, name) <= 0:
                raise DataError(f"{name} must be a number <= 0")
        for name in _NOT_NEGATIVE:
            if not 0 <= getattr(self, name) < np.inf:
                raise DataError(f"{name} must be a number >= 0")

    def as_dict(self) -> dict[str, Any]:
        """Give the settings by name."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Links:
    """Row k of the evidence gives listener ``user[k]`` the weight ``weight[k]`` for ``target[k]``.

    All arrays have shape (n_rows,); ``target`` is -1 where the row says nothing at this level.
    """

    user: Ints
    target: Ints
    weight: Doubles

    def matrix(self, n_users: int, n_targets: int) -> Csr:
        """Signed confidence, csr_array of shape (n_users, n_targets), float32, no stored zeros."""
        known = (self.target >= 0) & (self.weight != 0)
        key, place = np.unique(
            self.user[known].astype(np.int64) * n_targets + self.target[known], return_inverse=True
        )
        total = np.bincount(place, self.weight[known], len(key))
        kept = np.abs(total) >= 1e-6  # a like and a dislike may cancel
        user, target = np.divmod(key[kept], n_targets)
        ends = np.searchsorted(user, np.arange(n_users + 1))
        return csr((total[kept].astype(np.float32), target, ends), (n_users, n_targets))


@dataclass(frozen=True, eq=False)
class Signals:
    """The links of the same rows: the listener's own at both levels, and those of people nearby.

    ``nearby`` is about artists; its weight is log(1 + people). ``said`` is what the listener's votes
    say of the artist itself: 1 for a like, -1 for a dislike, as far as it carries from an item.
    """

    artists: Links
    items: Links
    nearby: Links
    said: Links


def weigh(
    catalogue: Catalogue,
    rows: Evidence | Interactions,
    weighing: Weighing,
) -> Signals:
    """Weigh every row at both levels; ids that the catalogue does not hold are ignored.

    References
    ----------
    Hu, Koren, Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008,
    section 3 (confidence); ranks in place of counts and the half-life are choices of this project.
    """
    is_item = rows.level == Level.ITEM
    item = np.full(len(rows), -1, np.int64)
    artist = np.full(len(rows), -1, np.int64)
    item[is_item] = catalogue.items.index_of(rows.id[is_item])
    artist[~is_item] = catalogue.artists.index_of(rows.id[~is_item])
    known = item >= 0
    artist[known] = catalogue.artist_of[item[known]]
    if catalogue.is_flat:
        item = artist.copy()
    theirs = rows.kind == Kind.NEARBY
    nearby = np.where(theirs, artist, -1)
    artist[theirs], item[theirs] = -1, -1
    user = rows.user if isinstance(rows, Interactions) else np.zeros(len(rows), np.int64)
    n_users = rows.n_users if isinstance(rows, Interactions) else 1

    faded = _faded_votes(rows, weighing)
    thing = np.where(item >= 0, item, np.where(artist >= 0, catalogue.n_items + artist, -1))
    stated = _stated(rows, weighing) * _attention(rows.kind, user, thing, n_users, weighing) * faded
    carried = np.ones(len(rows))
    if not catalogue.is_flat:
        carried[is_item & (rows.kind == Kind.LIKE)] = weighing.like_to_artist
        carried[is_item & (stated < 0)] = weighing.dislike_to_artist
    decay = _decay_of_plays(rows, weighing)
    plays = rows.value.astype(np.float64) * decay
    return Signals(
        artists=Links(
            user, artist, stated * carried + _ranked(user, artist, plays, decay, weighing)
        ),
        items=Links(user, item, stated + _ranked(user, item, plays, decay, weighing)),
        nearby=Links(user, nearby, np.where(theirs, np.log1p(rows.value.astype(np.float64)), 0.0)),
        said=Links(user, artist, _VOTES[rows.kind] * faded * carried),
    )


def _stated(rows: Any, weighing: Weighing) -> Doubles:
    by_kind = np.zeros(len(Kind))
    by_kind[Kind.PICK] = weighing.pick
    by_kind[Kind.LIKE] = weighing.like
    by_kind[Kind.DISLIKE] = weighing.dislike
    by_kind[Kind.SKIP] = weighing.skip
    by_kind[Kind.LISTED] = weighing.listed
    stated: Doubles = by_kind[rows.kind]
    return stated


def _attention(kind: Any, user: Ints, thing: Ints, n_users: int, weighing: Weighing) -> Doubles:
    """By how much each verdict is multiplied; counts what was played and voted on, not the rows."""
    passive = (kind == Kind.PLAY) | (kind == Kind.LISTED) | (kind == Kind.NEARBY)
    if passive.all():
        return np.ones(len(kind))
    plays = _things(user, thing, passive, n_users)
    verdicts = _things(user, thing, ~passive, n_users)
    boost = np.clip(np.sqrt(plays / (4.0 + verdicts)), 1.0, weighing.attention)
    return np.where(passive, 1.0, boost[user])


def _things(user: Ints, thing: Ints, among: Any, n_users: int) -> Ints:
    """Count the different things that the rows marked True name, by listener."""
    rows = among & (thing >= 0)
    width = int(thing.max(initial=0)) + 1
    pairs = np.unique(user[rows] * width + thing[rows])
    return np.bincount(pairs // width, minlength=n_users)


def _faded_votes(rows: Any, weighing: Weighing) -> Doubles:
    """By how much each row's vote has faded, 1 for all else."""
    votes = (rows.kind == Kind.LIKE) | (rows.kind == Kind.DISLIKE) | (rows.kind == Kind.SKIP)
    decay = np.exp2(-rows.age_days.astype(np.float64) / weighing.vote_half_life_days)
    return np.where(votes, np.maximum(decay, weighing.least_decay), 1.0)


def _decay_of_plays(rows: Any, weighing: Weighing) -> Doubles:
    """By how much each row's plays have faded, 0 for all that is no play."""
    decay = np.exp2(-rows.age_days.astype(np.float64) / weighing.half_life_days)
    played = (rows.kind == Kind.PLAY) & (rows.value > 0)
    return np.where(played, np.maximum(decay, weighing.least_decay), 0.0)


def _ranked(
    user: Ints, target: Ints, plays: Doubles, decay: Doubles, weighing: Weighing
) -> Doubles:
    """Each row's part of the weight of its (listener, target) pair, by the rank of its plays.

    The weight is that rank's times the decay of the pair's latest plays, neither of which has a unit.
    """
    if not len(user):
        return np.zeros(0)
    width = int(target.max(initial=-1)) + 2
    key, pair = np.unique(user * width + (target + 1), return_inverse=True)
    total = np.bincount(pair, weights=plays)
    latest = np.zeros(len(key))
    np.maximum.at(latest, pair, decay)
    weight = weighing.least_play + (weighing.most_play - weighing.least_play) * scaled(
        key // width, np.where(key % width > 0, total, 0.0), weighing.scale
    )
    share = np.divide(plays, total[pair], out=np.zeros_like(plays), where=total[pair] > 0)
    ranked: Doubles = (weight * latest)[pair] * share
    return ranked


def scaled(user: Ints, total: Doubles, scale: Scale) -> Doubles:
    """Place each total among those of its listener, 0..1; 0 stays 0.

    "rank" is the mid-rank; "log" is ``log(1 + n) / log(1 + most)``; "bm25" the saturation
    ``n / (n + k1 mean)`` with the listener's own mean; "same" makes all alike.

    References
    ----------
    Robertson, Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009, section 3.4
    (the saturation; what is rare is for the models to weigh).
    """
    if scale == "rank" or not len(total):
        return quantile(user, total)
    played = total > 0
    if scale == "same":
        return np.where(played, 0.5, 0.0)
    size = int(user.max()) + 1
    if scale == "log":
        most = np.zeros(size)
        np.maximum.at(most, user, total)
        top = np.log1p(most)[user]
        return np.divide(np.log1p(total), top, out=np.zeros(len(total)), where=played)
    count = np.maximum(np.bincount(user[played], minlength=size), 1)
    mean = (np.bincount(user, total, size) / count)[user]
    return np.divide(total, total + _SATURATION * mean, out=np.zeros(len(total)), where=played)


def quantile(user: Ints, total: Doubles) -> Doubles:
    """Mid-rank of each positive total among those of its listener, 0..1; ties share one."""
    played = total > 0
    order = np.lexsort((total, user, ~played))[: int(played.sum())]
    who, value = user[order], total[order]
    same = np.concatenate([[False], (who[1:] == who[:-1]) & (value[1:] == value[:-1])])
    run = np.cumsum(~same) - 1
    size = np.bincount(run) if len(run) else np.zeros(0, np.int64)
    ends = np.cumsum(size)
    count = np.bincount(who) if len(who) else np.zeros(1, np.int64)
    first = np.cumsum(count) - count
    middle = (ends - size / 2)[run] - first[who]
    found = np.zeros(len(total))
    found[order] = middle / count[who]
    return found


def matrices(rows: Interactions, catalogue: Catalogue, weighing: Weighing) -> tuple[Csr, Csr]:
    """Signed confidence of all listeners, (n_users, n_artists) and (n_users, n_items)."""
    signals = weigh(catalogue, rows, weighing)
    return (
        signals.artists.matrix(rows.n_users, catalogue.n_artists),
        signals.items.matrix(rows.n_users, catalogue.n_items),
    )


def nearby_matrix(rows: Interactions, catalogue: Catalogue, weighing: Weighing) -> Csr:
    """Return what people close to each listener play, (n_users, n_artists)."""
    return weigh(catalogue, rows, weighing).nearby.matrix(rows.n_users, catalogue.n_artists)


def n_listeners(matrix: Csr) -> int:
    """Count the rows that say anything."""
    return int((np.diff(matrix.indptr) > 0).sum())


def audience(matrix: Csr) -> Ints:
    """Count the listeners of each column."""
    return np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.int64)
