"""A preview of other evidence is the list that this evidence would give, exactly."""

import numpy as np
import pytest

from recsys import Evidence, HybridRecommender, Kind, Options, forget_preview, what_if
from tests.recsys.generated import fitted

PLAIN = Options(adventure=0.0, diversity=0.0, artist_cap=10)


@pytest.fixture
def model() -> HybridRecommender:
    return fitted()


def test_the_second_list_is_that_of_somebody_who_never_played_it(model: HybridRecommender) -> None:
    evidence = Evidence.of([3, 5, 8, 200], value=[4, 9, 2, 30])
    changes = forget_preview(model, evidence, np.array([False, False, False, True]))
    never = model.fold_in(Evidence.of([3, 5, 8], value=[4, 9, 2]))
    picks = model.recommend(never, n=10, options=PLAIN)
    assert [change.item_id for change in changes[:10]] == [pick.item_id for pick in picks]
    assert [change.rank_after for change in changes[:10]] == list(range(1, 11))
    scores = model.score(never).total
    for change in changes:
        place = model.catalogue.items.index_of([change.item_id])[0]
        assert change.after.score == pytest.approx(float(scores[place]), abs=1e-5)
    left = changes[10:]
    assert left, "some of the first list are no longer among the ten"
    assert all(change.rank_after > 10 >= change.rank_before > 0 for change in left)


def test_the_parts_sum_to_the_change(model: HybridRecommender) -> None:
    evidence = Evidence.of([3, 5, 200])
    changes = forget_preview(model, evidence, np.array([True, False, False]))
    assert any(abs(change.score) > 0.01 for change in changes)
    for change in changes:
        assert sum(change.parts.values()) == pytest.approx(change.score, abs=1e-5)


def test_what_is_forgotten_may_be_shown_again(model: HybridRecommender) -> None:
    evidence = Evidence.of([3, 5, 8, 11])
    best = model.recommend(model.fold_in(Evidence.of([3, 5, 8])), n=1, options=PLAIN)[0].item_id
    evidence = Evidence.of([3, 5, 8, best])
    first = forget_preview(model, evidence, evidence.id == best)[0]
    assert (first.item_id, first.rank_before, first.rank_after) == (best, 0, 1)


def test_forgetting_nothing_changes_nothing(model: HybridRecommender) -> None:
    changes = forget_preview(model, Evidence.of([3, 5, 8]), np.zeros(3, np.bool_), n=5)
    assert len(changes) == 5
    assert all(change.score == 0 for change in changes)
    assert all(change.rank_before == change.rank_after for change in changes)


def test_all_can_be_forgotten(model: HybridRecommender) -> None:
    changes = forget_preview(model, Evidence.of([3, 5, 8]), np.ones(3, np.bool_))
    newcomer = model.recommend(model.fold_in(Evidence.empty()), n=10, options=PLAIN)
    assert [change.item_id for change in changes[:10]] == [pick.item_id for pick in newcomer]


@pytest.mark.parametrize("kind", [Kind.LIKE, Kind.DISLIKE])
def test_a_vote_to_come_is_seen_as_if_it_were_given(model: HybridRecommender, kind: Kind) -> None:
    known = Evidence.of([3, 5, 8])
    best, second = model.recommend(model.fold_in(known), n=2, options=PLAIN)
    voted = Evidence.concat(known, Evidence.of([best.item_id], kind=kind))
    changes = what_if(model, known, voted)
    given = model.recommend(model.fold_in(voted), n=10, options=PLAIN)
    assert [change.item_id for change in changes[:10]] == [pick.item_id for pick in given]
    gone = next(change for change in changes if change.item_id == best.item_id)
    assert (gone.rank_before, gone.rank_after) == (1, 0), "what was voted on is known"
    assert np.sign(gone.parts["said"]) == (1 if kind == Kind.LIKE else -1)
    assert next(c for c in changes if c.item_id == second.item_id).rank_before == 2
