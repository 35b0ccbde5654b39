"""What a card may name, and that a card without reasons holds the same list."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.ids import ItemKey, MemberId
from bot.domain.listening import EvidenceKind, EvidenceRow, Level
from bot.services.profiles import Listener, ids, to_evidence
from bot.services.reasons import LEAST, OFTEN, Nameable, Speaking, shared_styles
from bot.services.recommend import choose
from recsys import Evidence
from recsys.training import fit
from tests.domain_values import NOW, subject
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
    assert all(speaking.strongest for _, speaking in with_reasons)
    for _, speaking in with_reasons:
        assert speaking.whole >= sum(share for _, share in speaking.strongest) - 1e-9
    assert not any(speaking.strongest for _, speaking in without)


VOTED, OTHER, HEARD = ItemKey(1001), ItemKey(1002), ItemKey(1003)
PICKS = [ItemKey(2000 + n) for n in range(5)]


def listener_of(*rows: tuple[ItemKey, EvidenceKind]) -> Listener:
    kept = tuple(EvidenceRow(Level.TRACK, int(key), kind, 1, None) for key, kind in rows)
    return Listener(MemberId(1), kept, to_evidence(kept, now=NOW), ())


def test_that_a_track_voted_on_in_public_is_also_listened_to_stays_private():
    listener = listener_of((VOTED, EvidenceKind.PLAY), (VOTED, EvidenceKind.LIKE))
    speaking = Speaking(((0, 2.0), (1, 1.0)), 3.0)
    assert Nameable([VOTED]).among(listener, speaking) == ((1, 1.0),)
    assert Nameable(None).among(listener, speaking) == speaking.strongest


def test_in_public_a_vote_that_weighs_next_to_nothing_is_no_reason():
    listener = listener_of((VOTED, EvidenceKind.LIKE), (HEARD, EvidenceKind.PLAY))
    enough, little = Speaking(((0, LEAST),), 1.0), Speaking(((0, LEAST),), 1.1)
    assert Nameable([VOTED]).among(listener, enough) == ((0, LEAST),)
    assert Nameable([VOTED]).among(listener, little) == ()
    assert Nameable(None).among(listener, little) == ((0, LEAST),), "in private it is the strongest"


def test_one_vote_is_named_twice_and_then_the_style_that_it_shares():
    votes = dict.fromkeys(PICKS, ((0, 1.0),))
    reasons = Nameable([VOTED]).choose(votes, dict.fromkeys(PICKS[:4], "shoegaze"))
    assert [bool(reasons[key].rows) for key in PICKS] == [True, True, False, False, True]
    assert [reasons[key].style for key in PICKS] == [None, None, "shoegaze", "shoegaze", None]


def test_a_second_vote_is_named_where_the_first_has_been_named_enough():
    votes = dict.fromkeys(PICKS, ((0, 2.0), (1, 1.5), (2, 1.0)))
    reasons = Nameable([VOTED, OTHER]).choose(votes, {})
    named = [[row for row, _ in reasons[key].rows] for key in PICKS]
    assert named == [[0, 1], [0, 1], [2], [2], [0, 1]]
    assert OFTEN == 2


def test_a_private_card_names_the_strongest_every_time():
    votes = dict.fromkeys(PICKS, ((0, 1.0),))
    reasons = Nameable(None).choose(votes, dict.fromkeys(PICKS, "shoegaze"))
    assert all(one.rows == ((0, 1.0),) and one.style is None for one in reasons.values())


def test_a_style_is_named_only_where_something_liked_in_public_has_it():
    liked, pick, stranger = subject(1), subject(2), subject(3)
    stranger = replace(stranger, artist=replace(stranger.artist, tags=("jazz",)))
    known = {one.key: one for one in (liked, pick, stranger)}
    assert shared_styles(known, [pick.key, stranger.key], [liked.key]) == {pick.key: "rock"}
    assert shared_styles(known, [pick.key], []) == {}
    listener = listener_of((VOTED, EvidenceKind.LIKE), (HEARD, EvidenceKind.LIKE))
    assert Nameable([VOTED, OTHER]).liked(listener) == {VOTED}


def test_of_styles_shared_the_one_that_fewest_have_is_named():
    def tagged(number, *tags):
        one = subject(number)
        return replace(one, artist=replace(one.artist, tags=tags))

    liked, pick = tagged(1, "rock", "shoegaze"), tagged(2, "rock", "shoegaze", "pop")
    known = {one.key: one for one in (liked, pick, tagged(3, "rock"), tagged(4, "rock", "pop"))}
    assert shared_styles(known, [pick.key], [liked.key]) == {pick.key: "shoegaze"}
