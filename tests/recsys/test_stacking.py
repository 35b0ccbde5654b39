"""On which held-out rows a blend is learned."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys import HybridRecommender
from recsys.catalogue import Catalogue
from recsys.cli.measuring import fitted, judge
from recsys.cli.side_information import SideFiles
from recsys.cli.tasks import befriended, cold, holdout
from recsys.config import Config
from recsys.evidence import Evidence, Interactions
from recsys.link import Link
from recsys.models.popularity import Popularity
from recsys.sparse import csr
from recsys.training import fit
from recsys.types import Doubles
from tests.recsys.generated import FOLDER


def fitted_on(folder: Path) -> tuple[HybridRecommender, int]:
    task = holdout(folder, SideFiles())
    assert task.valid is not None
    return fit(task.train, task.catalogue, validation=task.valid), len(task.valid)


def rows_in_turn(folder: Path) -> float:
    """How many times the given held-out rows the blend was learned on, about."""
    model, given = fitted_on(folder)
    return int(model.info["validation_positives"]) / given


def test_what_friends_play_takes_no_fold_away() -> None:
    plain = holdout(FOLDER, SideFiles())
    friends = csr(np.ones((plain.train.n_users,) * 2) - np.eye(plain.train.n_users))
    task = befriended(plain, friends)
    assert len(task.train) > 10 * len(plain.train)
    alone, social = (
        int(fit(one.train, one.catalogue, validation=one.valid).info["validation_positives"])
        for one in (plain, task)
    )
    assert 0.9 < social / alone < 1.1


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


@pytest.mark.parametrize(
    ("known", "silent", "late"),
    [(11, 15, 0), (9, 0, 1), (0, 0, 12)],
    ids=[
        "newcomers are set aside",
        "one came in the held-out rows",
        "all came in the held-out rows",
    ],
)
def test_folds_on_both_sides_of_what_a_part_needs(known: int, silent: int, late: int) -> None:
    """The latent part needs ten listeners, and not every fold has them."""
    n_users = known + silent + late
    rng = np.random.default_rng(0)
    theirs = np.stack([rng.permutation(40)[:12] for _ in range(known + late)])
    user = np.repeat(np.arange(known + late), 12)
    rows = Interactions.of(user, Evidence.of(theirs.ravel()), n_users=n_users)
    given = np.tile(np.arange(12) >= 10, known + late) | (user >= known)
    model = fit(rows.where(~given), Catalogue.build(np.arange(40)), validation=rows.where(given))
    assert np.isfinite(model.score(model.fold_in(Evidence.of([1, 2]))).total).all()


def test_in_a_small_community_too_new_artists_are_judged_by_what_they_are(tmp_path: Path) -> None:
    """150 listeners, 300 artists: others play the new ones in turn, so that their tags are heeded."""
    frames = {name: pd.read_csv(FOLDER / f"{name}.csv") for name in ("train", "valid", "test")}
    whole = pd.concat(frames.values())
    heard = whole["item"].value_counts()
    new = np.random.default_rng(0).choice(
        heard[heard >= 3].index.to_numpy(object), 40, replace=False
    )
    for name in ("train", "valid"):
        rows = frames[name]
        rows[~rows["item"].isin(new)].to_csv(tmp_path / f"{name}.csv", index=False)
    whole[whole["item"].isin(new)].to_csv(tmp_path / "test.csv", index=False)
    pd.DataFrame({"item": new}).to_csv(tmp_path / "cold_artists.csv", index=False)
    pd.read_csv(FOLDER / "item_tags.csv").to_csv(tmp_path / "item_tags.csv", index=False)
    task = cold(tmp_path, SideFiles())
    reached = {
        name: judge(fitted(task, name, 0), task, name, 0).figures["ndcg@10"]
        for name in ("content", "hybrid")
    }
    assert reached["hybrid"] > reached["content"] > 0.3


def popularity(model: HybridRecommender) -> Doubles:
    (part,) = [part for part in model.parts if part.name == "popularity"]
    assert isinstance(part.model, Popularity)
    return part.model.log_odds_.astype(np.float64)


def test_of_plenty_few_rows_are_held_out_and_the_models_without_them_are_kept() -> None:
    """Of 150 listeners ten are asked, one of them as a newcomer: 51 rows of 2,850."""
    task = holdout(FOLDER, SideFiles())
    usual, kept = (
        fit(task.known, task.catalogue, config)
        for config in (Config(), Config(plenty=2_000, validation_users=10))
    )
    missed = popularity(usual) - popularity(kept)
    assert missed.min() > -0.01
    assert 20 <= (missed > 0.01).sum() <= 57
    assert 0 < kept.info["validation_positives"] < usual.info["validation_positives"] / 5
    served = usual.listeners - kept.listeners  # as the models that are served know them
    assert 20 <= served.sum() <= 57
    assert missed[served > 0].min() > missed[served == 0].max()


def test_without_a_blend_to_learn_nothing_is_held_out_of_plenty() -> None:
    task = holdout(FOLDER, SideFiles())
    config = Config(learn_weights=False, tune=False, validation_users=10)
    usual, plenty = (
        fit(task.known, task.catalogue, replace(config, plenty=n)) for n in (10**9, 2_000)
    )
    assert (popularity(usual) == popularity(plenty)).all()


def test_models_are_fitted_anew_where_few_listeners_have_many_of_the_rows() -> None:
    task = holdout(FOLDER, SideFiles())
    usual, plenty = (
        fit(task.known, task.catalogue, config) for config in (Config(), Config(plenty=2_000))
    )
    assert (popularity(usual) == popularity(plenty)).all()
    assert usual.info["weights"] == plenty.info["weights"]


def test_a_blend_is_taken_over_although_a_fold_had_too_little_for_a_part() -> None:
    """Eleven listeners are known, but not while some of them play the newcomers."""
    rng = np.random.default_rng(0)
    theirs = np.stack([rng.permutation(40)[:12] for _ in range(20)])
    theirs[11:, 1:] = theirs[11:, :1]
    rows = Interactions.of(np.repeat(np.arange(20), 12), Evidence.of(theirs.ravel()), n_users=20)
    given = np.tile(np.arange(12) >= 10, 20) | (rows.user >= 11)
    catalogue = Catalogue.build(np.arange(40))
    first = fit(rows.where(~given), catalogue, validation=rows.where(given))
    assert first.info["left_out"]
    marked = replace(first, bias=first.bias + 1, link=Link((0.0,), (1.0, 0.5)))
    again = fit(rows.where(~given), catalogue, validation=rows.where(given), earlier=marked)
    assert (again.bias, again.link) == (marked.bias, marked.link)
    assert again.info["left_out"] == first.info["left_out"]
