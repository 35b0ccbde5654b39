"""Gestures by example: what wins, what ends, what reconciling may touch."""

import pytest

from bot.adapters.sqlite.database import Database
from bot.domain.feedback import Gesture, Verdict, Via
from bot.domain.ids import MemberId, MessageId, RecommendationId, ShownItemId
from bot.errors import NotFoundError
from tests.adapters.sqlite.stage import ANA, BEN, CLEO, NOW, at, emoji, held, press, show

UP, DOWN = Verdict.UP, Verdict.DOWN


async def test_a_press_makes_a_verdict_once(database: Database) -> None:
    shown = await show(database, "queen", "hey jude")
    assert await database.gestures.record(press(shown, 1, UP)) is True
    assert await database.gestures.record(press(shown, 1, UP)) is False
    assert await database.gestures.record(press(shown, 1, DOWN, minute=1)) is True
    (verdict,) = await database.gestures.verdicts(ANA, limit=10)
    assert (verdict.subject, verdict.verdict, verdict.made_at, verdict.item_id, verdict.weak) == (
        shown.items[1].scored.subject,
        DOWN,
        at(1),
        shown.items[1].id,
        False,
    )


async def test_artists_without_tracks_can_be_voted_on(database: Database) -> None:
    shown = await show(database, "sigur")
    await database.gestures.record(press(shown, 0, DOWN))
    assert await held(database) == {shown.items[0].scored.subject.key: DOWN}
    assert shown.items[0].scored.subject.key < 0


async def test_the_newest_gesture_on_the_same_track_wins_across_lists(database: Database) -> None:
    first = await show(database, "hey jude")
    second = await show(database, "hey jude")
    await database.gestures.record(press(second, 0, DOWN, minute=2))
    assert await database.gestures.record(press(first, 0, UP, minute=1)) is False
    assert list((await held(database)).values()) == [DOWN]
    assert await database.gestures.record(press(first, 0, UP, minute=3)) is True
    assert list((await held(database)).values()) == [UP]


async def test_a_whole_card_counts_only_where_nothing_else_was_said(database: Database) -> None:
    shown = await show(database, "queen", "hey jude")
    jude = shown.items[1].scored.subject.key
    await database.gestures.record(press(shown, 1, DOWN))
    assert await database.gestures.record(emoji(shown, None, UP, minute=5)) is True
    verdicts = await database.gestures.verdicts(ANA, limit=10)
    assert {(v.subject.key, v.verdict, v.weak) for v in verdicts} == {
        (shown.items[0].scored.subject.key, UP, True),
        (jude, DOWN, False),
    }
    await database.gestures.withdraw(
        ANA,
        recommendation_id=shown.id,
        item_id=shown.items[1].id,
        via=Via.BUTTON,
        emoji="",
        at=at(6),
    )
    assert (await held(database))[jude] is UP


async def test_taking_one_of_two_emoji_off_leaves_the_other(database: Database) -> None:
    shown = await show(database, "hey jude")
    for sign in ("👍", "❤"):
        await database.gestures.record(emoji(shown, 0, UP, sign=sign))
    assert await take_off(database, shown.id, shown.items[0].id, "👍", minute=1) is True
    assert list((await held(database)).values()) == [UP]
    assert await take_off(database, shown.id, shown.items[0].id, "❤", minute=1) is True
    assert await held(database) == {}
    assert await take_off(database, shown.id, shown.items[0].id, "❤", minute=2) is False


async def take_off(
    database: Database,
    shown: RecommendationId,
    item: ShownItemId | None,
    sign: str,
    *,
    minute: float,
    member: MemberId = ANA,
) -> bool:
    return await database.gestures.withdraw(
        member, recommendation_id=shown, item_id=item, via=Via.EMOJI, emoji=sign, at=at(minute)
    )


async def test_an_end_that_arrives_before_its_beginning_still_ends_it(database: Database) -> None:
    shown = await show(database, "hey jude")
    assert await take_off(database, shown.id, shown.items[0].id, "👍", minute=2) is False
    assert await database.gestures.record(emoji(shown, 0, UP, minute=1)) is False
    assert await held(database) == {}
    assert await database.gestures.record(emoji(shown, 0, UP, minute=3)) is True


async def test_within_one_instant_the_later_arrival_counts(database: Database) -> None:
    shown = await show(database, "hey jude")
    assert await database.gestures.record(press(shown, 0, UP)) is True
    assert await database.gestures.clear(ANA, shown.items[0].id, at=NOW) is True
    assert await database.gestures.record(press(shown, 0, UP)) is True
    assert list((await held(database)).values()) == [UP]


async def test_clearing_ends_everything_said_about_the_thing(database: Database) -> None:
    first = await show(database, "hey jude", "queen")
    second = await show(database, "hey jude")
    await database.gestures.record(press(first, 0, UP))
    await database.gestures.record(emoji(first, None, UP))
    await database.gestures.record(emoji(second, 0, UP))
    await database.gestures.record(press(second, 0, UP, member=BEN))
    assert await database.gestures.clear(ANA, second.items[0].id, at=at(1)) is True
    assert await held(database) == {}
    assert await database.gestures.clear(ANA, second.items[0].id, at=at(2)) is False
    assert len(await held(database, BEN)) == 1


async def test_what_is_gone_is_not_found(database: Database) -> None:
    shown = await show(database, "queen")
    other = await show(database, "queen")
    gone = Gesture(ANA, RecommendationId(99), None, Via.EMOJI, "👍", UP, NOW)
    mixed = Gesture(ANA, shown.id, other.items[0].id, Via.BUTTON, "", UP, NOW)
    for gesture in (gone, mixed):
        with pytest.raises(NotFoundError):
            await database.gestures.record(gesture)
    assert await take_off(database, RecommendationId(99), None, "👍", minute=0) is False
    assert await database.gestures.clear(ANA, ShownItemId(99), at=NOW) is False


async def test_verdicts_newest_first_and_limited(database: Database) -> None:
    shown = await show(database, "queen", "hey jude", "slowdive")
    for place, minute in ((0, 2), (1, 3), (2, 1)):
        await database.gestures.record(press(shown, place, UP, minute=minute))
    found = await database.gestures.verdicts(ANA, limit=2)
    assert [one.item_id for one in found] == [shown.items[1].id, shown.items[0].id]


@pytest.fixture
async def agreed(database: Database) -> Database:
    for member in (ANA, BEN):
        await database.members.agree(member, version=1, at=NOW)
    return database


async def test_reconciling_adds_removes_and_changes(agreed: Database) -> None:
    shown = await show(agreed, "hey jude", message=7)
    await agreed.gestures.record(emoji(shown, 0, UP))
    await agreed.gestures.record(emoji(shown, 0, UP, member=BEN))
    seen = {(ANA, "👎"): DOWN, (BEN, "👍"): UP, (CLEO, "👍"): UP}
    assert await agreed.gestures.reconcile(MessageId(7), seen, at=at(9)) == 2
    assert list((await held(agreed)).values()) == [DOWN]
    assert list((await held(agreed, BEN)).values()) == [UP]
    assert await held(agreed, CLEO) == {}, "nobody is stored without consent"
    assert await agreed.gestures.reconcile(MessageId(7), seen, at=at(10)) == 0
    assert await agreed.gestures.reconcile(MessageId(7), {}, at=at(11)) == 2
    assert await held(agreed) == await held(agreed, BEN) == {}


async def test_reconciling_leaves_buttons_and_other_cards_alone(agreed: Database) -> None:
    shown = await show(agreed, "hey jude", message=7)
    other = await show(agreed, "queen", message=8)
    await agreed.gestures.record(press(shown, 0, UP))
    await agreed.gestures.record(emoji(other, 0, UP))
    assert await agreed.gestures.reconcile(MessageId(7), {}, at=at(9)) == 0
    assert len(await held(agreed)) == 2
    assert await agreed.gestures.reconcile(MessageId(99), {(ANA, "👍"): UP}, at=at(9)) == 0


async def test_reconciling_a_card_of_several_speaks_of_the_whole_card(agreed: Database) -> None:
    shown = await show(agreed, "hey jude", "queen", message=7)
    assert await agreed.gestures.reconcile(MessageId(7), {(ANA, "👍"): UP}, at=NOW) == 1
    assert {v.weak for v in await agreed.gestures.verdicts(ANA, limit=9)} == {True}
    assert len(await held(agreed)) == len(shown.items)


async def test_an_event_newer_than_the_reading_is_kept(agreed: Database) -> None:
    shown = await show(agreed, "hey jude", message=7)
    await agreed.gestures.record(emoji(shown, 0, UP, minute=5))
    assert await agreed.gestures.reconcile(MessageId(7), {}, at=at(4)) == 0
    assert len(await held(agreed)) == 1
