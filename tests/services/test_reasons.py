"""What a card may name, and that a card without reasons holds the same list."""

from __future__ import annotations

from bot.domain.ids import MemberId
from bot.services.profiles import Listener, ids
from bot.services.reasons import Nameable
from bot.services.recommend import choose
from recsys import Evidence
from recsys.training import fit
from tests.domain_values import NOW
from tests.recsys.tastes import catalogue, community, draws


def test_in_private_anything_may_be_named_in_public_only_what_was_voted_on():
    assert Nameable(None).anything
    assert Nameable([4]).anything
    assert not Nameable([]).anything


def test_reasons_change_nothing_about_the_list():
    loved = draws()
    model = fit(community(loved), catalogue(), trained_at=NOW.isoformat())
    listener = Listener(MemberId(1), (), Evidence.of(loved[0]), ())
    asked = {"n": 5, "like": None, "shown": ids([]), "adventure": 0.4, "seed": 7}
    with_reasons = choose(model, listener, **asked)
    without = choose(model, listener, **asked, reasons=False)
    assert [pick for pick, _ in without] == [pick for pick, _ in with_reasons]
    assert all(rows for _, rows in with_reasons)
    assert not any(rows for _, rows in without)
