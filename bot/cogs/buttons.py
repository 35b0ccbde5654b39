"""The one shape all of our persistent buttons and menus share."""

import re
from typing import Any, Self

import discord
from discord import ui

from bot.services import Services


def services_of(interaction: discord.Interaction[Any]) -> Services:
    """Return the services of the client that got the interaction."""
    services: Services = interaction.client.services
    return services


class CarriedButton(ui.DynamicItem[ui.Button[Any]], template=r"aux1:abstract-button"):
    """A button whose custom id carries all of its state, so it works after a restart."""

    def __init__(self, custom_id: str, groups: dict[str, str]) -> None:
        super().__init__(ui.Button(custom_id=custom_id))
        self.groups = groups

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Read the state back from the custom id."""
        del item
        return cls(match.string, match.groupdict(default=""))


class CarriedMenu(ui.DynamicItem[ui.Select[Any]], template=r"aux1:abstract-menu"):
    """A menu with the same property; `values` holds what was chosen."""

    def __init__(self, item: ui.Select[Any], groups: dict[str, str]) -> None:
        super().__init__(item)
        self.groups = groups

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Read the state back from the custom id."""
        assert isinstance(item, ui.Select)  # noqa: S101  # the template matches menus alone
        return cls(item, match.groupdict(default=""))

    @property
    def chosen(self) -> str:
        """The first chosen value."""
        return self.item.values[0]
