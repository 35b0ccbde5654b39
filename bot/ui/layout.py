"""Building blocks every message is made of."""

from collections.abc import Iterable

import discord
from discord import ui

ACCENT = discord.Colour(0x5B5BD6)
WARNING = discord.Colour(0xC2410C)


class Layout(ui.LayoutView):
    """A layout whose buttons are answered by dynamic items, so nothing has to be remembered.

    It is stopped at once: discord.py then keeps no copy per message, and the buttons work for ever,
    also after a restart.
    """

    def __init__(self, *items: ui.Item["Layout"]) -> None:
        super().__init__(timeout=None)
        for item in items:
            self.add_item(item)
        self.stop()


def container(*items: ui.Item[Layout], colour: discord.Colour = ACCENT) -> ui.Container[Layout]:
    """Return the framed box of a message."""
    return ui.Container(*items, accent_colour=colour)


def line(text: str) -> ui.TextDisplay[Layout]:
    """Return a paragraph."""
    return ui.TextDisplay(text)


def rule() -> ui.Separator[Layout]:
    """Return a thin line."""
    return ui.Separator()


def row(*items: ui.Item[Layout]) -> ui.ActionRow[Layout]:
    """Return a row of buttons, or of one menu."""
    return ui.ActionRow(*items)


def button(
    custom_id: str,
    *,
    label: str | None = None,
    emoji: str | None = None,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
) -> ui.Button[Layout]:
    """Return a button; its `custom_id` leads to the cog that answers it."""
    return ui.Button(custom_id=custom_id, label=label, emoji=emoji, style=style)


def menu(
    custom_id: str, *, placeholder: str, options: Iterable[discord.SelectOption]
) -> ui.ActionRow[Layout]:
    """Return a row with one menu of at most 25 options."""
    select: ui.Select[Layout] = ui.Select(
        custom_id=custom_id, placeholder=placeholder, options=list(options)[:25]
    )
    return row(select)


def notice(text: str, *rows: ui.ActionRow[Layout], warning: bool = False) -> Layout:
    """Return a short message in a box."""
    return Layout(container(line(text), *rows, colour=WARNING if warning else ACCENT))
