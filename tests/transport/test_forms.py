"""Selects, modals, groups and other things the tiny bot itself does not have."""

from __future__ import annotations

from typing import Any

import discord as library
import pytest
from discord import app_commands, ui

from tests.fake_discord import NotPossibleError, Permission


class Everything(ui.Modal, title="Everything"):
    files = ui.Label(text="Files", component=ui.FileUpload(custom_id="files", max_values=2))
    friend = ui.Label(text="Friend", component=ui.UserSelect(custom_id="friend"))
    mood = ui.Label(
        text="Mood",
        component=ui.RadioGroup(
            custom_id="mood",
            options=[library.RadioGroupOption(label=each, value=each) for each in ("calm", "loud")],
        ),
    )
    note = ui.TextInput(label="Note", custom_id="note", required=False)

    async def on_submit(self, interaction: library.Interaction[Any]) -> None:
        files: Any = self.files.component
        friend: Any = self.friend.component
        mood: Any = self.mood.component
        data = await files.values[0].read()
        await interaction.response.edit_message(
            content=f"{data!r} {friend.values[0].name} {mood.value} {self.note.value!r}", view=None
        )


class Open(ui.View):
    @ui.button(label="Open", custom_id="open")
    async def open(self, interaction: library.Interaction[Any], _: ui.Button[Any]) -> None:
        await interaction.response.send_modal(Everything())


class Pick(ui.View):
    @ui.select(
        custom_id="pick",
        options=[library.SelectOption(label=each, value=each) for each in ("rock", "jazz")],
    )
    async def pick(self, interaction: library.Interaction[Any], select: ui.Select[Any]) -> None:
        await interaction.response.edit_message(content=select.values[0], view=None)

    @ui.button(label="Off", custom_id="off", disabled=True)
    async def off(self, interaction: library.Interaction[Any], _: ui.Button[Any]) -> None:
        """Never reached."""


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Tools(app_commands.Group, name="tools", description="Tools"):
    @app_commands.command(description="Opens a message with a button")
    async def form(self, interaction: library.Interaction) -> None:
        await interaction.response.send_message("Ready", view=Open())

    @app_commands.command(description="Shows a select")
    async def pick(self, interaction: library.Interaction) -> None:
        await interaction.response.send_message("?", view=Pick())

    @app_commands.command(description="Greets a member")
    async def greet(self, interaction: library.Interaction, member: library.Member) -> None:
        await interaction.response.send_message(f"{member.display_name} in {member.guild.name}")


@pytest.fixture
async def chief(discord, club, bot):
    """Someone who may use the tools."""
    bot.tree.add_command(Tools())
    await bot.tree.sync()
    return discord.add_member(club.guild, "chief", permissions=Permission.MANAGE_GUILD)


async def test_a_form_takes_files_people_and_choices(discord, club, chief):
    done = await discord.slash(chief, club.channel, "tools form")
    opened = await discord.click(chief, done.message, "Open")
    answers = {"files": [discord.upload("a.json", b"[]")], "friend": [club.bob], "mood": "loud"}
    with pytest.raises(NotPossibleError, match="mood"):
        await discord.submit_modal(chief, opened, answers | {"mood": "sad"})
    sent = await discord.submit_modal(chief, opened, answers)
    assert sent.message is done.message
    assert done.message.versions == ["Ready", "b'[]' bob loud ''"]


async def test_a_select_takes_what_it_offers(discord, club, chief):
    done = await discord.slash(chief, club.channel, "tools pick")
    with pytest.raises(NotPossibleError, match="offers"):
        await discord.select(chief, done.message, "pick", ["folk"])
    with pytest.raises(NotPossibleError, match="disabled"):
        await discord.click(chief, done.message, "off")
    await discord.select(chief, done.message, "pick", ["jazz"])
    assert done.message.versions == ["?", "jazz"]
    assert not done.message.selects


async def test_a_member_option_arrives_with_the_member(discord, club, chief):
    done = await discord.slash(chief, club.channel, "tools greet", {"member": club.ada})
    assert done.text == "Ada in Club"


async def test_contexts_and_permissions_hide_a_command(discord, club, chief):
    with pytest.raises(NotPossibleError, match="lacks the permission"):
        await discord.slash(club.ada, club.channel, "tools pick")
    with pytest.raises(NotPossibleError, match="direct messages"):
        await discord.slash(chief, discord.dm(chief), "tools pick")
    with pytest.raises(NotPossibleError, match="subcommand"):
        await discord.slash(chief, club.channel, "tools")
