"""The whole program as a process, against the fake Discord with the unpatched client."""

import asyncio
import os
import signal
import sqlite3

from bot.client import PERMISSIONS
from tests.fake_discord import FakeDiscord, Message


async def start(discord: FakeDiscord, data_dir) -> asyncio.subprocess.Process:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(data_dir.parent),
        "AUXCORD_DISCORD_TOKEN": discord.token,
        "AUXCORD_DATA_DIR": str(data_dir),
        "AUXCORD_BACKUP_HOURS": "0",
        "AUXCORD_LOG_LEVEL": "DEBUG",
    }
    process = await asyncio.create_subprocess_exec(
        *discord.launch_command("run"),
        env=environment,
        cwd=data_dir.parent,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await discord.wait_ready(within=30)
    await discord.wait_synced("recommend", within=30)
    return process


def votes(data_dir) -> int:
    with sqlite3.connect(f"file:{data_dir / 'auxcord.sqlite3'}?mode=ro", uri=True) as raw:
        return int(raw.execute("SELECT count(*) FROM gestures WHERE standing = 1").fetchone()[0])


def first(message: Message, emoji: str) -> str:
    return next(b.custom_id for b in message.buttons if b.emoji == emoji)


async def test_login_list_vote_restart_and_sigterm(data_dir):
    async with FakeDiscord() as discord:
        guild = discord.add_guild("Club")
        channel = discord.add_channel(guild, "music")
        ada = discord.add_member(guild, "ada")
        process = await start(discord, data_dir)
        picked = await discord.slash(ada, channel, "start", {"artist_1": "Slowdive"})
        listed = await discord.click(ada, picked.message, "✅")
        assert listed.ephemeral
        shown = await discord.slash(ada, channel, "recommend", {})
        assert not shown.ephemeral
        assert shown.seconds_to_acknowledge < 3
        voted = await discord.click(ada, shown.message, first(shown.message, "👍"))
        assert "is saved" in voted.text
        assert votes(data_dir) == 1

        process.kill()
        await process.wait()
        assert votes(data_dir) == 1
        process = await start(discord, data_dir)
        again = await discord.click(ada, shown.message, first(shown.message, "👎"))
        assert "is saved" in again.text

        process.send_signal(signal.SIGTERM)
        _, log = await asyncio.wait_for(process.communicate(), 10)
        assert process.returncode == 0, log.decode()
        assert discord.token not in log.decode()
        assert b"discord.com" in log
        assert f"/oauth2/authorize?client_id={discord.me.id}&".encode() in log
        assert f"permissions={PERMISSIONS.value}".encode() in log


async def test_a_missing_token_is_one_sentence_and_names_the_demo(tmp_path):
    async with FakeDiscord() as discord:
        process = await asyncio.create_subprocess_exec(
            *discord.launch_command("run"),
            env={"PATH": os.environ["PATH"], "AUXCORD_DATA_DIR": str(tmp_path)},
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
    assert process.returncode == 78
    assert "AUXCORD_DISCORD_TOKEN is missing" in said.decode()
    assert "make demo" in said.decode()
    assert "Traceback" not in said.decode()
