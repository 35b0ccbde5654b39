from __future__ import annotations

import aiohttp
import pytest
from discord import HTTPException, Intents, LoginFailure

from tests.fake_discord import FakeDiscord
from tests.transport.tiny_bot import TinyBot


@pytest.fixture
async def message(discord, club, bot):
    """A public recommendation."""
    return (await discord.slash(club.ada, club.channel, "recommend")).message


async def reach(bot, message):
    return bot.get_channel(message.channel.id).get_partial_message(message.id)


async def test_a_rate_limited_reaction_is_tried_again(discord, bot, message):
    fault = discord.fail("PUT", "*/reactions/*", status=429, retry_after=0.05, count=2)
    await (await reach(bot, message)).add_reaction("👍")
    assert fault.hits == 2
    assert message.reactions == {"👍": [discord.me.id]}
    assert [log.status for log in discord.requests_to("PUT", "*/reactions/*")] == [429, 429, 204]


async def test_a_429_that_looks_like_a_ban_is_not_tried_again(discord, bot, message):
    discord.fail("PUT", "*/reactions/*", status=429, via=False)
    with pytest.raises(HTTPException):
        await (await reach(bot, message)).add_reaction("👍")
    assert len(discord.requests_to("PUT", "*/reactions/*")) == 1


async def test_reactions_are_slow_if_asked_for(club, discord, bot, message):
    discord.reaction_interval_s = 0.1
    target = await reach(bot, message)
    for emoji in ("👍", "👎"):
        await target.add_reaction(emoji)
    assert list(message.reactions) == ["👍", "👎"]
    assert 429 in [log.status for log in discord.requests_to("PUT", "*/reactions/*")]


async def test_a_502_on_the_defer_costs_a_second_but_no_answer(discord, club, bot):
    discord.fail("POST", "/interactions/*/callback", status=502)
    done = await discord.slash(club.ada, club.channel, "recommend")
    assert 1 <= done.seconds_to_acknowledge < 3
    assert done.text == "Track 1"


async def test_a_lost_connection_surfaces_as_a_client_error(discord, bot, message):
    path = f"/channels/{message.channel.id}/messages"
    discord.fail("POST", path, drop="before")
    with pytest.raises((aiohttp.ClientError, OSError)):
        await bot.get_channel(message.channel.id).send("lost")
    discord.fail("POST", path, drop="after")
    with pytest.raises((aiohttp.ClientError, OSError)):
        await bot.get_channel(message.channel.id).send("sent, but nobody said so")
    texts = [each.text for each in message.channel.visible_messages]
    assert texts == ["Track 1", "sent, but nobody said so"]


async def test_a_dropped_socket_resumes_and_delivers_what_was_missed(discord, club, bot, message):
    discord.drop_sockets()
    await discord.react(club.ada, message, "👍🏽")
    await discord.unreact(club.ada, message, "👍🏽")
    await discord.wait_for(lambda: len(bot.reactions) == 2, "both events")
    assert bot.reactions == [("add", club.ada.id, "👍🏽"), ("remove", club.ada.id, "👍🏽")]
    await discord.wait_for(lambda: bot.resumes == 1, "the resume")
    assert (bot.readies, discord.gateway.identified) == (1, 1)


async def test_a_click_while_the_socket_is_down_is_answered(discord, club, bot, message):
    discord.drop_sockets()
    assert (await discord.click(club.ada, message, "👍")).text == "Noted: up"


async def test_opcode_7_resumes(discord, club, bot, message):
    discord.reconnect()
    await discord.wait_for(lambda: bot.resumes == 1, "the resume")
    await discord.react(club.bob, message, "👎")
    await discord.wait_for(lambda: bot.reactions, "the reaction")
    assert discord.gateway.identified == 1


async def test_opcode_9_starts_a_fresh_session_without_the_events_between(
    discord, club, bot, message
):
    discord.invalidate_session()
    await discord.react(club.ada, message, "👍")
    await discord.wait_for(lambda: bot.readies == 2, "a second READY")
    assert discord.gateway.identified == 2
    await discord.react(club.bob, message, "👎")
    await discord.wait_for(lambda: bot.reactions, "the reaction")
    assert bot.reactions == [("add", club.bob.id, "👎")]
    assert (await discord.slash(club.ada, club.channel, "recommend")).text == "Track 1"


async def test_a_refused_resume_costs_the_session_and_the_events(discord, club, bot, message):
    """So votes by reaction can be lost in an outage, however short."""
    with discord.gateway_offline():
        await discord.react(club.ada, message, "👍")
        await discord.wait_for(lambda: discord.gateway.refused, "an attempt to come back")
    await discord.wait_for(lambda: bot.readies == 2, "a second READY", within=10)
    assert (discord.gateway.identified, bot.resumes, bot.reactions) == (2, 0, [])


async def test_what_others_write_arrives_without_its_content(discord, club, start_bot):
    bot = await start_bot(TinyBot(Intents(guilds=True, guild_messages=True, dm_messages=True)))
    await discord.say(club.ada, club.channel, "not for bots")
    await discord.say(club.ada, discord.dm(club.ada), "for the bot")
    await discord.wait_for(lambda: len(bot.heard) == 2, "both messages")
    assert bot.heard == ["", "for the bot"]


async def test_any_event_can_be_sent(discord, club, bot):
    event = {"id": str(club.guild.id), "unavailable": True}
    assert discord.emit("GUILD_DELETE", event, guild=club.guild) == 1
    await discord.wait_for(lambda: bot.get_guild(club.guild.id).unavailable, "the outage")


async def test_a_route_the_fake_lacks_fails_the_test_loudly():
    async def ask_for_too_much():
        async with FakeDiscord() as discord, aiohttp.ClientSession() as session:
            headers = {"Authorization": f"Bot {discord.token}"}
            url = f"{discord.world.base_url}/api/v10/voice/regions"
            async with session.get(url, headers=headers) as response:
                assert response.status == 404

    with pytest.raises(AssertionError, match="GET /voice/regions"):
        await ask_for_too_much()


async def test_a_delay_and_a_failing_login(discord):
    discord.fail("GET", "/users/@me", status=401, delay_s=0.05)
    async with TinyBot() as bot:
        with pytest.raises(LoginFailure):
            await bot.login(discord.token)
    (log,) = discord.requests
    assert log.fault is not None
