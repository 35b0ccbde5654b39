"""The file of `evaluate --rankings`: lists from which anyone can work the figures out again."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.cli.measuring import Result, rounded
from recsys.cli.tasks import Task


def write_rankings(result: Result, task: Task, path: Path) -> None:
    """Write user, rank, item, score of every listener with something to find; 20 ranks each."""
    depth = result.lists.shape[1]
    items = result.lists.ravel()
    frame = pd.DataFrame(
        {
            "user": np.repeat(np.asarray(task.user_ids)[result.judged], depth),
            "rank": np.tile(np.arange(1, depth + 1), len(result.judged)),
            "item": np.asarray(task.item_ids)[np.maximum(items, 0)],
            "score": result.scores.ravel(),
        }
    )
    frame[items >= 0].to_csv(path, index=False)


def facts(result: Result, path: Path) -> dict[str, Any]:
    """Say what the lists in the file reach: they are those of one random start, not of the mean."""
    return {"file": str(path), "model": result.name, "seed": 0, **rounded(result.figures)}
