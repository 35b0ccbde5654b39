"""A background prior: what listeners elsewhere taught, without any of them in it.

A server of five knows too little to learn what goes with what; thousands of listeners elsewhere know
it already. The prior brings it as further additive parts, and steps back as own listeners come.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from recsys.base import Model
from recsys.catalogue import Catalogue
from recsys.errors import DataError
from recsys.models.frozen import FrozenFactors, FrozenNeighbours, FrozenRenown
from recsys.names import name_key
from recsys.recipe import Slopes, Told
from recsys.sparse import csr, unit
from recsys.types import Bools, Csr, Doubles, Floats, Ints

FACTORS, LIFTED = "background", "background_lifted"
NEIGHBOURS, RENOWN = "background_neighbours", "background_renown"
HALF_OWN = 300.0
"""Own listeners at which the prior's weights count half: a choice of this project; from 100 to 1,000 it made little difference."""
_SMOOTHED = 5.0  # listeners that the mean share is worth, as in Popularity
_CONTENT = ("content", "country", "era", "similar_elsewhere", "nearby", "familiar")
"""Parts that say what the prior cannot know: of those without a weight in it half the trust stays."""


@dataclass(frozen=True)
class Provenance:
    """Where a prior comes from; nobody may use one without knowing.

    Parameters
    ----------
    source : str
        Whose listening it was learned from.
    licence : str
        Under which that was published.
    created : str
        ISO 8601 date.
    n_listeners : int
        Behind it.
    """

    source: str
    licence: str
    created: str
    n_listeners: int

    def __post_init__(self) -> None:
        for name in ("source", "licence"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip() or not text.isprintable():
                raise DataError(f"a background prior must name its {name}, in one line")
        try:
            date.fromisoformat(self.created)
        except (TypeError, ValueError) as error:
            raise DataError("a background prior must say when it was made") from error


@dataclass(frozen=True, eq=False)
class Background:
    """A prior as it is kept: artists and tags of another place, no listener of it.

    Parameters
    ----------
    keys : tuple of n_artists str
        ``name_key`` of each artist.
    mbids : tuple of n_artists str
        MusicBrainz ids; empty where unknown.
    listeners : ndarray of shape (n_artists,), int32
    n_known : int
        Artists of the fit; those kept are the ones with the most listeners.
    factors : ndarray of shape (n_artists, n_factors), float32
        Item factors of ``ALS``.
    gram : ndarray of shape (n_factors, n_factors), float64
        Of all artists of the fit.
    latent : mapping
        ``unobserved``, ``regularisation`` and ``dislike`` of that fit.
    neighbours : csr_array of shape (n_artists, n_artists), float32
        Weights of ``EASE``, the strongest of each row.
    norm : float
        See ``SparseWeights``.
    tags : tuple of n_tags str
    idf : ndarray of shape (n_tags,), float32
    tag_factors : ndarray of shape (n_tags, n_factors), float32
        Regression of the factors on unit rows of log(1 + count) * idf (see ``Lifted``).
    slopes : mapping of str to three floats
        What each part of the prior, and ``content``, was worth to held-out listeners there, in
        log-odds per unit of its raw score.
    about : Provenance
    """

    keys: tuple[str, ...]
    mbids: tuple[str, ...]
    listeners: Ints
    n_known: int
    factors: Floats
    gram: Doubles
    latent: Mapping[str, float]
    neighbours: Csr
    norm: float
    tags: tuple[str, ...]
    idf: Floats
    tag_factors: Floats
    slopes: Mapping[str, Slopes]
    about: Provenance

    def __post_init__(self) -> None:
        n, d = len(self.keys), self.factors.shape[1]
        shapes = {
            "mbids": ((len(self.mbids),), (n,)),
            "listeners": (self.listeners.shape, (n,)),
            "factors": (self.factors.shape, (n, d)),
            "gram": (self.gram.shape, (d, d)),
            "neighbours": (self.neighbours.shape, (n, n)),
            "idf": (self.idf.shape, (len(self.tags),)),
            "tag_factors": (self.tag_factors.shape, (len(self.tags), d)),
        }
        for name, (shape, wanted) in shapes.items():
            if shape != wanted:
                raise DataError(f"{name} of a background prior must have shape {wanted}")

    def places(self, names: Sequence[str], mbids: Sequence[str] | None = None) -> Ints:
        """Look artists up by MusicBrainz id, else by name; -1 where the prior does not know them."""
        by_mbid = {mbid: k for k, mbid in enumerate(self.mbids) if mbid}
        by_name = dict(zip(self.keys, range(len(self.keys)), strict=True))
        found = [by_name.get(name_key(name), -1) for name in names]
        for k, mbid in enumerate(mbids or ()):
            found[k] = by_mbid.get(mbid, found[k]) if mbid else found[k]
        return np.array(found, np.int64)

    def align(
        self, catalogue: Catalogue, names: Sequence[str], mbids: Sequence[str] | None = None
    ) -> "Aligned":
        """Bring the prior to the artists of a catalogue.

        Parameters
        ----------
        catalogue : Catalogue
        names : sequence of n_artists str
            What each artist is called.
        mbids : sequence of n_artists str, optional
            MusicBrainz ids; empty where unknown.
        """
        if len(names) != catalogue.n_artists or len(mbids or names) != catalogue.n_artists:
            raise DataError("a name for each artist is needed")
        place = self.places(names, mbids)
        known = place >= 0
        lifted = self._lifted(catalogue)
        factors = np.where(known[:, None], self.factors[place], lifted).astype(np.float32)
        listeners = np.where(known, self.listeners[place], 0).astype(np.int64)
        here = np.flatnonzero(known)
        near: Any = self.neighbours[place[here]].tocsc()[:, place[here]].tocoo()
        row, col = near.coords
        n = catalogue.n_artists
        return Aligned(
            known=known,
            factors=factors,
            lifted=lifted,
            neighbours=csr((near.data, (here[row], here[col])), (n, n)),
            listeners=listeners,
            prior=self,
        )

    def _lifted(self, catalogue: Catalogue) -> Floats:
        """Predict factors from tags, shape (n_artists, n_factors); zeros where no tag is known."""
        of_tag = {name_key(tag): k for k, tag in enumerate(self.tags)}
        place = np.array([of_tag.get(name_key(t), -1) for t in catalogue.tag_names], np.int64)
        tags: Any = catalogue.tags.tocoo()
        row, col = tags.coords
        told = (place[col] >= 0) & (tags.data > 0)
        column = place[col[told]]
        weight = np.log1p(tags.data[told]) * self.idf[column]
        rows = unit(csr((weight, (row[told], column)), (catalogue.n_artists, len(self.tags))))
        lifted: Floats = np.asarray(rows @ self.tag_factors, np.float32)
        return lifted


@dataclass(frozen=True, eq=False)
class Aligned:
    """A prior brought to the artists of one catalogue.

    Parameters
    ----------
    known : ndarray of shape (n_artists,), bool
    factors : ndarray of shape (n_artists, n_factors), float32
        Predicted from tags where the artist is unknown.
    lifted : ndarray of shape (n_artists, n_factors), float32
        Predicted from tags for all.
    neighbours : csr_array of shape (n_artists, n_artists), float32
    listeners : ndarray of shape (n_artists,), int64
    prior : Background
    """

    known: Bools
    factors: Floats
    lifted: Floats
    neighbours: Csr
    listeners: Ints
    prior: Background

    @property
    def log_odds(self) -> Floats:
        """Log-odds of a listener of each artist there, shape (n_artists,), float32."""
        prior = self.prior
        n = max(prior.about.n_listeners, 1)
        mean = max(float(prior.listeners.sum()), 1.0) / (n * max(prior.n_known, 1))
        share = (self.listeners + _SMOOTHED * mean) / (n + _SMOOTHED)
        share = np.clip(share, 1e-9, 0.999)
        log_odds: Floats = np.log(share / (1 - share)).astype(np.float32)
        return log_odds

    def models(self) -> Iterator[tuple[str, Model]]:
        """Make the models of the parts that the prior has something to say by, by name."""
        if self.factors.any():
            yield FACTORS, self._factors(None)
        if self.neighbours.nnz:
            yield NEIGHBOURS, FrozenNeighbours(self.neighbours, norm=self.prior.norm)
        if self.known.any():
            yield RENOWN, FrozenRenown(self.log_odds)
        if self.lifted.any():
            yield LIFTED, self._factors(self.lifted)

    def _factors(self, scored: Floats | None) -> FrozenFactors:
        prior = self.prior
        return FrozenFactors(self.factors, prior.gram, prior.n_known, scored=scored, **prior.latent)

    def share(self, n_users: int) -> float:
        """Say how much the prior's own weights count beside those of so many listeners here, 0..1.

        ``b = h / (n + h)``, h = 300 listeners, or all there are behind the prior where those are fewer.
        """
        half = min(HALF_OWN, float(self.prior.about.n_listeners))
        return half / (n_users + half) if half else 0.0

    def told(self, name: str, trust: float, n_users: int) -> Told:
        """Weigh a part in advance: the prior's word b, what holds without a prior 1 - b.

        Parameters
        ----------
        name : str
        trust : float
            Log-odds per standard deviation without a prior.
        n_users : int
            Listeners here.
        """
        b = self.share(n_users)
        learned = self.prior.slopes.get(name)
        left = 1 - b
        if name in (FACTORS, NEIGHBOURS, RENOWN, LIFTED):
            left = 0.0 if learned else b
        elif learned is None and name in _CONTENT:
            left = 1 - b / 2
        regular, newcomer, rare = learned or (0.0, 0.0, 0.0)
        return Told((b * regular, b * newcomer, b * rare), left * trust)

    def as_dict(self) -> dict[str, Any]:
        """Say what is in use, for people to read."""
        about = self.prior.about
        return {
            "source": about.source,
            "licence": about.licence,
            "created": about.created,
            "listeners": about.n_listeners,
            "artists": len(self.prior.keys),
            "artists_here": int(self.known.sum()),
        }
