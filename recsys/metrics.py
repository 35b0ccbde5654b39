"""Ranking metrics over the whole catalogue, never sampled.

Conventions: Liang et al. 2018 (recall divided by min(k, held out)), Järvelin and Kekäläinen 2002
(binary NDCG), Krichene and Rendle 2020 (no sampled candidates).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from recsys.sparse import csr
from recsys.types import Bools, Csr, Doubles, Floats, Ints

DEPTH = 20
ACCURACY = ("map@10", "ndcg@10", "recall@20", "precision@10", "mrr@20", "hit@10")
BEYOND = ("coverage@10", "novelty@10", "ild@10")


def top_items(scores: Floats, known: Csr, order: Ints, depth: int = DEPTH) -> Ints:
    """Rank the whole catalogue without what is known.

    Parameters
    ----------
    scores : ndarray of shape (n_users, n_items)
        Not changed.
    known : csr_array of shape (n_users, n_items)
        Stored entries are left out.
    order : ndarray of shape (n_items,), int64
        Items sorted by outside id: ties go to the lower id.

    Returns
    -------
    ndarray of shape (n_users, depth), int64
        Best first; -1 where a listener has no more candidates.
    """
    shown = np.where(np.isfinite(scores), scores, -np.inf)
    rows = np.repeat(np.arange(known.shape[0]), np.diff(known.indptr))
    shown[rows, known.indices] = -np.inf
    shown = shown.take(order, axis=1)  # by an index it would come back in columns, far slower
    depth = min(depth, shown.shape[1])
    lists = np.full((len(shown), depth), -1, np.int64)
    if depth == 0:
        return lists
    bounds = np.partition(shown, shown.shape[1] - depth, axis=1)[:, shown.shape[1] - depth]
    for user, bound in enumerate(bounds):
        row = shown[user]
        near = np.flatnonzero((row >= bound) & (row > -np.inf))
        best = near[np.argsort(-row[near], kind="stable")[:depth]]
        lists[user, : len(best)] = order[best]
    return lists


def hits(lists: Ints, wanted: Csr) -> Bools:
    """Mark which entries of the lists are held out, shape (n_users, depth), bool."""
    filled = csr((np.ones(len(wanted.data)), wanted.indices, wanted.indptr), wanted.shape)
    found = np.zeros(lists.shape, np.bool_)
    for user in range(len(lists)):
        mine = filled.indices[filled.indptr[user] : filled.indptr[user + 1]]
        found[user] = np.isin(lists[user], mine) & (lists[user] >= 0)
    return found


def per_user(relevant: Bools, n_wanted: Ints) -> dict[str, Doubles]:
    """Compute the accuracy metrics of each listener, 0..1.

    Parameters
    ----------
    relevant : ndarray of shape (n_users, depth), bool
        Whether the item at rank k is held out; depth <= 20, shorter lists count as misses.
    n_wanted : ndarray of shape (n_users,), int64
        Number of held-out items, >= 1.
    """
    rel = np.zeros((len(relevant), DEPTH))
    rel[:, : relevant.shape[1]] = relevant
    ten = rel[:, :10]
    place = np.arange(1, DEPTH + 1)
    best = np.minimum(n_wanted, 10)
    discount = 1 / np.log2(place[:10] + 1)
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[best]
    precision_at = np.cumsum(ten, axis=1) / place[:10]
    first = np.where(rel.any(axis=1), rel.argmax(axis=1) + 1, 0)
    return {
        "map@10": (precision_at * ten).sum(axis=1) / best,
        "ndcg@10": (ten * discount).sum(axis=1) / ideal,
        "recall@20": rel.sum(axis=1) / np.minimum(n_wanted, DEPTH),
        "precision@10": ten.mean(axis=1),
        "mrr@20": np.divide(1.0, first, out=np.zeros(len(rel)), where=first > 0),
        "hit@10": ten.any(axis=1).astype(np.float64),
    }


def beyond(lists: Ints, listeners: Ints, n_users: int, described: Csr | None) -> dict[str, float]:
    """Compute coverage, novelty and intra-list distance of the lists of 10.

    Parameters
    ----------
    lists : ndarray of shape (n_lists, depth), int64
        Item indices, -1 for empty places.
    listeners : ndarray of shape (n_items,), int64
        Listeners of each item in the training data, of ``n_users`` in all.
    described : csr_array of shape (n_items, n_features) or None
        Unit rows; an empty row has cosine 0 with everything.
    """
    ten = lists[:, :10]
    shown = ten[ten >= 0]
    share = (listeners + 1.0) / (n_users + 1.0)
    figures = {
        "coverage@10": len(np.unique(shown)) / max(len(listeners), 1),
        "novelty@10": float(-np.log2(share[shown]).mean()) if len(shown) else 0.0,
        "ild@10": float("nan"),
    }
    if described is not None:
        figures["ild@10"] = float(np.mean([_distance(row[row >= 0], described) for row in ten]))
    return figures


def _distance(items: Ints, described: Csr) -> float:
    if len(items) < 2:
        return 0.0
    rows: Any = described[items]
    total = np.asarray(rows.sum(axis=0), np.float64).ravel()
    own = float(rows.multiply(rows).sum())
    pairs = len(items) * (len(items) - 1)
    return 1.0 - (float(total @ total) - own) / pairs


def means(figures: Mapping[str, Doubles]) -> dict[str, float]:
    """Average each metric over the listeners."""
    return {name: float(values.mean()) if len(values) else 0.0 for name, values in figures.items()}
