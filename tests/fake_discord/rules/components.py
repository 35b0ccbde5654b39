"""The rules of message components, both generations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_discord import components as kinds
from tests.fake_discord.errors import invalid_form
from tests.fake_discord.rules.fields import (
    optional_length,
    require_count,
    require_length,
    require_unique,
    require_url,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_COMPONENTS = 40
MAX_TEXT = 4000
MAX_ROWS = 5

IN_CONTAINER = frozenset(
    {
        kinds.ACTION_ROW,
        kinds.SECTION,
        kinds.TEXT_DISPLAY,
        kinds.MEDIA_GALLERY,
        kinds.FILE,
        kinds.SEPARATOR,
    }
)
TOP_LEVEL_V2 = IN_CONTAINER | {kinds.CONTAINER}


def check_components(components: list[dict[str, Any]], *, v2: bool, files: set[str]) -> None:
    """Refuse what Discord refuses; `files` are the names that `attachment://` may refer to."""
    require_count("components", components, 0, MAX_COMPONENTS if v2 else MAX_ROWS)
    allowed = TOP_LEVEL_V2 if v2 else frozenset({kinds.ACTION_ROW})
    for index, component in enumerate(components):
        _check(f"components.{index}", component, allowed, files)
    everything = list(kinds.walk(components))
    if len(everything) > MAX_COMPONENTS:
        raise invalid_form(
            "components",
            f"Must have at most {MAX_COMPONENTS} components, has {len(everything)}.",
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
        )
    length = sum(map(len, kinds.texts(components)))
    if length > MAX_TEXT:
        raise invalid_form(
            "components",
            f"The total text must be {MAX_TEXT} or fewer in length, is {length}.",
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
        )
    custom_ids = [each["custom_id"] for each in everything if each.get("custom_id") is not None]
    require_unique(
        "components",
        custom_ids,
        "Component custom id cannot be duplicated",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    )
    given_ids = [each["id"] for each in everything if each.get("id")]
    require_unique("components", given_ids, "Component id is duplicated", "COMPONENT_ID_DUPLICATED")


def _check(where: str, component: Any, allowed: frozenset[int], files: set[str]) -> None:
    kind = component.get("type") if isinstance(component, dict) else None
    if kind not in allowed:
        raise invalid_form(
            f"{where}.type",
            f"Value must be one of {sorted(allowed)}, is {kind}.",
            "UNION_TYPE_CHOICES",
        )
    if kind in (kinds.FILE, kinds.MEDIA_GALLERY, kinds.THUMBNAIL):
        _check_media(where, component, files)
    elif kind in (kinds.SECTION, kinds.CONTAINER):
        _check_nest(where, component, files)
    else:
        _PLAIN_CHECKS[kind](where, component)


def _check_nest(where: str, component: dict[str, Any], files: set[str]) -> None:
    is_section = component["type"] == kinds.SECTION
    inside = frozenset({kinds.TEXT_DISPLAY}) if is_section else IN_CONTAINER
    children = require_count(
        f"{where}.components", component.get("components"), 1, 3 if is_section else MAX_COMPONENTS
    )
    for index, child in enumerate(children):
        _check(f"{where}.components.{index}", child, inside, files)
    if is_section:
        accessories = frozenset({kinds.BUTTON, kinds.THUMBNAIL})
        _check(f"{where}.accessory", component.get("accessory"), accessories, files)


def _check_row(where: str, row: dict[str, Any]) -> None:
    children = require_count(f"{where}.components", row.get("components"), 1, 5)
    has_select = any(child.get("type") in kinds.SELECTS for child in children)
    if has_select and len(children) > 1:
        raise invalid_form(f"{where}.components", "A row holds buttons or one select.")
    for index, child in enumerate(children):
        _check(f"{where}.components.{index}", child, kinds.SELECTS | {kinds.BUTTON}, set())


def _check_button(where: str, button: dict[str, Any]) -> None:
    optional_length(f"{where}.label", button.get("label"), 80)
    style = button.get("style")
    if style not in range(1, 7):
        raise invalid_form(f"{where}.style", "Value must be one of 1 to 6.")
    if style == kinds.PREMIUM_STYLE:
        return
    if not button.get("label") and not button.get("emoji"):
        raise invalid_form(where, "A button needs a label or an emoji.", "BUTTON_COMPONENT_INVALID")
    if style == kinds.LINK_STYLE:
        require_url(f"{where}.url", button.get("url"), ("http", "https", "discord"))
        require_length(f"{where}.url", button["url"], 1, 512)
        if button.get("custom_id") is not None:
            raise invalid_form(f"{where}.custom_id", "A link button has no custom id.")
        return
    require_length(f"{where}.custom_id", button.get("custom_id"), 1, 100)
    if button.get("url") is not None:
        raise invalid_form(f"{where}.url", "Only a link button has a url.")


def check_select(where: str, select: dict[str, Any]) -> None:
    require_length(f"{where}.custom_id", select.get("custom_id"), 1, 100)
    optional_length(f"{where}.placeholder", select.get("placeholder"), 150)
    low, high = select.get("min_values", 1), select.get("max_values", 1)
    if not (0 <= low <= 25 and 1 <= high <= 25 and low <= high):
        raise invalid_form(f"{where}.max_values", f"{low} to {high} values cannot be chosen.")
    if select["type"] == kinds.STRING_SELECT:
        options = check_options(where, select.get("options"), 25)
        if high > len(options):
            raise invalid_form(f"{where}.max_values", "More values than options.")
        if sum(bool(option.get("default")) for option in options) > high:
            raise invalid_form(f"{where}.options", "More defaults than values.")


def check_options(where: str, options: Any, most: int) -> list[dict[str, Any]]:
    """Check the options of a string select, radio group or checkbox group."""
    where = f"{where}.options"
    for index, option in enumerate(require_count(where, options, 1, most)):
        require_length(f"{where}.{index}.label", option.get("label"), 1, 100)
        require_length(f"{where}.{index}.value", option.get("value"), 1, 100)
        optional_length(f"{where}.{index}.description", option.get("description"), 100)
    values = [option["value"] for option in options]
    message = "The specified option value is already used"
    require_unique(where, values, message, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED")
    return list(options)


def _check_text(where: str, text: dict[str, Any]) -> None:
    require_length(f"{where}.content", text.get("content"), 1, MAX_TEXT)


def _check_media(where: str, component: dict[str, Any], files: set[str]) -> None:
    only_uploads = component["type"] == kinds.FILE
    optional_length(f"{where}.description", component.get("description"), 1024)
    if component["type"] == kinds.MEDIA_GALLERY:
        require_count(f"{where}.items", component.get("items"), 1, 10)
    for media in kinds.media_items(component):
        require_length(f"{where}.url", media.get("url"), 1, 2048)
        url = str(media["url"])
        if url.startswith("attachment://"):
            if url.removeprefix("attachment://") not in files:
                raise invalid_form(
                    f"{where}.url",
                    f"The referenced attachment {url} was not found.",
                    "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
                )
        elif only_uploads:
            raise invalid_form(f"{where}.url", "A file must be an attachment:// reference.")
        else:
            require_url(f"{where}.url", url)


def _check_separator(where: str, separator: dict[str, Any]) -> None:
    if separator.get("spacing", 1) not in (1, 2):
        raise invalid_form(f"{where}.spacing", "Value must be one of 1, 2.")


_PLAIN_CHECKS: dict[int, Callable[[str, dict[str, Any]], None]] = {
    kinds.ACTION_ROW: _check_row,
    kinds.BUTTON: _check_button,
    kinds.TEXT_DISPLAY: _check_text,
    kinds.SEPARATOR: _check_separator,
    **dict.fromkeys(kinds.SELECTS, check_select),
}
