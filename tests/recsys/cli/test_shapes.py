"""`evaluate` on data of several shapes: the hybrid must not fall behind the best tuned single model."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.cli.main import main

DIRECTIONS = 5
SINGLES = "neighbours,closed_form,latent"


def draw(folder: Path, *, n_users: int, n_items: int, each: int, per_group: int) -> None:
    """Listeners choose by a taste of five directions and by fame; groups hold what is alike."""
    rng = np.random.default_rng(4)
    place = rng.standard_normal((n_items, DIRECTIONS))
    merit = 1.4 * rng.standard_normal((n_users, DIRECTIONS)) @ place.T
    merit -= 0.7 * np.log1p(rng.permutation(n_items))
    merit += rng.gumbel(size=merit.shape)
    rows = []
    for user, order in enumerate(np.argsort(-merit, axis=1)[:, :each]):
        for k, item in enumerate(rng.permutation(order)):
            part = "test" if k < each // 5 else "valid" if k < 3 * each // 10 else "train"
            rows.append((part, f"u{user}", f"i{item}", int(rng.geometric(0.1))))
    frame = pd.DataFrame(rows, columns=["part", "user", "item", "plays"])
    for part, own in frame.groupby("part"):
        own.drop(columns="part").to_csv(folder / f"{part}.csv", index=False)
    alike = np.lexsort(place.T[:2])  # along the first two directions
    group = np.empty(n_items, np.int64)
    group[alike] = np.arange(n_items) // per_group
    pd.DataFrame({"item": [f"i{k}" for k in range(n_items)], "group": group}).to_csv(
        folder / "groups.csv", index=False
    )


@pytest.mark.parametrize(
    ("shape", "grouped"),
    [
        ({"n_users": 250, "n_items": 300, "each": 25, "per_group": 5}, True),
        ({"n_users": 250, "n_items": 300, "each": 25, "per_group": 30}, True),
        ({"n_users": 700, "n_items": 60, "each": 15, "per_group": 1}, False),
    ],
    ids=["artists of five tracks", "genres in place of artists", "many listeners of few items"],
)
def test_the_hybrid_is_not_behind_the_best_of_its_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shape: dict[str, int], grouped: bool
) -> None:
    draw(tmp_path, **shape)
    more = ["--item-groups", str(tmp_path / "groups.csv")] if grouped else []
    asked = ["evaluate", str(tmp_path), "--models", f"{SINGLES},hybrid", *more, "--json"]
    assert main(asked) == 0
    reached = {row["model"]: row for row in json.loads(capsys.readouterr().out)["models"]}
    best = max(SINGLES.split(","), key=lambda name: reached[name]["ndcg@10"])
    assert reached[best]["ndcg@10"] > 0.15
    assert reached["hybrid"]["ndcg@10"] > reached[best]["ndcg@10"] - 0.01
