"""Warning of folders that give away what should be found, or name strangers as judged or cold."""

import sys

import numpy as np

from recsys.errors import DataError
from recsys.evidence import Interactions, Kind
from recsys.types import Bools


def tell_strangers(wanted: Interactions, known: Interactions) -> None:
    """Warn of judged listeners of whom nothing is known; their figures say nothing of a model.

    Raises
    ------
    DataError
        When that is all of them.
    """
    judged = np.unique(wanted.user)
    n_unknown = int((~np.isin(judged, known.user)).sum())
    if not n_unknown:
        return
    if n_unknown == len(judged):
        raise DataError(
            f"nothing is known of any of the {n_unknown} listeners to judge; write their ids as in "
            "the files of what is known (columns count by place: user, item, count), or judge other "
            "listeners"
        )
    _warn(
        f"nothing is known of {n_unknown} of the {len(judged)} listeners to judge; the figures "
        "include them"
    )


def tell_leaks(
    wanted: Interactions, known: Interactions, heard: Interactions, *, among: Bools | None
) -> None:
    """Warn of rows to find that are known or trained on, and of cold items that are not cold.

    Parameters
    ----------
    wanted, known, heard : Interactions
        Those of a ``Task``.
    among : ndarray of shape (n_items,), bool, or None
        The cold items, which are the only ones to rank.
    """
    is_known = stands_in(wanted, known)
    tell_known("rows to find are known already", int(is_known.sum()), len(wanted))
    is_heard = stands_in(wanted, heard) & ~is_known  # of a holdout all that is heard is known
    tell_learned("rows to find", int(is_heard.sum()), len(wanted))
    if among is not None:
        cold = np.flatnonzero(among)
        tell_learned("cold items", int(np.isin(cold, heard.id).sum()), len(cold))


def tell_known(which: str, n: int, of: int) -> None:
    """Warn of ``n`` of what should be found that is known, which no list holds."""
    if n:
        _warn(
            f"{n} of the {of} {which}; lists leave out what is known, so each counts as missed: take "
            "them out of the file, or read the figures as too low"
        )


def tell_learned(what: str, n: int, of: int) -> None:
    """Warn of ``n`` of what should be found that stand in the training data."""
    if n:
        _warn(
            f"{n} of the {of} {what} stand in the training data; models learn from them what they "
            "are judged by: take them out of train, or read the figures as too high"
        )


def tell_nameless(file: str, n: int, of: int) -> None:
    """Warn of ``n`` of the names in a file of cold items that nobody has in any other file."""
    if n:
        _warn(
            f"{file}: {n} of its {of} names stand neither in train nor in test, so nobody finds them; "
            "write ids of items as train and test do, or leave them to be ranked beside the others"
        )


def stands_in(rows: Interactions, others: Interactions) -> Bools:
    """Mark rows whose listener has the item in ``others`` too, shape (len(rows),), bool."""
    others = others.where(others.kind != Kind.NEARBY)
    n_items = 1 + max(int(one.id.max(initial=0)) for one in (rows, others))
    mine, theirs = (one.user.astype(np.int64) * n_items + one.id for one in (rows, others))
    found: Bools = np.isin(mine, theirs)
    return found


def _warn(what: str) -> None:
    print(f"warning: {what}", file=sys.stderr)
