"""What the network does to the real bot: votes by reaction, refusals, a second start."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.feedback import Verdict
from bot.domain.ids import GuildId
from tests.transport.real import Real, real_bot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.fake_discord import Message


@pytest.fixture
async def real(data_dir: Path) -> AsyncIterator[Real]:
    async with real_bot(data_dir) as running:
        yield running


async def single(real: Real) -> Message:
    """A public pick of Ada's with its two seeded reactions."""
    done = await real.discord.slash(real.ada, real.channel, "recommend", {"count": 1})
    await real.discord.wait_for(lambda: len(done.message.reactions) == 2, "the seeds")
    return done.message


async def test_a_server_is_greeted_once_also_after_a_restart(real: Real, data_dir: Path):
    await real.discord.wait_for(lambda: real.channel.visible_messages, "the greeting")
    (greeting,) = real.channel.visible_messages
    assert "/start" in greeting.text
    await real.bot.cogs["Servers"].on_ready()
    assert real.channel.visible_messages == [greeting]


async def test_the_second_start_syncs_nothing(real: Real):
    synced = real.discord.requests_to("PUT", "/applications/*/commands")
    assert len(synced) == 1
    assert not await real.bot.sync_commands()
    assert len(real.discord.requests_to("PUT", "/applications/*/commands")) == 1


async def test_a_server_that_removed_the_bot_is_purged_after_thirty_days(real: Real):
    await single(real)
    guilds = real.app.services.guilds
    guild_id = GuildId(real.guild.id)
    real.discord.emit("GUILD_DELETE", {"id": str(real.guild.id)}, guild=real.guild)

    async def present() -> bool:
        return guild_id in await real.app.database.guilds.present()

    await real.stored.until(present, False)
    assert await guilds.purge_due() == 0
    real.clock.ahead = timedelta(days=30, hours=1)
    assert await guilds.purge_due() == 1


async def test_a_vote_by_reaction_counts_and_is_taken_back(real: Real):
    message = await single(real)
    await real.discord.react(real.bruno, message, "👍🏽")
    await _until(real, [Verdict.UP])
    await real.discord.unreact(real.bruno, message, "👍🏽")
    await _until(real, [])


async def test_a_reaction_made_while_the_socket_is_down_counts(real: Real):
    message = await single(real)
    real.discord.drop_sockets()
    await real.discord.react(real.bruno, message, "👎")
    await _until(real, [Verdict.DOWN])
    assert real.discord.gateway.identified == 1


@pytest.mark.parametrize("came_before", [True, False])
async def test_reactions_of_a_lost_session_are_read_again(real: Real, came_before: bool):
    """A fresh session replays nothing: what was put on or taken off meanwhile is looked up."""
    message = await single(real)
    if came_before:
        await real.discord.react(real.bruno, message, "👍")
        await _until(real, [Verdict.UP])
    real.discord.invalidate_session()
    change = real.discord.unreact if came_before else real.discord.react
    await change(real.bruno, message, "👍")
    await real.discord.react(real.nova, message, "👍")  # who never agreed: stays unknown
    looked = f"/channels/{message.channel.id}/messages/{message.id}"
    await real.discord.wait_for(lambda: real.discord.requests_to("GET", looked), "the second look")
    await _until(real, [] if came_before else [Verdict.UP])
    assert real.discord.gateway.identified == 2
    assert await real.votes(real.nova) == []


async def test_an_export_that_is_too_large_is_told_how_to_come_in(real: Real):
    """Nitro lets members attach more than the bot takes."""
    mib = 2**20
    whole = real.discord.upload("export.zip", b"PK" + bytes(26 * mib - 2), limit=100 * mib)
    done = await real.discord.slash(real.ada, real.channel, "import", {"file": whole})
    assert done.message.ephemeral
    assert "export.zip" in done.text
    assert "has 26 MB; the most I take here is 25 MB" in done.text
    assert "one by one, or zip a few" in done.text
    assert "python -m bot import" in done.text


async def test_seeds_that_are_rate_limited_come_later_and_the_card_stands(real: Real):
    fault = real.discord.fail("PUT", "*/reactions/*", status=429, retry_after=0.05, count=2)
    message = await single(real)
    assert fault.hits == 2
    assert message.text


@pytest.mark.parametrize("status", [429, 502])
async def test_a_card_is_sent_again_when_discord_refuses_for_a_moment(real: Real, status: int):
    how = {"retry_after": 0.05} if status == 429 else {}
    fault = real.discord.fail("PATCH", "*/messages/@original", status=status, count=1, **how)
    done = await real.discord.slash(real.ada, real.channel, "recommend", {})
    assert fault.hits == 1
    assert len([b for b in done.message.buttons if b.emoji == "👍"]) == 5


@pytest.mark.parametrize("status", [429, 502])
async def test_an_acknowledgement_that_is_refused_for_a_moment_is_sent_again(
    real: Real, status: int
):
    """A 502 costs a second of the three, a 429 what Discord says."""
    how = {"retry_after": 0.05} if status == 429 else {}
    fault = real.discord.fail("POST", "/interactions/*/callback", status=status, count=1, **how)
    done = await real.discord.slash(real.ada, real.channel, "recommend", {})
    assert fault.hits == 1
    assert done.seconds_to_acknowledge < 3
    assert done.message.buttons


async def test_a_vote_whose_receipt_is_lost_is_durable_all_the_same(real: Real):
    done = await real.discord.slash(real.ada, real.channel, "recommend", {})
    real.discord.fail("PATCH", "*/messages/@original", drop="before")
    real.discord.fail("POST", "/webhooks/*", drop="before")
    up = next(b.custom_id for b in done.message.buttons if b.emoji == "👍")
    await real.discord.click(real.bruno, done.message, up, until="acknowledged")
    await _until(real, [Verdict.UP])


async def _until(real: Real, verdicts: list[Verdict]) -> None:
    await real.stored.until(lambda: real.votes(real.bruno), verdicts)
