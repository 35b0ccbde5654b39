"""Rows F6 to F8 of docs/faults.md: Discord refuses, fails or forbids, and nothing is asked twice."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import discord
import pytest

from bot.domain.ids import MemberId
from bot.services.notices import Notice
from bot.unasked import SHUT_S, UNSAID_S
from tests.fake_discord import Permission
from tests.transport.real import Real, real_bot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.fake_discord import Channel, Guild, Message

HOUR_S = 3600
NOTICE = Notice("link.notice.ended", relink=True)


@pytest.fixture
async def real(data_dir: Path) -> AsyncIterator[Real]:
    async with real_bot(data_dir) as running:
        await running.discord.wait_for(lambda: running.channel.visible_messages, "the greeting")
        yield running


async def pick(real: Real) -> Message:
    """A public single pick."""
    return (await real.discord.slash(real.ada, real.channel, "recommend", {"count": 1})).message


async def seeded(real: Real) -> Message:
    message = await pick(real)
    await real.discord.wait_for(lambda: len(message.reactions) == 2, "the seeds")
    return message


def sent_by(real: Real, before: int) -> list[str]:
    """What went to Discord since then, other than answers to people."""
    later = real.discord.requests[before:]
    return [str(r) for r in later if not r.path.startswith(("/interactions/", "/webhooks/"))]


async def whatever_comes_by_itself(real: Real) -> None:
    """All that an hour may bring: sessions that begin anew, seeds, notices to members."""
    for _ in range(10):
        await real.bot.cogs["Reactions"].on_ready()
        await real.bot.cogs["Servers"].on_ready()
        await pick(real)
        for user in (real.ada, real.bruno):
            await real.app.services.notices.tell(MemberId(user.id), NOTICE)


@pytest.mark.parametrize(
    "refusal", [{"retry_after": 86_400.0}, {"via": False}], ids=["a day", "the edge's own"]
)
async def test_f6_a_refusal_silences_what_nobody_asked_for(
    real: Real, refusal: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    """F6: fewer than five requests in the hour after, the gateway stays, the operator is told."""
    for _ in range(3):
        await seeded(real)
    before = len(real.discord.requests)
    for method, path in (("*", "/channels/*"), ("*", "/users/*")):
        real.discord.fail(method, path, status=429, count=None, **refusal)
    with caplog.at_level(logging.INFO):
        await whatever_comes_by_itself(real)
    assert 1 <= len(sent_by(real, before)) < 5
    assert "Discord refuses requests" in caplog.text
    assert (await real.discord.slash(real.ada, real.channel, "help", {})).text
    assert not real.bot.is_closed()
    assert real.discord.gateway.identified == 1


async def test_f6_after_an_hour_it_speaks_again(real: Real, monkeypatch: pytest.MonkeyPatch):
    """F6: a refusal of the edge names no time; an hour is taken for it."""
    fault = real.discord.fail("PUT", "*/reactions/*", status=429, via=False)
    await pick(real)
    await real.discord.wait_for(lambda: real.bot.unasked._quiet_until, "the silence")
    assert fault.hits == 1
    assert not await real.app.services.notices.tell(MemberId(real.ada.id), NOTICE)
    quiet_until = real.bot.unasked._quiet_until
    monkeypatch.setattr("bot.unasked.time.monotonic", lambda: quiet_until + 1)
    assert await real.app.services.notices.tell(MemberId(real.ada.id), NOTICE)
    assert UNSAID_S == HOUR_S


async def another_server(real: Real) -> tuple[Guild, Channel]:
    """A server that nobody has greeted yet."""
    guild = real.discord.add_guild("Other")
    channel = real.discord.add_channel(guild, "general")

    def known() -> bool:
        found = real.bot.get_guild(guild.id)
        return found is not None and bool(found.text_channels)

    await real.discord.wait_for(known, "the server")
    return guild, channel


async def test_f7_a_burst_of_500_posts_one_greeting(real: Real):
    """F7: the library tries again under one nonce; a single message stands."""
    guild, channel = await another_server(real)
    path = f"/channels/{channel.id}/messages"
    fault = real.discord.fail("POST", path, status=500, count=2)
    await real.bot.cogs["Servers"].on_ready()
    assert fault.hits == 2
    assert len(channel.visible_messages) == 1
    nonces = [r.body["nonce"] for r in real.discord.requests_to("POST", path) if r.body]
    assert set(nonces) == {str(guild.id)}


async def test_f7_an_answer_that_got_lost_costs_one_message_at_most(real: Real):
    """F7: it went out, nobody said so: the next start tries under the same nonce, then never again."""
    guild, channel = await another_server(real)
    path = f"/channels/{channel.id}/messages"
    real.discord.fail("POST", path, drop="after")
    for _ in range(3):
        await real.bot.cogs["Servers"].on_ready()
    sent = [r.body for r in real.discord.requests_to("POST", path) if r.body]
    assert len(channel.visible_messages) <= 2
    assert {body["nonce"] for body in sent} == {str(guild.id)}
    assert all(body["enforce_nonce"] for body in sent)


async def test_f7_a_card_whose_answer_got_lost_is_one_card(real: Real):
    """F7: an answer to a command is an edit, so sending it again changes nothing."""
    real.discord.fail("PATCH", "*/messages/@original", drop="after")
    before = len(real.channel.visible_messages)
    await real.discord.slash(real.ada, real.channel, "recommend", {}, until="acknowledged")

    def shown() -> bool:
        return any(m.buttons for m in real.channel.visible_messages[before:])

    await real.discord.wait_for(shown, "the card")
    assert len(real.channel.visible_messages) == before + 1


async def test_f8_10062_an_interaction_that_is_over_is_let_go(
    real: Real, caplog: pytest.LogCaptureFixture
):
    """F8, 10062: one request, no answer, a line in the log, and nothing was stored or shown."""
    real.discord.fail("POST", "/interactions/*/callback", status=404, code=10062, count=None)
    before = len(real.discord.requests)
    asked = asyncio.ensure_future(real.discord.slash(real.ada, real.channel, "recommend", {}))
    await real.discord.wait_for(lambda: "is over, nobody can be told (10062)" in caplog.text, "it")
    asked.cancel()
    assert len(real.discord.requests) == before + 1
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("code", [50013, 50001])
async def test_f8_a_channel_that_is_closed_to_us_is_left_alone(real: Real, code: int):
    """F8, 50013 and 50001: no retry, the row is kept, the owner of the server is told once."""
    fault = real.discord.fail("PUT", "*/reactions/*", status=403, code=code, count=None)
    for _ in range(3):
        message = await pick(real)
        assert message.buttons, "the card stands without reactions"
        await real.discord.wait_for(lambda: real.bot.unasked._shut_until, "the closed door")
    assert fault.hits == 1

    async def kept() -> bool:
        return await real.app.database.recommendations.of_message(message.id) is not None

    await real.stored.until(kept, True)
    told = real.discord.dm(real.guild.owner).visible_messages
    await real.discord.wait_for(lambda: told, "the words to the owner")
    assert f"<#{real.channel.id}>" in told[0].text
    assert "View Channel" in told[0].text
    # An hour later the channel is tried once more, and nothing is said a second time.
    (until,) = real.bot.unasked._shut_until.values()
    real.bot.unasked._shut_until[real.channel.id] = until - SHUT_S
    await pick(real)
    await real.discord.wait_for(lambda: fault.hits == 2, "the second try")
    assert len(real.discord.dm(real.guild.owner).visible_messages) == 1


async def test_f8_a_channel_taken_away_from_us_is_read_once(real: Real):
    """F8, 50001: catching up with reactions asks once for the channel, not once for each message."""
    messages = [await seeded(real) for _ in range(3)]
    before = len(real.discord.requests)
    real.channel.denied |= Permission.VIEW_CHANNEL
    await real.bot.cogs["Reactions"].on_ready()
    await real.bot.cogs["Reactions"].on_ready()
    assert len([r for r in sent_by(real, before) if r.startswith("GET /channels/")]) == 1
    for message in messages:
        assert await real.app.database.recommendations.of_message(message.id) is not None


async def test_f8_10008_a_message_that_was_deleted_is_asked_about_once(real: Real):
    """F8, 10008: the list is kept, the message takes no reactions any more."""
    message = await seeded(real)
    real.discord.delete_message(message)
    before = len(real.discord.requests)
    for _ in range(3):
        await real.bot.cogs["Reactions"].on_ready()
    assert len(sent_by(real, before)) == 1
    assert await real.app.database.recommendations.of_message(message.id) is not None


async def test_f8_10008_a_placeholder_that_a_moderator_deleted_is_no_incident(
    real: Real, caplog: pytest.LogCaptureFixture
):
    """F8, 10008: the list that was to fill it is kept; nobody is told of an incident."""
    fault = real.discord.fail("PATCH", "*/messages/@original", status=404, code=10008, count=None)
    asked = asyncio.ensure_future(real.discord.slash(real.ada, real.channel, "recommend", {}))
    await real.discord.wait_for(lambda: "is over, nobody can be told (10008)" in caplog.text, "it")
    asked.cancel()
    assert fault.hits == 1
    assert "incident" not in caplog.text
    assert await real.app.database.recommendations.latest(MemberId(real.ada.id), limit=5)


async def test_f8_a_member_who_takes_no_messages_stops_nothing(real: Real):
    """F8: a private message that is refused closes no channel and no other member's."""
    real.discord.fail("POST", "/channels/*/messages", status=403, code=50007)
    tell = real.app.services.notices.tell
    assert not await tell(MemberId(real.ada.id), NOTICE)
    assert await tell(MemberId(real.bruno.id), NOTICE)


def test_a_long_wait_is_raised_and_is_no_http_error():
    """F6: whoever catches Discord's errors has to name this one, too."""
    assert not issubclass(discord.RateLimited, discord.HTTPException)
