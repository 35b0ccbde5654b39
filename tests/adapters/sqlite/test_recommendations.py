"""Lists as they were shown."""

import pytest

from bot.adapters.sqlite.database import Database
from bot.domain.feedback import OpenMessage
from bot.domain.ids import GuildId, MessageId, RecommendationId, ShownItemId
from bot.domain.recommending import Occasion, Policy
from bot.errors import NotFoundError
from tests.adapters.sqlite.stage import ANA, BEN, HOME, NOW, at, draft, find, show


async def test_a_list_comes_back_as_it_was_saved(database: Database) -> None:
    subjects = await find(database, "queen", "hey jude", "slowdive")
    made = draft(
        subjects, like=subjects[1].key, private=True, guild_id=None, occasion=Occasion.BLEND
    )
    saved = await database.recommendations.save(made)
    again = await database.recommendations.get(saved.id)
    assert again == saved
    assert tuple(item.scored for item in saved.items) == made.items
    assert saved.like == subjects[1].key
    assert saved.items[0].scored.policy is Policy.EXPLOIT
    assert await database.recommendations.of_item(saved.items[2].id) == saved


async def test_unknown_lists_are_none(database: Database) -> None:
    assert await database.recommendations.get(RecommendationId(9)) is None
    assert await database.recommendations.of_item(ShownItemId(9)) is None
    assert await database.recommendations.of_message(MessageId(9)) is None
    with pytest.raises(NotFoundError):
        await database.recommendations.mark_sent(
            RecommendationId(9), message_id=MessageId(1), channel_id=1, open_to_reactions=True
        )


async def test_a_list_is_found_by_its_message(database: Database) -> None:
    shown = await show(database, "queen", message=4001)
    found = await database.recommendations.of_message(MessageId(4001))
    assert found is not None
    assert (found.id, found.message_id) == (shown.id, 4001)


async def test_open_messages_newest_first_with_their_single_item(database: Database) -> None:
    one = await show(database, "queen", message=1, made_at=at(1))
    five = await show(database, "queen", "slowdive", message=2, made_at=at(2))
    await show(database, "queen", message=3, made_at=at(-60))
    closed = await show(database, "queen", made_at=at(3))
    await database.recommendations.mark_sent(
        closed.id, message_id=MessageId(4), channel_id=77, open_to_reactions=False
    )
    found = await database.recommendations.open_messages(since=NOW, limit=10)
    assert found == [
        OpenMessage(MessageId(2), 77, five.id, None),
        OpenMessage(MessageId(1), 77, one.id, one.items[0].id),
    ]
    assert len(await database.recommendations.open_messages(since=at(-99), limit=1)) == 1


async def test_shown_keys_are_per_server_and_since(database: Database) -> None:
    here = await show(database, "queen", "slowdive", made_at=at(0))
    old = await show(database, "hey jude", made_at=at(-60))
    there = await show(database, "daft punk", guild_id=GuildId(9), made_at=at(0))
    private = await show(database, "one more time", guild_id=None, made_at=at(0))
    await show(database, "sigur", member=BEN)

    def keys(*lists: object) -> set[int]:
        return {i.scored.subject.key for one in lists for i in one.items}  # type: ignore[attr-defined]

    store = database.recommendations
    assert await store.shown_keys(ANA, guild_id=HOME, since=NOW) == keys(here)
    assert await store.shown_keys(ANA, guild_id=HOME, since=at(-60)) == keys(here, old)
    assert await store.shown_keys(ANA, guild_id=GuildId(9), since=NOW) == keys(there)
    assert await store.shown_keys(ANA, guild_id=None, since=NOW) == keys(private)


async def test_latest_items_newest_list_first_in_rank_order(database: Database) -> None:
    first = await show(database, "queen", "slowdive", made_at=at(1))
    second = await show(database, "hey jude", "daft punk", made_at=at(2))
    await show(database, "sigur", member=BEN, made_at=at(3))
    found = await database.recommendations.latest(ANA, limit=3)
    assert [one.id for one in found] == [
        second.items[0].id,
        second.items[1].id,
        first.items[0].id,
    ]
    assert found[2] == first.items[0]
