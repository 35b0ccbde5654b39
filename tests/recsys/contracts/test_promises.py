"""The rest of what every model promises: seeds, strangers, storage, fold-in, and a plain pattern."""

import numpy as np
import pytest
from scipy.sparse import vstack

from recsys import DataError, HybridRecommender, Level, SnapshotError, Weighing, snapshot
from recsys.base import Model
from recsys.evidence import Evidence
from recsys.interactions import weigh
from recsys.models import als
from recsys.models.als import ALS
from recsys.models.content import Content
from recsys.models.ease import EASE
from recsys.models.graph_walk import GraphWalk
from recsys.models.group import Group
from recsys.models.item_knn import ItemKNN
from recsys.models.lifted import Lifted
from recsys.models.user_knn import UserKNN
from recsys.parallel import in_threads
from recsys.part import Curve, Part
from recsys.recommendation import Options
from recsys.sparse import csr, unit
from tests.recsys.contracts.test_models import MODELS
from tests.recsys.tastes import catalogue, community, draws


@pytest.fixture(scope="module")
def matrix():
    rows = community(draws())
    whole = catalogue()
    return weigh(whole, rows, Weighing()).artists.matrix(rows.n_users, whole.n_artists)


@pytest.fixture(params=sorted(MODELS))
def name(request):
    return request.param


def scores(model, rows):
    return model.score(model.fold_in(rows))


def test_it_offers_what_the_protocol_names(name):
    assert isinstance(MODELS[name](), Model)


def test_the_same_seed_gives_the_same_bits(name, matrix):
    first, second = (scores(MODELS[name]().fit(matrix), matrix[:7]) for _ in range(2))
    assert np.array_equal(first, second)


def test_keywords_are_kept_and_the_input_is_not_changed(name, matrix):
    before = matrix.copy()
    model = MODELS[name]()
    told = {k: v for k, v in vars(model).items() if not k.endswith("_")}
    model.fit(matrix)
    model.recommend(matrix[:2], n=3)
    assert {k: vars(model)[k] for k in told} == told
    assert (before != matrix).nnz == 0


def test_items_nobody_had_do_not_break_a_fold_in(name, matrix):
    heard = matrix.copy()
    heard.data[np.isin(heard.indices, [5, 80])] = 0
    heard.eliminate_zeros()
    model = MODELS[name]().fit(heard)
    rows = csr(np.eye(1, matrix.shape[1], 5) + np.eye(1, matrix.shape[1], 30))
    assert np.isfinite(scores(model, rows)).all()
    assert np.isfinite(model.coefficients(rows, np.array([5, 30, 80]))).all()


def test_rows_of_another_width_are_refused(name, matrix):
    model = MODELS[name]().fit(matrix)
    with pytest.raises(DataError, match="columns"):
        model.fold_in(csr(np.ones((1, 7))))


def test_confidence_that_is_not_finite_is_refused(name, matrix):
    broken = matrix.copy()
    broken.data[3] = np.nan
    with pytest.raises(DataError, match="finite"):
        MODELS[name]().fit(broken)


def test_similar_items_leave_out_the_item_itself_and_are_never_padded(name, matrix):
    model = MODELS[name]().fit(matrix)
    found = model.similar_items(12, n=400)
    assert 12 not in found.items
    assert len(set(found.items.tolist())) == len(found) < matrix.shape[1]
    assert (np.diff(found.scores) <= 1e-6).all()
    assert np.abs(model.similarity(np.arange(9), np.arange(9))).max() <= 1 + 1e-5


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"listeners"}))
def test_saved_and_loaded_it_ranks_the_same(name, matrix, tmp_path):
    whole = catalogue()
    part = Part(name, Level.ARTIST, MODELS[name]().fit(matrix), Curve((1.0,), rare_slopes=(1.0,)))
    kept = HybridRecommender(
        whole,
        Weighing(),
        (part,),
        bias=-4.0,
        listeners=np.ones(whole.n_artists, np.int32),
        item_listeners=np.ones(whole.n_items, np.int32),
    )
    snapshot.save(kept, tmp_path / "kept")
    again = snapshot.load(tmp_path / "kept")
    evidence = Evidence.of(np.arange(1, 40, 3), value=4.0)
    lists = [
        [pick.item_id for pick in one.recommend(one.fold_in(evidence), n=20, options=Options())]
        for one in (kept, again)
    ]
    assert lists[0] == lists[1]
    assert len(lists[0]) == 20


def test_neighbours_hold_rows_of_listeners_so_they_are_never_saved(matrix, tmp_path):
    whole = catalogue()
    part = Part(
        "user_neighbours", Level.ARTIST, UserKNN().fit(matrix), Curve((1.0,), rare_slopes=(1.0,))
    )
    model = HybridRecommender(
        whole,
        Weighing(),
        (part,),
        bias=-4.0,
        listeners=np.ones(whole.n_artists, np.int32),
        item_listeners=np.ones(whole.n_items, np.int32),
    )
    with pytest.raises(SnapshotError, match="not made to be kept"):
        snapshot.save(model, tmp_path / "kept")


@pytest.mark.parametrize("n_factors", [4, 40])
def test_a_fold_in_of_a_training_row_agrees_with_training(matrix, n_factors):
    model = ALS(n_factors=n_factors, n_iterations=4).fit(matrix)
    trained = model._solve(matrix, model.item_factors_)
    assert np.allclose(model.fold_in(matrix), trained, atol=2e-4)


@pytest.mark.parametrize("name", ["als", "lifted", "factors of elsewhere"])
def test_many_listeners_are_folded_in_together_as_each_alone(name, matrix):
    model = MODELS[name]().fit(matrix)
    many = csr(vstack([matrix, -matrix, 3 * matrix, csr((30, matrix.shape[1]))]))
    assert many.shape[0] >= 256
    alone = np.concatenate([model.fold_in(many[[row]]) for row in range(many.shape[0])])

    def refuse(*_):
        raise AssertionError("solved one by one")

    model._system = refuse
    together = model.fold_in(many)
    assert together.dtype == np.float32
    assert not together[-30:].any(), "nothing is known of them"
    assert np.allclose(together, alone, atol=1e-4 * np.abs(alone).max())


@pytest.mark.parametrize("make", [ALS, EASE])
@pytest.mark.parametrize("regularisation", [0.0, -1.0, np.nan])
def test_without_regularisation_a_fit_is_refused_with_a_sentence(make, regularisation):
    disliked = csr(-0.3 * np.ones((5, 6)))
    with pytest.raises(DataError, match="regularisation must be above 0"):
        make(regularisation=regularisation).fit(disliked)


def board(groups=3, each=6, listeners=8):
    """Groups of listeners who have all items of their group, but for one cell each group withholds."""
    n = groups * each
    rows = np.zeros((groups * listeners, n), np.float32)
    for user in range(len(rows)):
        group = user // listeners
        rows[user, group * each : (group + 1) * each] = 1
    withheld = [(g * listeners, g * each + 2) for g in range(groups)]
    for user, item in withheld:
        rows[user, item] = 0
    return csr(rows), withheld


CHECKERBOARD = {
    "als": lambda _: ALS(n_factors=3, n_iterations=15),
    "ease": lambda _: EASE(regularisation=1.0),
    "knn": lambda _: ItemKNN(shrinkage=0.0),
    "knn, tf-idf": lambda _: ItemKNN(weighting="tfidf", shrinkage=0.0),
    "knn, bm25": lambda _: ItemKNN(weighting="bm25", shrinkage=0.0),
    "graph walk": lambda _: GraphWalk(),
    "listeners": lambda _: UserKNN(n_neighbours=5),
    "content": lambda group: Content(unit(csr(np.eye(3)[group]))),
    "lifted": lambda group: Lifted(
        unit(csr(np.eye(3)[group])), n_factors=3, n_iterations=15, ridge=0.1
    ),
    "group": lambda group: Group(group.astype(np.int32)),
}


@pytest.mark.parametrize("name", sorted(CHECKERBOARD))
def test_on_a_checkerboard_the_withheld_cell_ranks_first(name):
    rows, withheld = board()
    model = CHECKERBOARD[name](np.arange(rows.shape[1]) // 6).fit(rows)
    for user, item in withheld:
        (found,) = model.recommend(rows[[user]], n=1)
        assert found.items.tolist() == [item]


def test_any_number_of_threads_gives_the_same_bits(matrix, monkeypatch):
    found = []
    for threads in (1, 2, 4):
        monkeypatch.setattr(
            als, "in_threads", lambda work, batches, n=threads: in_threads(work, batches, n=n)
        )
        found.append(ALS(n_factors=12, n_iterations=3).fit(matrix).item_factors_)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_the_first_error_of_a_thread_is_raised():
    def work(number):
        if number == 3:
            raise DataError("number three")

    for threads in (1, 3):
        with pytest.raises(DataError, match="number three"):
            in_threads(work, range(20), n=threads)
