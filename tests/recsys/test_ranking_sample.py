"""Which candidates of held-out listeners teach the blend."""

from functools import partial

import numpy as np
import pytest

from recsys import sampling
from recsys.building import build
from recsys.cli.side_information import SideFiles
from recsys.cli.tasks import Task, holdout
from recsys.config import Config
from recsys.evidence import Level
from recsys.interactions import audience, matrices, nearby_matrix
from recsys.parallel import in_threads
from recsys.ranking_sample import Asked, Fold, Sample
from recsys.sampling import draw_sample
from tests.recsys.generated import FOLDER


@pytest.fixture(scope="module")
def task() -> Task:
    return holdout(FOLDER, SideFiles())


@pytest.fixture(scope="module")
def fold(task: Task) -> Fold:
    assert task.valid is not None
    config = Config(parts=("popularity", "content", "neighbours"))
    known = matrices(task.train, task.catalogue, config.weighing)
    wanted = matrices(task.valid, task.catalogue, config.weighing)[0]
    nearby = nearby_matrix(task.train.where(task.train.id < 0), task.catalogue, config.weighing)
    heard = audience(known[0]), audience(known[1])
    parts = build(*known, task.catalogue, config)
    return Fold(parts, Asked(*known, nearby, wanted, *heard))


def drawn(fold: Fold, task: Task) -> Sample:
    return draw_sample([fold], task.catalogue, level=Level.ARTIST, most_users=100, seed=3)


def test_a_sample_depends_on_no_thread_and_no_batch(
    fold: Fold, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = drawn(fold, task)
    monkeypatch.setattr(sampling, "_CELLS", 7 * 3 * task.catalogue.n_artists)
    for n in (1, 3):
        monkeypatch.setattr(sampling, "in_threads", partial(in_threads, n=n))
        again = drawn(fold, task)
        for name, value in vars(first).items():
            np.testing.assert_array_equal(value, getattr(again, name), err_msg=name)


def test_a_sample_ends_with_enough_held_out_rows(
    fold: Fold, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(np.unique(drawn(fold, task).user)) == 100
    monkeypatch.setattr(sampling, "ENOUGH", 50)
    sample = drawn(fold, task)
    users = np.unique(sample.user)
    assert len(users) < 50
    assert 50 <= sample.n_wanted[users].sum() < 50 + sample.n_wanted.max()
