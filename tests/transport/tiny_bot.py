"""A bot just large enough to drive every part of the transport."""

from __future__ import annotations

import io
import re  # noqa: TC003 - discord.py evaluates the annotation of from_custom_id
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

INTENTS = discord.Intents(guilds=True, guild_reactions=True, dm_reactions=True)


class Vote(ui.DynamicItem[ui.Button[Any]], template=r"rec:(?P<row>\d+):(?P<verdict>up|down)"):
    """A button that keeps its state in the custom id."""

    def __init__(self, row: int, verdict: str) -> None:
        emoji = "👍" if verdict == "up" else "👎"
        super().__init__(ui.Button(emoji=emoji, custom_id=f"rec:{row}:{verdict}"))
        self.row_id, self.verdict = row, verdict

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str]
    ) -> Vote:
        return cls(int(match["row"]), match["verdict"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        bot = interaction.client
        bot.votes.append((interaction.user.id, self.row_id, self.verdict))
        await interaction.response.send_message(f"Noted: {self.verdict}", ephemeral=True)


def layout(count: int) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    for row in range(1, count + 1):
        view.add_item(ui.TextDisplay(f"Track {row}"))
        view.add_item(ui.ActionRow(Vote(row, "up"), Vote(row, "down")))
    return view


class Reason(ui.Modal, title="Why?"):
    text = ui.Label(text="Reason", component=ui.TextInput(custom_id="reason", max_length=50))

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        field = self.text.component
        assert isinstance(field, ui.TextInput)
        await interaction.response.send_message(f"Because: {field.value}", ephemeral=True)


@app_commands.command(description="Recommends something")
async def recommend(
    interaction: discord.Interaction[Any],
    count: app_commands.Range[int, 1, 5] = 1,
    private: bool = False,
) -> None:
    await interaction.response.defer(thinking=True, ephemeral=private)
    await interaction.edit_original_response(view=layout(count))


@app_commands.command(description="Opens a form")
async def ask(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_modal(Reason())


@app_commands.command(description="Reads a file and answers with one")
async def echo(
    interaction: discord.Interaction[Any], file: discord.Attachment, seed: str = ""
) -> None:
    await interaction.response.defer()
    data = await file.read()
    await interaction.edit_original_response(
        content=f"{file.filename}: {len(data)} bytes",
        attachments=[
            discord.File(fp=io.BytesIO(data), filename="back.txt", description="the same")
        ],
    )


@echo.autocomplete("seed")
async def suggest(
    interaction: discord.Interaction[Any], typed: str
) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=f"{typed}head", value=f"{typed}head")]


class TinyBot(commands.AutoShardedBot):
    def __init__(self, intents: discord.Intents = INTENTS) -> None:
        super().__init__(
            commands.when_mentioned,
            intents=intents,
            guild_ready_timeout=0.05,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.votes: list[tuple[int, int, str]] = []
        self.reactions: list[tuple[str, int, str]] = []
        self.heard: list[str] = []
        self.resumes = 0
        self.readies = 0

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Vote)
        for command in (recommend, ask, echo):
            self.tree.add_command(command)
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Skip the library's five seconds between identifies."""

    async def on_ready(self) -> None:
        self.readies += 1

    async def on_resumed(self) -> None:
        self.resumes += 1

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.append(message.content)

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        self.reactions.append(("add", event.user_id, str(event.emoji)))

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        self.reactions.append(("remove", event.user_id, str(event.emoji)))
