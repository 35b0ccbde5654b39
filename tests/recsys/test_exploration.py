"""Thompson sampling: its propensities are true, and it looks where little is known."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import Evidence, Options
from recsys.exploration import DRAWS, Ensemble
from recsys.models.als import ALS
from recsys.posterior import PLAIN_NOISE, left_out_squares, noise_of
from recsys.sparse import csr
from recsys.training import fit
from tests.recsys.tastes import catalogue, community, draws

N = 400
PLAIN = {"adventure": 0.0, "diversity": 0.0}


@pytest.fixture(scope="module")
def model():
    return fit(community(draws()), catalogue())


@pytest.fixture(scope="module")
def ada(model):
    return model.fold_in(Evidence.of(np.arange(1, 30, 3), value=5.0))


def first(model, profile, explore, seed):
    (pick,) = model.recommend(profile, n=1, options=Options(explore=explore, seed=seed, **PLAIN))
    return pick


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_propensities_are_the_shares_with_which_items_are_shown(model, ada, share):
    picks = [first(model, ada, share, seed) for seed in range(N)]
    said = {pick.item_id: pick.propensity for pick in picks}
    for item, chance in said.items():
        frequency = np.mean([pick.item_id == item for pick in picks])
        assert abs(frequency - chance) < 4 * np.sqrt(chance * (1 - chance) / N) + 1 / N
        assert all(p.propensity == chance for p in picks if p.item_id == item), "no estimate"
    assert len(said) > 3
    assert sum(said.values()) <= 1 + 1e-9


def test_without_a_latent_model_the_lot_falls_by_softmax(model, ada):
    parts = [
        (part, folded)
        for part, folded in zip(model.parts, ada.folded, strict=True)
        if part.name != "latent"
    ]
    without = dataclasses.replace(model, parts=tuple(part for part, _ in parts))
    profile = without.fold_in(ada.evidence)
    picks = [first(without, profile, 1.0, seed) for seed in range(N)]
    assert all(pick.explored == 0 for pick in picks)
    top = max(picks, key=lambda pick: pick.score)
    frequency = np.mean([pick.item_id == top.item_id for pick in picks])
    assert abs(frequency - top.propensity) < 4 * np.sqrt(0.25 / N)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 15))
def test_zero_exploration_is_the_exact_list_whatever_the_seed(model, ada, seed, n):
    exact = model.recommend(ada, n=n, options=Options())
    assert model.recommend(ada, n=n, options=Options(seed=seed)) == exact


def test_a_newcomer_is_explored_more_than_a_regular(model):
    loved = draws(40, seed=8, each=40)
    shares = []
    for known in (2, 10, 38):
        others = []
        for tracks in loved:
            profile = model.fold_in(Evidence.of(tracks[:known], value=5.0))
            pool = np.arange(model.catalogue.n_items)
            total = model.score(profile).total
            ensemble = Ensemble.of(model, profile, pool)
            others.append(np.mean(ensemble.gains[:, pool].std(axis=0)))
            assert ensemble.best(total).shape == (DRAWS,)
        shares.append(np.mean(others))
    assert shares[0] > shares[1] > shares[2] > 0


def test_draws_have_the_mean_and_the_covariance_of_the_posterior(model):
    latent = model.part("latent").model
    row = csr((np.ones(3), ([0, 0, 0], [1, 5, 40])), (1, 150))
    posterior = latent.posterior(row)
    moved = posterior.moves(np.eye(len(posterior.system)), 20_000, noise=0.3)
    wanted = 0.3 * np.linalg.inv(posterior.system)
    size = np.sqrt(np.diagonal(wanted))
    assert np.abs(moved.mean(axis=0) / size).max() < 5 / np.sqrt(20_000)
    assert np.allclose(
        np.cov(moved.T) / np.outer(size, size), wanted / np.outer(size, size), atol=0.05
    )


def test_what_is_missed_is_that_of_fold_ins_without_the_row():
    rng = np.random.default_rng(0)
    x = csr((rng.random((30, 20)) < 0.3) * rng.uniform(0.5, 1.5, (30, 20)))
    model = ALS(n_factors=4).fit(x)
    squares = []
    for user in range(30):
        row = x[user : user + 1]
        if row.nnz < 2:
            continue
        a = model.posterior(row).system
        y, c = model.item_factors_.astype(float)[row.indices], row.data.astype(float)
        told = 1 - y @ np.linalg.solve(a, c @ y)
        for k in range(row.nnz):
            left = a - c[k] * np.outer(y[k], y[k])
            untold = 1 - y[k] @ np.linalg.solve(left, c @ y - c[k] * y[k])
            squares.append(c[k] * told[k] * untold)
    assert left_out_squares(model, x) == pytest.approx(np.array(squares), rel=1e-3)
    assert noise_of(left_out_squares(model, csr(np.zeros((3, 20))))) == PLAIN_NOISE


def test_the_noise_of_a_taste_is_that_of_listeners_the_factors_have_not_seen(model):
    """And of plays that were not told: a fifth of each stranger's, foretold from the rest."""
    latent = model.part("latent").model
    signals = model.signals(community(draws()))
    seen = noise_of(left_out_squares(latent, signals.artists.matrix(90, 150)))
    found = []
    for tracks in draws(40, seed=8, each=40):
        profile = model.fold_in(Evidence.of(tracks[:32], value=5.0))
        told = model.fold_in(Evidence.of(tracks[32:], value=5.0)).artists.indices
        hidden = np.setdiff1d(told, profile.artists.indices)
        missed = (1 - latent.score(latent.fold_in(profile.artists))[0, hidden]) ** 2
        y = latent.item_factors_[hidden].astype(float)
        system = latent.posterior(profile.artists).system
        unsure = np.einsum("ij,ij->i", y, np.linalg.solve(system, y.T).T)
        found += (
            missed / (1 + unsure)
        ).tolist()  # a play of confidence 1 misses by s^2 (1 + y'A^-1y)
    noise = model.taste_noise["latent"]
    assert noise == pytest.approx(np.mean(found), rel=0.25)
    assert seen < 0.9 * noise, "factors that have seen the plays flatter"
