"""What a vote weighs is learned on listeners set aside, and the rounds are those of the protocol."""

import dataclasses
import json

import numpy as np
import pytest

from recsys import DataError, Evidence
from recsys.cli.main import main
from recsys.cli.tuned_settings import with_settings
from recsys.config import Config
from recsys.evaluation import feedback_loop
from recsys.interactions import Weighing
from recsys.simulated_rounds import GRID, SEEDS, learn_votes, played, simulate
from tests.recsys.generated import FOLDER
from tests.recsys.tastes import alone, artists_of, catalogue, community, draws

CONFIG = Config(tune=False)


@pytest.fixture(scope="module")
def simulation():
    rows = community(artists_of(draws(60, each=40)))
    return simulate(rows, alone(), members=12, seed=0, config=CONFIG)


def test_the_model_never_saw_who_was_set_aside(simulation):
    assert len(simulation.seeds) == 12
    assert simulation.model.info["n_interactions"] == 48 * 40
    for known, hidden in zip(simulation.seeds, simulation.hidden, strict=True):
        assert len(known) == SEEDS
        assert len(known) + len(hidden) == 40
        assert not set(known.tolist()) & set(hidden.tolist())


def test_a_batch_plays_the_same_rounds_as_one_listener_after_another(simulation):
    weighing = simulation.model.weighing
    one_by_one = feedback_loop(
        simulation.model, [Evidence.of(k) for k in simulation.seeds], simulation.hidden
    )
    assert played(simulation, weighing) == pytest.approx(one_by_one.hits.sum(axis=1), abs=1)
    assert played(simulation, weighing).sum() == pytest.approx(one_by_one.hits.sum(), abs=3)


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
        simulate(community(draws(20)), catalogue(), members=2, seed=0)
    few = community([one[:5] for one in artists_of(draws(20))])
    with pytest.raises(DataError, match="nobody has"):
        simulate(few, alone(), members=2, seed=0)


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
