"""The recommender: an additive score in log-odds over several models, and all it can be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys.base import rank, ranks_of
from recsys.catalogue import Catalogue
from recsys.errors import UnknownItemError
from recsys.evidence import Evidence, Interactions, Kind, Level
from recsys.explanations import Explanation, explain_items
from recsys.filters import eligible_artists, eligible_items
from recsys.interactions import Signals, Weighing, weigh
from recsys.link import PLAIN, Link
from recsys.part import BIAS, FAMILIAR, LIKE, Audience, Part, rarity, thinness
from recsys.profile import Profile, Scores
from recsys.recommendation import Options, Pick
from recsys.reranking import rerank
from recsys.said import SAID, said_values
from recsys.types import Csr, Floats, Ints


@dataclass(frozen=True, eq=False)
class HybridRecommender:
    """A fitted model: frozen, safe to share between threads, without any listener's data.

    Parameters
    ----------
    catalogue : Catalogue
    weighing : Weighing
        How evidence becomes confidence; the same at fit and at fold-in.
    parts : tuple of Part
    bias : float
        Log-odds of an item about which no other part has anything to say.
    cold_bias : float or None
        The same for items of artists without a listener, where that differs.
    thin_bias : float
        Added to either, times how little is known of the listener (``part.thinness``).
    stranger_bias : float or None
        Instead of all of these for a listener of whom nothing is known (``strangers``).
    link : Link
        From a score to the log-odds, and the probability, of a like.
    listeners : ndarray of shape (n_artists,), int32
        Of each artist at the training.
    item_listeners : ndarray of shape (n_items,), int32
    like_strength : float
        By how much the personal parts of a seed count in "more like this".
    said_strength : float
        Log-odds of a vote on its own artist: ``strength * log2(1 + |net votes|)``, signed. A vote is
        an observation of the very thing the score predicts, and the models leave it out: they learn
        what an artist says of *others* (``EASE`` forbids the artist itself). So large that no
        neighbour gains more by a vote than the artist it was given to (a test looks).
    taste_noise : mapping of str to float
        By name of a part that knows how sure it is: s^2 of a play, measured on listeners it was not
        fitted on. It says how far a draw may lie from what is known (``exploration``).
    version, trained_at : str
        A short name and the instant (ISO 8601) of the training.
    info : mapping
        n_users, n_interactions, weights and the like, for people to read.

    Notes
    -----
    All ids in the public methods are outside ids. ``fold_in`` is pure: the same evidence gives the
    same bits, so taking a row away again restores every figure.
    """

    catalogue: Catalogue
    weighing: Weighing
    parts: tuple[Part, ...]
    bias: float
    listeners: NDArray[np.int32]
    item_listeners: NDArray[np.int32]
    cold_bias: float | None = None
    thin_bias: float = 0.0
    stranger_bias: float | None = None
    link: Link = PLAIN
    like_strength: float = 3.0
    said_strength: float = 2.0
    taste_noise: Mapping[str, float] = field(default_factory=dict)
    version: str = "untrained"
    trained_at: str = ""
    info: Mapping[str, Any] = field(default_factory=dict)

    def part(self, name: str) -> Part | None:
        """Find the part of that name, or None where this model has none."""
        return next((part for part in self.parts if part.name == name), None)

    def fold_in(self, evidence: Evidence) -> Profile:
        """Compute what the model makes of one listener's evidence; ids it does not know are ignored."""
        signals = weigh(self.catalogue, evidence, self.weighing)
        artists = signals.artists.matrix(1, self.catalogue.n_artists)
        items = signals.items.matrix(1, self.catalogue.n_items)
        nearby = signals.nearby.matrix(1, self.catalogue.n_artists)
        known = signals.items.target
        return Profile(
            evidence=evidence,
            signals=signals,
            artists=artists,
            items=items,
            nearby=nearby,
            folded=self._folded(artists, items, nearby),
            known_items=np.unique(known[known >= 0]),
            known_artists=self._known_by_name(evidence, known[known >= 0]),
        )

    def _known_by_name(self, evidence: Evidence, items: Ints) -> Ints:
        by_name = (evidence.level == Level.ARTIST) & (evidence.kind != Kind.NEARBY)
        named = self.catalogue.artists.index_of(evidence.id[by_name])
        return np.setdiff1d(named[named >= 0], self.catalogue.artist_of[items])

    def score(self, profile: Profile, *, like: Evidence | None = None) -> Scores:
        """Scores of all items by part; a request with a seed has one more part, "like"."""
        by_artist, by_item = {BIAS: self.biases_of(profile.thin)[0]}, {}
        for part, folded in self._with(profile.folded):
            if part.level == Level.ARTIST:
                by_artist[part.name] = part.values(folded, profile.thin, self.artist_audience)[0]
            else:
                by_item[part.name] = part.values(folded, profile.thin, self.item_audience)[0]
        said = said_values(profile, self.said_strength)
        if said is not None:
            by_artist[SAID] = said
        if like is not None:
            by_item[LIKE] = self._like(self.fold_in(like))
        nothing = np.zeros((0, self.catalogue.n_items), np.float32)
        return Scores(
            artist_of=self.catalogue.artist_of,
            artist_parts=tuple(by_artist),
            item_parts=tuple(by_item),
            by_artist=np.stack(list(by_artist.values())),
            by_item=np.stack(list(by_item.values())) if by_item else nothing,
            link=self.link,
        )

    def score_artists(self, profile: Profile, *, personal: bool = False) -> Floats:
        """Bias and artist-level parts, shape (n_artists,), log-odds; for artists without items too.

        With ``personal`` only what depends on the listener's evidence: the sum of the personal parts.
        """
        biases = self.biases_of(profile.thin)[0]
        total: Floats = np.zeros_like(biases) if personal else biases
        for part, folded in self._with(profile.folded):
            if part.level == Level.ARTIST and (part.personal or not personal):
                total += part.values(folded, profile.thin, self.artist_audience)[0]
        said = said_values(profile, self.said_strength)
        return total if said is None else total + said

    def score_matrix(self, artists: Csr, items: Csr, nearby: Csr) -> Floats:
        """Totals of many listeners at once, shape (n_users, n_items); for evaluation.

        Parameters
        ----------
        artists, items : csr_array of shape (n_users, n_artists) and (n_users, n_items)
            Their signed confidence, as ``signals(rows)`` makes it.
        nearby : csr_array of shape (n_users, n_artists)
            What people close to them play, likewise.
        """
        total = np.zeros((artists.shape[0], self.catalogue.n_items), np.float32)
        thin = thinness(artists)
        by_artist = self.biases_of(thin)
        for part, folded in self._with(self._folded(artists, items, nearby)):
            if part.level == Level.ARTIST:
                by_artist += part.values(folded, thin, self.artist_audience)
            else:
                total += part.values(folded, thin, self.item_audience)
        if not self.catalogue.is_flat:
            by_artist = by_artist.take(self.catalogue.artist_of, axis=1)
        total += by_artist
        return total

    def signals(self, rows: Interactions | Evidence) -> Signals:
        """Weigh the rows as this model does it."""
        return weigh(self.catalogue, rows, self.weighing)

    def recommend(self, profile: Profile, *, n: int, options: Options) -> tuple[Pick, ...]:
        """At most n picks, best first; never padded."""
        scores = self.score(profile, like=options.like)
        return rerank(self, profile, scores, n=n, options=options)

    def explain(
        self, profile: Profile, item_id: int, *, like: Evidence | None = None
    ) -> Explanation:
        """Each part of one item's score, shared out over the rows of the evidence.

        Within 1e-5 the shares and the prior sum to the part, the parts to the score, and both
        agree with ``score``.
        """
        return self.explain_all(profile, [item_id], like=like)[0]

    def explain_all(
        self, profile: Profile, item_ids: Sequence[int], *, like: Evidence | None = None
    ) -> list[Explanation]:
        """``explain`` for several items, far cheaper than one by one."""
        items = self._items(item_ids)
        seed = None if like is None else self.fold_in(like)
        return explain_items(self, profile, items, seed=seed)

    def ranks(self, profile: Profile, item_ids: ArrayLike, *, options: Options) -> Ints:
        """1-based rank by score among the eligible items, int64; 0 for the others."""
        total = self.score(profile, like=options.like).total
        eligible = eligible_items(self.catalogue, profile, options)
        return ranks_of(total, eligible, self.catalogue.items.index_of(item_ids))

    def artist_ranks(
        self, profile: Profile, artist_ids: ArrayLike, *, options: Options | None = None
    ) -> Ints:
        """1-based rank by ``score_artists`` among artists that are not excluded; else 0."""
        eligible = eligible_artists(self.catalogue, options or Options())
        wanted = self.catalogue.artists.index_of(artist_ids)
        return ranks_of(self.score_artists(profile), eligible, wanted)

    def similar_artists(self, artist_id: int, *, n: int) -> list[tuple[int, float]]:
        """Artists nearest by the models that know it, as (outside id, similarity -1..1)."""
        index = int(self.catalogue.artists.index_of([artist_id])[0])
        if index < 0:
            raise UnknownItemError(f"artist {artist_id} is not in the catalogue")
        near = self.artist_similarity(np.array([index]), np.arange(self.catalogue.n_artists))[0]
        eligible = np.ones(self.catalogue.n_artists, np.bool_)
        eligible[index] = False
        best = rank(near, eligible, n)
        ids = self.catalogue.artists.ids[best.items]
        return [(a.item(), float(s)) for a, s in zip(ids, best.scores, strict=True)]

    def artist_similarity(self, artists: Ints, others: Ints) -> Floats:
        """Mean likeness by listeners and by content, shape (len(artists), len(others)), -1..1."""
        models = [
            p.model for p in map(self.part, ("latent", "background", "content")) if p is not None
        ]
        total = np.zeros((len(artists), len(others)), np.float32)
        for model in models:
            total += model.similarity(artists, others) / len(models)  # type: ignore[attr-defined]
        return total

    @cached_property
    def _biases(self) -> Floats:
        """Bias of each artist's items, shape (n_artists,), float32."""
        cold_bias = self.bias if self.cold_bias is None else self.cold_bias
        biases: Floats = np.where(self.artist_audience.cold, cold_bias, self.bias).astype(
            np.float32
        )
        return biases

    def biases_of(self, thin: Floats) -> Floats:
        """Bias of each artist's items for listeners of that thinness, shape (n_users, n_artists)."""
        biases: Floats = self._biases + np.float32(self.thin_bias) * thin
        if self.stranger_bias is None:
            return biases
        return np.where(thin >= 1, np.float32(self.stranger_bias), biases)

    @cached_property
    def artist_audience(self) -> Audience:
        """Who listens to the artists."""
        return Audience(rarity(self.listeners), np.asarray(self.listeners) == 0)

    @cached_property
    def item_audience(self) -> Audience:
        """Who listens to the items."""
        return Audience(
            rarity(self.item_listeners), self.artist_audience.cold[self.catalogue.artist_of]
        )

    def _items(self, item_ids: Sequence[int]) -> Ints:
        indices = self.catalogue.items.index_of(item_ids)
        for item_id, index in zip(item_ids, indices.tolist(), strict=True):
            if index < 0:
                raise UnknownItemError(f"item {item_id} is not in the catalogue")
        return indices

    def _folded(self, artists: Csr, items: Csr, nearby: Csr) -> tuple[Any, ...]:
        return tuple(part.model.fold_in(part.input(artists, items, nearby)) for part in self.parts)

    def _with(self, folded: Sequence[Any]) -> list[tuple[Part, Any]]:
        return list(zip(self.parts, folded, strict=True))

    def _like(self, seed: Profile) -> Floats:
        names = {part.name for part in self.parts if part.personal} - {FAMILIAR}
        return np.float32(self.like_strength) * self.score(seed).sum_of(names)
