"""What a vote weighs is learned on listeners set aside, and the rounds are those of the protocol."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from recsys import Catalogue, DataError, Interactions
from recsys.cli.main import main
from recsys.cli.tuned_settings import with_settings
from recsys.config import Config
from recsys.interactions import Weighing
from recsys.simulated_rounds import (
    GRID,
    ROUNDS,
    SEEDS,
    SHOWN,
    learn_votes,
    played,
    set_aside,
    simulate,
)
from tests.recsys.generated import FOLDER
from tests.recsys.tastes import alone, artists_of, catalogue, community, draws

CONFIG = Config(tune=False)


def simulated(rows, whole, *, members=2):
    (chosen,) = set_aside(rows, members=members, groups=1)
    return simulate(rows, whole, chosen, seed=0, config=CONFIG)


@pytest.fixture(scope="module")
def simulation():
    return simulated(community(artists_of(draws(60, each=40))), alone(), members=12)


def test_the_model_never_saw_who_was_set_aside(simulation):
    assert len(simulation.seeds) == 12
    assert simulation.model.info["n_interactions"] == 48 * 40
    for known, hidden in zip(simulation.seeds, simulation.hidden, strict=True):
        assert len(known) == SEEDS
        assert len(known) + len(hidden) == 40
        assert not set(known.tolist()) & set(hidden.tolist())


def test_a_hit_counts_once_where_the_catalogue_runs_out():
    small = Catalogue.build(np.arange(1, 28))
    assert small.n_items < ROUNDS * SHOWN
    found = simulated(community([np.arange(1, 17) + k for k in range(12)]), small)
    assert played(found, found.model.weighing).tolist() == [16.0 - SEEDS] * 2


def test_nobody_stands_in_two_simulations():
    rows = community(artists_of(draws(60, each=40)))
    groups = set_aside(rows, members=30, groups=5, seed=2)
    assert [len(one) for one in groups] == [12] * 5, "as many as there are for each"
    assert len(np.unique(np.concatenate(groups))) == 60
    assert [len(one) for one in set_aside(rows, members=30, groups=2)] == [15] * 2, "a quarter"
    assert [len(one) for one in set_aside(rows, members=2, groups=3)] == [2] * 3
    few = rows.where(rows.user < 3)
    assert sorted(np.concatenate(set_aside(few, members=9, groups=5)).tolist()) == [0, 1, 2]


def test_rows_that_are_there_twice_make_nobody_able_and_nothing_known(simulation):
    rows = community(artists_of(draws(60, each=40)))
    twice = simulated(Interactions.concat(rows, rows), alone(), members=12)
    for known, hidden in zip(twice.seeds, twice.hidden, strict=True):
        assert len(known) == SEEDS
        assert len(np.unique(np.concatenate([known, hidden]))) == len(known) + len(hidden) == 40
    few = community([one[:10] for one in artists_of(draws(20))])
    with pytest.raises(DataError, match="nobody has"):
        set_aside(Interactions.concat(few, few), members=2, groups=1)


def test_a_weight_that_learns_nothing_is_given_up_and_a_good_one_kept(simulation):
    trials = []
    deaf = Weighing(like=0.0, dislike=0.0)
    found = learn_votes([simulation], deaf, told=trials.append)
    assert [t.setting for t in trials] == [name for name, values in GRID for _ in values]
    reached = played(simulation, found).mean()
    assert reached >= played(simulation, deaf).mean()
    chosen = [t for t in trials if getattr(found, t.setting) == t.value and t.gain > 0]
    assert all(t.gain > t.error for t in chosen)
    assert dataclasses.replace(found, like=0.0, dislike=0.0) == deaf, "nothing else was touched"


def test_tracks_and_people_with_little_cannot_be_simulated():
    with pytest.raises(DataError, match="stand for themselves"):
        simulated(community(draws(20)), catalogue())
    few = community([one[:5] for one in artists_of(draws(20))])
    with pytest.raises(DataError, match="nobody has"):
        set_aside(few, members=2, groups=1)


def test_the_command_says_what_it_chose_and_writes_it_for_a_training(tmp_path, capsys):
    out = tmp_path / "votes.json"
    arguments = ["tune", str(FOLDER), "--feedback", "--seeds", "1", "--members", "8"]
    assert main([*arguments, "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["trials"]) == sum(len(values) for _, values in GRID)
    assert np.isfinite(found["trials"][0]["hits"])
    assert set(found["chosen"]) == {"like", "dislike"}
    weighing = with_settings(Config(), out).weighing
    assert weighing == dataclasses.replace(Weighing(), **found["chosen"])
    assert main(arguments) == 0
    assert f"like: {found['chosen']['like']:g}" in capsys.readouterr().out


def test_the_command_lets_the_rows_through_the_gate(tmp_path, capsys):
    """Every row is there twice, as after two exports into one file."""
    once = pd.read_csv(FOLDER / "train.csv")
    asked = ["tune", str(tmp_path), "--feedback", "--seeds", "1", "--members", "4", "--json"]
    found = []
    for rows in (once, pd.concat([once, once])):
        rows.to_csv(tmp_path / "train.csv", index=False)
        assert main(asked) == 0
        told = capsys.readouterr()
        found.append([one["hits"] for one in json.loads(told.out)["trials"]])
    assert "prepared: " in told.err
    assert found[0] == found[1]


def test_the_command_says_why_fewer_are_set_aside_than_asked_for(tmp_path, capsys):
    rows = pd.read_csv(FOLDER / "train.csv")
    rows[rows["user"].isin(rows["user"].unique()[:40])].to_csv(tmp_path / "train.csv", index=False)
    for members, said in (
        (10, "10 listeners set aside; a gain"),
        (
            60,
            "10 listeners set aside of the 60 asked for (who has 15 items or more, nobody twice, ",
        ),
    ):
        asked = ["tune", str(tmp_path), "--feedback", "--seeds", "1", "--members", str(members)]
        assert main(asked) == 0
        assert said in " ".join(capsys.readouterr().out.split())
