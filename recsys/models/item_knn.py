"""Neighbours: artists or items that the same listeners like."""

from typing import Literal, Self, get_args

import numpy as np
from scipy.sparse import diags_array

from recsys.base import check_confidence
from recsys.errors import DataError
from recsys.models.sparse_weights import SparseWeights
from recsys.models.strongest import in_blocks, strongest_neighbours
from recsys.sparse import csr
from recsys.types import Csr, Doubles

Weighting = Literal["cosine", "tfidf", "bm25"]
_BLOCK = 256
_K1, _B = 1.2, 0.75  # of BM25, the usual ones


class ItemKNN(SparseWeights):
    """Sparse item-item similarity, the k strongest per item.

    ``s_ij = sum_u w_ui w_uj / (|w_i| |w_j| + shrinkage)``, the cosine of weighted columns. With x the
    signed confidence and n_u the number of items that listener u has, the weights are

    - "cosine": ``w_ui = x_ui (n_u / mean n) ** (-user_discount / 2)``;
    - "tfidf": ``w_ui = x_ui idf_u / mean idf`` with ``idf_u = ln((1 + n_items) / (1 + n_u)) + 1``: an
      item is a document, its listeners are the terms, and who has everything tells little;
    - "bm25": the same with x_ui replaced by ``x_ui (k1 + 1) / (|x_ui| + k1 (1 - b + b L_i / mean L))``
      where ``L_i = sum_u |x_ui|``, k1 = 1.2, b = 0.75: confidence counts by a saturating curve. Each
      column keeps the length |x_i|; else shrinkage would all but strike out what many have.

    The score is ``sum_j s_ji x_j / (sum_j |x_j|) ** norm``.

    Parameters
    ----------
    weighting : "cosine", "tfidf" or "bm25"
    n_neighbours : int
        Similarities kept per item.
    shrinkage : float
        In units of confidence squared: how many common listeners a similarity must show.
    user_discount : float
        How fast listeners with many items count for less; in the other weightings idf does that.
    norm : float
        0 adds up, 1 averages; between them more evidence counts for more, but less than linearly.

    References
    ----------
    Sarwar et al., "Item-based collaborative filtering recommendation algorithms", WWW 2001, eq. 1;
    the shrinkage is of Bell, Koren, "Scalable collaborative filtering ...", ICDM 2007, eq. 3.
    TF-IDF: Salton, Buckley, "Term-weighting approaches in automatic text retrieval", 1988, table 1;
    BM25: Robertson, Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009,
    section 3.4; both as weights of listeners before the cosine: Ferrari Dacrema, Cremonesi, Jannach,
    "Are we really making much progress?", RecSys 2019, section 3. The idf is smoothed so that it is
    never negative.
    """

    def __init__(
        self,
        *,
        weighting: Weighting = "cosine",
        n_neighbours: int = 200,
        shrinkage: float = 4.0,
        user_discount: float = 0.5,
        norm: float = 0.5,
    ) -> None:
        self.weighting = weighting
        self.n_neighbours = n_neighbours
        self.shrinkage = shrinkage
        self.user_discount = user_discount
        self.norm = norm

    def fit(self, user_items: Csr) -> Self:
        """Learn similarities from signed confidence of shape (n_users, n_items)."""
        weighted = self._weighted(check_confidence(user_items))
        n_items = weighted.shape[1]
        norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=0)).ravel())
        columns = csr(weighted.T)
        self.weights_: Csr = in_blocks(
            n_items,
            _BLOCK,
            lambda start: self._neighbours(columns[start : start + _BLOCK], weighted, norm, start),
        )
        self.n_items_ = n_items
        return self

    def _weighted(self, x: Csr) -> Csr:
        if self.weighting not in get_args(Weighting):
            raise DataError(f"weighting must be one of {', '.join(get_args(Weighting))}")
        size = np.diff(x.indptr).astype(np.float64)
        if self.weighting == "cosine":
            size = np.maximum(size, 1)
            scale = np.sqrt((size / size.mean() if len(size) else size) ** -self.user_discount)
        else:
            idf = np.log((1 + x.shape[1]) / (1 + size)) + 1
            scale = idf / idf.mean() if len(idf) else idf
            if self.weighting == "bm25":
                x = _saturated(x)
        return csr(diags_array(scale, dtype=np.float32) @ x)

    def _neighbours(self, block: Csr, weighted: Csr, norm: Doubles, start: int) -> Csr:
        return strongest_neighbours(
            block,
            weighted,
            lambda row, col, value: value / (norm[row + start] * norm[col] + self.shrinkage),
            start,
            self.n_neighbours,
        )


def _saturated(x: Csr) -> Csr:
    size = np.abs(x.data).astype(np.float64)
    length = np.bincount(x.indices, size, x.shape[1])
    mean = length.mean() if length.any() else 1.0
    bound = _K1 * (1 - _B + _B * length / mean)
    curved = x.data * (_K1 + 1) / (size + bound[x.indices])
    before, after = (np.bincount(x.indices, one**2, x.shape[1]) for one in (size, curved))
    kept = np.sqrt(np.divide(before, after, out=np.zeros_like(before), where=after > 0))
    return csr((curved * kept[x.indices], x.indices, x.indptr), x.shape)
