"""What no model can learn from is refused where it comes in, by name."""

import numpy as np
import pytest

from recsys import Catalogue, DataError, IdMap, Weighing


@pytest.mark.parametrize("known", [{"features": [[1.0], [np.inf]]}, {"year": [-np.inf, 1990.0]}])
def test_a_catalogue_of_endless_numbers_is_refused(known):
    (name,) = known
    with pytest.raises(DataError, match=f"{name} must be finite"):
        Catalogue.build([1, 2], **known)


@pytest.mark.parametrize("ids", [["a", "b"], [1.5], [True], [None]])
def test_ids_that_no_evidence_can_name_are_refused(ids):
    with pytest.raises(DataError, match="ids must be integers"):
        IdMap(ids)
    with pytest.raises(DataError, match="ids must be integers"):
        Catalogue.build(ids)
    assert IdMap([3, 1]).index_of([1, 2]).tolist() == [1, -1]
    assert IdMap().index_of([1]).tolist() == [-1]
    assert IdMap([]).ids.dtype == np.int64


@pytest.mark.parametrize(
    "wrong",
    [
        *({"half_life_days": 0.0}, {"vote_half_life_days": -1.0}, {"half_life_days": np.nan}),
        *({"like": -1.0}, {"pick": np.inf}, {"least_decay": np.nan}, {"attention": -2.0}),
        *({"dislike": 0.3}, {"skip": 0.1}, {"dislike": -np.inf}),
    ],
)
def test_weights_that_would_turn_what_was_said_around_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(DataError, match=f"^{name} must be "):
        Weighing(**wrong)
    Weighing(like=0.0, dislike=0.0, skip=0.0, half_life_days=np.inf)
