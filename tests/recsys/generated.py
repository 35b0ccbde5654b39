"""The checked-in listening set of `tests/data/community`, and how it was drawn.

`python -m tests.recsys.generated` writes it again, bit for bit.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from recsys.cli.side_information import SideFiles
from recsys.cli.tasks import holdout
from recsys.hybrid import HybridRecommender
from recsys.training import fit

FOLDER = Path(__file__).parents[1] / "data" / "community"
LISTENERS, STYLES, PER_STYLE, EACH = 150, 8, 40, 24


def draw() -> dict[str, pd.DataFrame]:
    """Draw listeners of two styles out of eight, split 70/10/20, and tags with gaps and noise."""
    rng = np.random.default_rng(20)
    n = STYLES * PER_STYLE
    fame = 1 / np.arange(2, PER_STYLE + 2) ** 0.7
    rows = []
    for user in range(LISTENERS):
        weight = np.full(n, 0.004)
        for style in rng.choice(STYLES, 2, replace=False):
            weight[style * PER_STYLE : (style + 1) * PER_STYLE] = fame
        drawn = rng.choice(n, EACH, replace=False, p=weight / weight.sum())
        for place, item in enumerate(rng.permutation(drawn)):
            kind = "train" if place < 17 else "valid" if place < 19 else "test"
            plays = int(rng.geometric(0.08))
            rows.append((kind, f"u{user}", f"artist {item}", plays))
    frame = pd.DataFrame(rows, columns=["part", "user", "item", "plays"])
    parts = {kind: part.drop(columns="part") for kind, part in frame.groupby("part")}
    tags = [
        (f"artist {item}", f"style {style}", int(rng.integers(1, most)))
        for item in range(n)
        for style, most in ((item // PER_STYLE, 30), (int(rng.integers(STYLES)), 6))
        if rng.random() < 0.8
    ]
    parts["item_tags"] = pd.DataFrame(tags, columns=["item", "tag", "n"])
    return parts


@cache
def fitted() -> HybridRecommender:
    """Fit it as `fit` does, once for all tests of one process: models are frozen."""
    task = holdout(FOLDER, SideFiles())
    return fit(task.train, task.catalogue, validation=task.valid)


def write(folder: Path = FOLDER) -> None:
    """Write the four tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in draw().items():
        frame.to_csv(folder / f"{name}.csv", index=False)


if __name__ == "__main__":
    write()
