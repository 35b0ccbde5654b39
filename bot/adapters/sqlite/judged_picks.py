"""What became of picks that were voted on: how high they scored, and whether they were liked."""

from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.adapters.sqlite.connection import connect_reader

MOST: Final = 1_000
"""Older votes were on lists of older models."""


def read_judged(path: Path, *, most: int = MOST) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return score and verdict of the newest picks that those they were made for voted on.

    A vote by somebody else who saw the card says nothing of a score that was not theirs.
    """
    with closing(connect_reader(path)) as raw:
        rows = raw.execute(
            "SELECT i.score, v.verdict FROM verdicts AS v "
            "JOIN recommendation_items AS i ON i.id = v.item_id "
            "JOIN recommendations AS r ON r.id = i.recommendation_id "
            "WHERE r.occasion = 'recommend' AND r.member_id = v.member_id AND NOT v.weak "
            "ORDER BY i.id DESC LIMIT ?",
            (most,),
        ).fetchall()
    found = np.array(rows, np.float64).reshape(-1, 2)
    return found[:, 0], found[:, 1] > 0
