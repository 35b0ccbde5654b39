"""What is known about tracks and artists before anybody listens."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import hstack

from recsys.errors import DataError
from recsys.ids import IdMap
from recsys.sparse import csr, empty, indicator
from recsys.types import Csr, Floats


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Items (tracks, or whatever the data has), their artists, and what describes them.

    Parameters
    ----------
    items, artists : IdMap
        Outside ids of the n_items items and the n_artists artists.
    artist_of : ndarray of shape (n_items,), int32
        Index into ``artists``.
    tags : csr_array of shape (n_artists, n_tags), float32
        Counts or weights >= 0. An artist without a tag has an empty row.
    tag_names : tuple of n_tags str
    item_tags : csr_array of shape (n_items, n_tags) or None
        Tags of the single items, where the source has them.
    year : ndarray of shape (n_items,), float32
        Year of release; NaN where unknown.
    country : ndarray of shape (n_artists,), int32
        Index into ``country_names``; -1 where unknown.
    popularity : ndarray of shape (n_artists,), float32
        How well known an artist is outside this community, 0..1; NaN where unknown.
    features : ndarray of shape (n_items, n_features), float32, or None
        Numbers about the sound, in any unit (standardised where used); NaN where unknown.
    album_of : ndarray of shape (n_items,), int32, or None
        Any second grouping of the items, numbered from 0; -1 where unknown.
    similar : csr_array of shape (n_artists, n_artists), float32, or None
        What other places say is similar, 0..1, rows by the artist asked about
        (``recsys.similar`` builds it).
    origin : ndarray of shape (n_artists,), int32, or None
        Number of the one place outside that vouches for an artist; -1 for all who are known
        otherwise.
    """

    items: IdMap
    artists: IdMap
    artist_of: NDArray[np.int32]
    tags: Csr
    tag_names: tuple[str, ...]
    item_tags: Csr | None
    year: Floats
    country: NDArray[np.int32]
    country_names: tuple[str, ...]
    popularity: Floats
    features: Floats | None
    album_of: NDArray[np.int32] | None = None
    similar: Csr | None = None
    origin: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        n_items, n_artists, n_tags = len(self.items), len(self.artists), len(self.tag_names)
        _check("artist_of", self.artist_of, (n_items,), np.int32)
        _check("year", self.year, (n_items,), np.float32)
        _check("country", self.country, (n_artists,), np.int32)
        _check("popularity", self.popularity, (n_artists,), np.float32)
        if n_items and not 0 <= int(self.artist_of.min()) <= int(self.artist_of.max()) < n_artists:
            raise DataError("artist_of must point into artists")
        if n_artists and int(self.country.max()) >= len(self.country_names):
            raise DataError("country must point into country_names")
        _check_tags("tags", self.tags, (n_artists, n_tags))
        if self.item_tags is not None:
            _check_tags("item_tags", self.item_tags, (n_items, n_tags))
        if self.features is not None and self.features.shape[:1] != (n_items,):
            raise DataError("features must have one row per item")
        for name, numbers in (("year", self.year), ("features", self.features)):
            if numbers is not None and np.isinf(numbers).any():
                raise DataError(f"{name} must be finite, or NaN where unknown")
        if self.album_of is not None:
            _check("album_of", self.album_of, (n_items,), np.int32)
        if self.similar is not None:
            _check_tags("similar", self.similar, (n_artists, n_artists))
        if self.origin is not None:
            _check("origin", self.origin, (n_artists,), np.int32)
        known = self.popularity[~np.isnan(self.popularity)]
        if len(known) and not 0 <= float(known.min()) <= float(known.max()) <= 1:
            raise DataError("popularity must lie in 0..1")

    @classmethod
    def build(
        cls,
        item_ids: ArrayLike,
        artist_ids: ArrayLike | None = None,
        artist_of: ArrayLike | None = None,
        *,
        tags: Any = None,
        tag_names: tuple[str, ...] | None = None,
        item_tags: Any = None,
        year: ArrayLike | None = None,
        country: ArrayLike | None = None,
        country_names: tuple[str, ...] = (),
        popularity: ArrayLike | None = None,
        features: ArrayLike | None = None,
        album_of: ArrayLike | None = None,
        similar: Csr | None = None,
        origin: ArrayLike | None = None,
    ) -> "Catalogue":
        """Fill what is not given with "unknown" and bring everything to its documented dtype.

        Without ``artist_ids`` every item is its own artist.
        """
        items = IdMap(item_ids)
        artists = items if artist_ids is None else IdMap(artist_ids)
        owner = np.arange(len(items)) if artist_of is None else np.asarray(artist_of)
        if artist_ids is not None and artist_of is None:
            raise DataError("artist_of is needed where artist_ids are given")
        known = tags if tags is not None else item_tags
        width = 0 if known is None else int(known.shape[1])
        names = tuple(str(i) for i in range(width)) if tag_names is None else tuple(tag_names)
        width = max(width, len(names))
        return cls(
            items=items,
            artists=artists,
            artist_of=owner.astype(np.int32),
            tags=_as_csr(tags, (len(artists), width)),
            tag_names=names,
            item_tags=None if item_tags is None else _as_csr(item_tags, (len(items), width)),
            year=_or_nan(year, len(items)),
            country=np.full(len(artists), -1, np.int32)
            if country is None
            else np.asarray(country).astype(np.int32),
            country_names=tuple(country_names),
            popularity=_or_nan(popularity, len(artists)),
            features=None if features is None else np.asarray(features, np.float32),
            album_of=None if album_of is None else np.asarray(album_of).astype(np.int32),
            similar=similar,
            origin=None if origin is None else np.asarray(origin).astype(np.int32),
        )

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.items)

    @property
    def n_artists(self) -> int:
        """Number of artists."""
        return len(self.artists)

    @cached_property
    def is_flat(self) -> bool:
        """Whether every item is its own artist, so that one level of models is enough."""
        return self.n_items == self.n_artists and bool(
            np.array_equal(self.artist_of, np.arange(self.n_items))
        )

    def by_item(self) -> "Catalogue":
        """Return the same items, each its own artist; artists and albums become tags."""
        if self.is_flat:
            return self
        blocks, names = [indicator(self.artist_of)], [f"artist {a}" for a in self.artists.ids]
        if self.album_of is not None:
            blocks.append(indicator(self.album_of))
            names += [f"album {k}" for k in range(blocks[1].shape[1])]
        if self.item_tags is not None:
            blocks.append(self.item_tags)
            names += self.tag_names
        tags = csr(hstack(blocks, format="csr"))
        return Catalogue.build(
            self.items.ids,
            tags=tags,
            tag_names=tuple(names),
            year=self.year,
            features=self.features,
        )


def _check(name: str, values: NDArray[Any], shape: tuple[int, ...], dtype: Any) -> None:
    if values.shape != shape or values.dtype != dtype:
        raise DataError(
            f"{name} must be {np.dtype(dtype)} of shape {shape}, not {values.dtype} {values.shape}"
        )


def _check_tags(name: str, tags: Csr, shape: tuple[int, int]) -> None:
    if tags.shape != shape:
        raise DataError(f"{name} must have shape {shape}, not {tags.shape}")
    if tags.nnz and not (np.isfinite(tags.data).all() and float(tags.data.min()) >= 0):
        raise DataError(f"{name} must be finite and >= 0")


def _as_csr(values: Any, shape: tuple[int, int]) -> Csr:
    return empty(shape) if values is None else csr(values)


def _or_nan(values: ArrayLike | None, n: int) -> Floats:
    return np.full(n, np.nan, np.float32) if values is None else np.asarray(values, np.float32)
