"""What became of picks that were voted on: how high they scored, and whether they were liked."""

from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.adapters.sqlite.connection import connect_reader

MOST_OF_ONE: Final = 100
"""Votes of one member; older ones were on lists of older models."""
LEAST_VOTERS: Final = 5
"""Of fewer, what is learned would tell others how one of them voted."""


def read_judged(path: Path) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return score and verdict of the picks that those they were made for voted on, if they may train.

    A vote by somebody else who saw the card says nothing of a score that was not theirs.
    """
    with closing(connect_reader(path)) as raw:
        rows = raw.execute(
            "SELECT score, verdict, member_id FROM ("
            "SELECT i.score, v.verdict, v.member_id, i.id, "
            "row_number() OVER (PARTITION BY v.member_id ORDER BY i.id DESC) AS place "
            "FROM verdicts AS v JOIN recommendation_items AS i ON i.id = v.item_id "
            "JOIN recommendations AS r ON r.id = i.recommendation_id "
            "WHERE r.occasion = 'recommend' AND r.member_id = v.member_id AND NOT v.weak "
            "AND EXISTS (SELECT 1 FROM sources WHERE name = 'reaction' AND trainable = 1)"
            ") WHERE place <= ? ORDER BY id DESC",
            (MOST_OF_ONE,),
        ).fetchall()
    if len({member for _, _, member in rows}) < LEAST_VOTERS:
        rows = []
    found = np.array([row[:2] for row in rows], np.float64).reshape(-1, 2)
    return found[:, 0], found[:, 1] > 0
