"""A blend among people: who is called, what it takes, how long it stands, how one gets out."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.compute import ThreadCompute
from bot.domain.ids import BlendId, MemberId
from bot.services.blends import BlendService, mix
from tests.transport.real import Real, real_bot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.fake_discord import Message, User


@pytest.fixture
async def real(data_dir: Path) -> AsyncIterator[Real]:
    async with real_bot(data_dir) as running:
        yield running


async def invite(real: Real, *people: User, **options: str) -> Message:
    asked = dict(zip(("member", "member_2"), people, strict=False))
    done = await real.discord.slash(real.ada, real.channel, "blend", asked | options)
    await real.discord.wait_for(lambda: done.followups, "the call")
    return done.message


async def press(real: Real, user: User, message: Message, answer: str) -> str:
    custom_id = next(b.custom_id for b in message.buttons if b.custom_id.endswith(f":{answer}"))
    done = await real.discord.click(user, message, custom_id)
    await real.discord.wait_for(lambda: done.followups, "the words")
    return "\n".join(each.text for each in done.followups)


async def test_the_invited_are_called_in_a_new_message_and_nobody_else_is(real: Real):
    """Discord notifies nobody of an edit, not even of the one that fills a placeholder."""
    message = await invite(real, real.bruno, real.nova)
    (filled,) = real.discord.requests_to("PATCH", "*/messages/@original")
    assert filled.body["allowed_mentions"] == {"parse": []}
    (call,) = real.discord.requests_to("POST", "/webhooks/*")
    mentions = call.body["allowed_mentions"]
    assert {int(id_) for id_ in mentions["users"]} == {real.bruno.id, real.nova.id}
    assert mentions["parse"] == []
    assert f"<@{real.bruno.id}>" in message.text


async def test_a_call_that_is_refused_leaves_the_invitation(real: Real):
    real.discord.fail("POST", "/webhooks/*", status=403, count=1)
    done = await real.discord.slash(real.ada, real.channel, "blend", {"member": real.bruno})
    assert "would like to blend" in done.message.text
    assert "You're in" in await press(real, real.bruno, done.message, "agree")


@pytest.mark.parametrize(
    ("rule", "word"), [("joy", "joy"), ("fair", "fair"), ("no_one_suffers", "no one suffers")]
)
async def test_the_list_has_its_rule_shares_match_and_a_file(real: Real, rule: str, word: str):
    message = await invite(real, real.bruno, rule=rule)
    await press(real, real.bruno, message, "agree")
    assert f"**{word}**" in message.text
    assert "Whose list is it?" in message.text
    assert "Match of your tastes" in message.text
    (file,) = message.attachments
    assert len(file.data.decode().splitlines()) == 30


async def test_whoever_leaves_takes_their_taste_along(real: Real):
    message = await invite(real, real.bruno)
    await press(real, real.bruno, message, "agree")
    assert message.attachments
    assert "made anew without you" in await press(real, real.bruno, message, "revoke")
    assert not message.attachments
    assert "Whose list" not in message.text
    assert "You're in" in await press(real, real.bruno, message, "agree")
    assert message.attachments


async def test_a_card_of_somebody_who_was_forgotten_is_taken_back(real: Real):
    """It told their share and their match, and the file what they like."""
    message = await invite(real, real.bruno)
    await press(real, real.bruno, message, "agree")
    assert message.attachments
    asked = await real.discord.slash(real.bruno, real.channel, "forget-me", {})
    yes = next(b.custom_id for b in asked.message.buttons if b.custom_id.endswith(":yes"))
    await real.discord.click(real.bruno, asked.message, yes, until="acknowledged")
    await real.discord.wait_for(lambda: "is taken back" in message.text, "the card")
    assert not message.attachments
    assert not message.buttons
    assert "Match of your tastes" not in message.text
    assert "Bruno" not in message.text


async def test_it_stands_for_a_day(real: Real):
    message = await invite(real, real.bruno)
    real.clock.ahead = timedelta(hours=23, minutes=59)
    await press(real, real.bruno, message, "decline")
    real.clock.ahead = timedelta(hours=24, minutes=1)
    before = message.text
    assert "has ended" in await press(real, real.bruno, message, "agree")
    assert message.text == before


async def test_who_agreed_without_anything_to_go_on_is_named(real: Real):
    await real.app.services.consent.agree(MemberId(real.nova.id))
    message = await invite(real, real.nova)
    await press(real, real.nova, message, "agree")
    assert "Nothing to go on yet for: Nova" in message.text
    assert "/start" in message.text


async def test_who_leaves_while_a_list_is_being_made_is_not_in_what_is_shown(
    real: Real, monkeypatch: pytest.MonkeyPatch
):
    """The slower answer was the earlier one: it must not be drawn over the later."""
    message = await invite(real, real.bruno)
    await press(real, real.bruno, message, "agree")
    assert message.attachments
    mixing, go = asyncio.Event(), asyncio.Event()
    run = ThreadCompute.run

    async def slow(self: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        if function is mix:
            mixing.set()
            await go.wait()
        return await run(self, function, *args, **kwargs)

    monkeypatch.setattr(ThreadCompute, "run", slow)
    turn, asked, waiting = BlendService.turn, [], asyncio.Event()

    def counted(self: BlendService, blend_id: BlendId) -> asyncio.Lock:
        asked.append(blend_id)
        if len(asked) == 2:
            waiting.set()
        return turn(self, blend_id)

    monkeypatch.setattr(BlendService, "turn", counted)
    agree, revoke = (
        next(b.custom_id for b in message.buttons if b.custom_id.endswith(f":{answer}"))
        for answer in ("agree", "revoke")
    )
    first = await real.discord.click(real.ada, message, agree, until="acknowledged")
    await mixing.wait()
    second = await real.discord.click(real.bruno, message, revoke, until="acknowledged")
    await waiting.wait()
    go.set()
    for done in (first, second):
        await real.discord.wait_for(lambda done=done: done.followups, "the words")
    assert not message.attachments
    assert "Whose list" not in message.text
