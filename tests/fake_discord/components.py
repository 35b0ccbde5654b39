"""Reading a tree of message components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fake_discord.errors import NotPossibleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ACTION_ROW = 1
BUTTON = 2
STRING_SELECT = 3
TEXT_INPUT = 4
USER_SELECT = 5
ROLE_SELECT = 6
MENTIONABLE_SELECT = 7
CHANNEL_SELECT = 8
SECTION = 9
TEXT_DISPLAY = 10
THUMBNAIL = 11
MEDIA_GALLERY = 12
FILE = 13
SEPARATOR = 14
CONTAINER = 17
LABEL = 18
FILE_UPLOAD = 19
RADIO_GROUP = 21
CHECKBOX_GROUP = 22
CHECKBOX = 23

SELECTS = frozenset({STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT})
LINK_STYLE = 5
PREMIUM_STYLE = 6


@dataclass(frozen=True)
class Button:
    custom_id: str | None
    label: str
    emoji: str
    style: int
    disabled: bool
    url: str | None


@dataclass(frozen=True)
class Select:
    custom_id: str
    type: int
    placeholder: str
    options: tuple[str, ...]
    """The values one may choose; empty for selects of users, roles or channels."""
    min_values: int
    max_values: int
    disabled: bool


def walk(components: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Visit every component, nested ones and accessories included, in reading order."""
    for component in components:
        yield component
        yield from walk(component.get("components") or ())
        yield from walk([component[key] for key in ("accessory", "component") if key in component])


def texts(components: Iterable[dict[str, Any]]) -> list[str]:
    return [each["content"] for each in walk(components) if each["type"] == TEXT_DISPLAY]


def buttons(components: Iterable[dict[str, Any]]) -> list[Button]:
    return [
        Button(
            custom_id=each.get("custom_id"),
            label=each.get("label") or "",
            emoji=(each.get("emoji") or {}).get("name") or "",
            style=each["style"],
            disabled=bool(each.get("disabled")),
            url=each.get("url"),
        )
        for each in walk(components)
        if each["type"] == BUTTON
    ]


def selects(components: Iterable[dict[str, Any]]) -> list[Select]:
    return [
        Select(
            custom_id=each["custom_id"],
            type=each["type"],
            placeholder=each.get("placeholder") or "",
            options=tuple(option["value"] for option in each.get("options", ())),
            min_values=each.get("min_values", 1),
            max_values=each.get("max_values", 1),
            disabled=bool(each.get("disabled")),
        )
        for each in walk(components)
        if each["type"] in SELECTS
    ]


def pick_button(candidates: list[Button], which: str) -> Button:
    exact = [each for each in candidates if which in (each.custom_id, each.label, each.emoji)]
    found = exact or [each for each in candidates if (each.custom_id or "").startswith(which)]
    if len(found) == 1:
        return found[0]
    seen = ", ".join(
        f"{each.custom_id or each.url!r} ({each.label or each.emoji})" for each in candidates
    )
    problem = "no button" if not found else f"{len(found)} buttons"
    raise NotPossibleError(f"{problem} fit {which!r}; the message has: {seen or 'none'}")


def media_items(component: dict[str, Any]) -> list[dict[str, Any]]:
    """List the media objects that a component itself refers to."""
    if component["type"] == THUMBNAIL:
        return [component["media"]]
    if component["type"] == MEDIA_GALLERY:
        return [item["media"] for item in component["items"]]
    return [component["file"]] if component["type"] == FILE else []
