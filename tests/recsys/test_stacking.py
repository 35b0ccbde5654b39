"""On which held-out rows a blend is learned."""

from pathlib import Path

import pandas as pd
import pytest

from recsys import HybridRecommender
from recsys.cli.side_information import SideFiles
from recsys.cli.tasks import holdout
from recsys.training import fit
from tests.recsys.generated import FOLDER


def fitted_on(folder: Path) -> tuple[HybridRecommender, int]:
    task = holdout(folder, SideFiles())
    assert task.valid is not None
    return fit(task.train, task.catalogue, validation=task.valid), len(task.valid)


def rows_in_turn(folder: Path) -> float:
    """How many times the given held-out rows the blend was learned on, about."""
    model, given = fitted_on(folder)
    return int(model.info["validation_positives"]) / given


@pytest.fixture
def rarest_last(tmp_path: Path) -> Path:
    """The same listens, but what each listener came to last is what hardly anybody knows."""
    frames = {name: pd.read_csv(FOLDER / f"{name}.csv") for name in ("train", "valid", "test")}
    whole = pd.concat([frames["train"], frames["valid"]], ignore_index=True)
    heard = whole["item"].map(whole["item"].value_counts())
    place = heard.groupby(whole["user"]).rank(method="first")
    for name, rows in (("valid", whole[place <= 2]), ("train", whole[place > 2])):
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
    for name in ("test", "item_tags"):
        pd.read_csv(FOLDER / f"{name}.csv").to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def test_rows_held_out_at_random_are_joined_by_others() -> None:
    assert rows_in_turn(FOLDER) > 2


def test_rows_held_out_by_a_rule_teach_alone(rarest_last: Path) -> None:
    assert rows_in_turn(rarest_last) < 2
