"""Settings chosen on held-out rows: where, on how much, how far, and what is taken over."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys import tuning
from recsys.catalogue import Catalogue
from recsys.config import Config
from recsys.evidence import Evidence, Interactions
from recsys.holdout import hold_out
from recsys.interactions import Weighing, matrices
from recsys.training import fit
from recsys.tuning import Trial, tuned

N_USERS, N_ITEMS, EACH = 400, 80, 40


@pytest.fixture(scope="module")
def rows() -> Interactions:
    """Many plays of few items, of a taste with four directions and much chance."""
    rng = np.random.default_rng(3)
    taste = rng.standard_normal((N_USERS, 4)) @ rng.standard_normal((4, N_ITEMS))
    shown = taste + rng.gumbel(size=taste.shape)
    items = np.argsort(-shown, axis=1)[:, :EACH]
    user = np.repeat(np.arange(N_USERS), EACH)
    return Interactions.of(user, Evidence.of(items.ravel()), n_users=N_USERS)


def alone() -> Catalogue:
    return Catalogue.build(np.arange(N_ITEMS))


def in_pairs() -> Catalogue:
    """Every artist has two tracks."""
    return Catalogue.build(np.arange(N_ITEMS), np.arange(N_ITEMS // 2), np.arange(N_ITEMS) // 2)


def trials_of(
    rows: Interactions, catalogue: Catalogue, config: Config
) -> tuple[Config, list[Trial]]:
    parts = hold_out(rows, catalogue, seed=0)
    known, wanted = (matrices(part, catalogue, Weighing()) for part in parts)
    trials: list[Trial] = []
    return tuned(known, wanted, catalogue, config, told=trials.append), trials


def test_a_ridge_is_raised_as_long_as_that_helps(rows: Interactions) -> None:
    config, trials = trials_of(rows, alone(), Config(latent={"unobserved": 0.1}))
    assert {one.model for one in trials} == {"closed_form"}
    tried = [one.settings.get("regularisation", 150.0) for one in trials]
    best = max(trials, key=lambda one: one.ndcg)
    assert max(tried) > 500
    assert best.settings["regularisation"] == config.closed_form["regularisation"] >= 500
    assert len(tried) == len(set(tried))  # nothing is fitted twice


def test_of_large_data_a_part_of_the_listeners_is_tried_on(
    rows: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, on_all = trials_of(rows, alone(), Config())
    monkeypatch.setattr(tuning, "_MOST_CELLS", 8_000)
    monkeypatch.setattr(tuning, "_SOME_CELLS", 8_000)
    monkeypatch.setattr(tuning, "_SOME_COLUMNS", 60)
    part, on_some = trials_of(rows, alone(), Config())
    assert on_some[0].ndcg != on_all[0].ndcg
    assert part.latent == whole.latent != {}


def test_tracks_have_their_own_settings(rows: Interactions) -> None:
    config, trials = trials_of(rows, in_pairs(), Config())
    assert {one.model for one in trials} == set(config.settings)
    assert config.track_closed_form["regularisation"] > 20
    with_it = fit(rows, in_pairs(), replace(config, tune=False))
    assert with_it.part("track_closed_form").model.regularisation == pytest.approx(
        config.track_closed_form["regularisation"]
    )


def test_nothing_is_tried_for_models_that_take_no_part(rows: Interactions) -> None:
    for parts, expected in ((("neighbours",), set()), (("lifted",), {"latent"})):
        _, trials = trials_of(rows, alone(), Config(parts=parts))
        assert {one.model for one in trials} == expected


@pytest.mark.parametrize(
    ("changed", "taken_over"),
    [
        ({}, True),
        ({"latent": {"unobserved": 0.7}}, False),
        ({"weighing": Weighing(scale="log")}, False),
    ],
)
def test_a_blend_is_taken_over_only_for_what_it_was_made_of(
    rows: Interactions, changed: Mapping[str, Any], taken_over: bool
) -> None:
    earlier = fit(rows, alone())
    later = fit(rows, alone(), Config(**changed), earlier=earlier)
    same = [part.curve for part in later.parts] == [part.curve for part in earlier.parts]
    assert same == taken_over
    if "latent" in changed:
        assert later.info["settings"]["latent"] == changed["latent"]


def test_data_that_has_shrunk_is_looked_at_anew(rows: Interactions) -> None:
    earlier = fit(rows, alone())
    left = fit(rows.where(rows.user < N_USERS // 8), alone(), earlier=earlier)
    assert left.info["tuned_on"] == left.info["n_interactions"] < earlier.info["tuned_on"] / 4
