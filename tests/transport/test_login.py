from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
from discord import Intents, LoginFailure, PrivilegedIntentsRequired

from bot.app import open_app
from bot.errors import UpstreamError
from bot.run import serve
from bot.settings import Settings
from tests.fake_discord import FakeDiscord, NotSeenError
from tests.transport.tiny_bot import TinyBot

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_bot_logs_in_syncs_and_sees_its_guild(discord, club, bot):
    assert bot.user.id == discord.me.id
    assert [channel.name for channel in bot.get_guild(club.guild.id).channels] == ["music"]
    assert discord.commands.names() == {"recommend", "ask", "echo"}
    assert discord.gateway.complete


async def test_a_wrong_token_is_refused_at_login(discord):
    async with TinyBot() as bot:
        with pytest.raises(LoginFailure):
            await bot.login("wrong")


async def test_a_wrong_token_on_the_gateway_closes_with_4004(discord):
    async with aiohttp.ClientSession() as session, session.ws_connect(discord.gateway.url) as ws:
        await ws.receive_json()
        await ws.send_json({"op": 2, "d": {"token": "wrong", "intents": 1}})
        assert (await ws.receive()).data == 4004


async def test_a_discord_that_cannot_be_reached_ends_the_start(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("discord.http.Route.BASE", "http://127.0.0.1:1/api/v10")
    settings = Settings(_env_file=None, data_dir=data_dir, backup_hours=0)
    async with open_app(settings) as app:
        with pytest.raises(UpstreamError, match="Discord"):
            await serve(app, "a token that nobody hears", asyncio.Event())


async def test_an_intent_that_is_not_allowed_ends_the_start(discord):
    async with TinyBot(Intents(guilds=True, message_content=True)) as bot:
        with pytest.raises(PrivilegedIntentsRequired):
            await bot.start(discord.token)
    assert discord.gateway.close_codes == [4014]


async def test_an_unchanged_sync_creates_nothing(discord, bot):
    ids = [command["id"] for command in discord.commands.listed()]
    await bot.tree.sync()
    assert (discord.commands.syncs, discord.commands.created) == (2, 3)
    assert [command["id"] for command in discord.commands.listed()] == ids


async def test_closing_hangs_up_and_ends_the_session(discord, club):
    bot = TinyBot()
    running = asyncio.create_task(bot.start(discord.token))
    await discord.wait_ready()
    await bot.close()
    await running
    await discord.wait_disconnected()
    assert discord.gateway.close_codes == [1000]
    assert not discord.gateway.sessions


async def test_two_shards_split_guilds_between_them():
    async with FakeDiscord(shards=2) as discord:
        guilds = [discord.add_guild(name) for name in ("one", "two")]
        async with TinyBot() as bot:
            running = asyncio.create_task(bot.start(discord.token))
            await discord.wait_ready()
            await discord.wait_for(lambda: len(bot.guilds) == 2, "both guilds")
            assert {guild.shard_id for guild in bot.guilds} == {0, 1}
            assert [len(each.sent) for each in discord.gateway.live] == [2, 2]
            channel = discord.add_channel(guilds[0])
            ada = discord.add_member(guilds[0], "ada")
            for place in (channel, discord.dm(ada)):
                assert "Track 1" in (await discord.slash(ada, place, "recommend")).text
            await bot.close()
            await running


async def test_events_without_their_intent_are_not_sent(discord, club, start_bot):
    bot = await start_bot(TinyBot(Intents(guilds=True)))
    done = await discord.slash(club.ada, club.channel, "recommend")
    await discord.react(club.ada, done.message, "👍")
    await discord.react(club.bob, done.message, "👍")
    with pytest.raises(
        NotSeenError, match=r"intent missing: MESSAGE_REACTION_ADD \(GUILD_MESSAGE_"
    ):
        await discord.wait_for(lambda: bot.reactions, "a reaction", within=0.05)
