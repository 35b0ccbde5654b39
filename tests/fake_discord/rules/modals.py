"""The rules of a modal."""

from __future__ import annotations

from typing import Any

from tests.fake_discord import components as kinds
from tests.fake_discord.errors import invalid_form
from tests.fake_discord.rules.components import check_options, check_select
from tests.fake_discord.rules.fields import (
    optional_length,
    require_count,
    require_length,
    require_unique,
)

IN_LABEL = kinds.SELECTS | {
    kinds.TEXT_INPUT,
    kinds.FILE_UPLOAD,
    kinds.RADIO_GROUP,
    kinds.CHECKBOX_GROUP,
    kinds.CHECKBOX,
}
MAX_TEXT_INPUT = 4000


def check_modal(modal: dict[str, Any]) -> None:
    require_length("title", modal.get("title"), 1, 45)
    require_length("custom_id", modal.get("custom_id"), 1, 100)
    components = require_count("components", modal.get("components"), 1, 5)
    for index, component in enumerate(components):
        _check_top(f"components.{index}", component)
    custom_ids = [each["custom_id"] for each in kinds.walk(components) if "custom_id" in each]
    require_unique(
        "components",
        custom_ids,
        "Component custom id cannot be duplicated",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    )


def _check_top(where: str, component: dict[str, Any]) -> None:
    kind = component.get("type")
    if kind == kinds.TEXT_DISPLAY:
        require_length(f"{where}.content", component.get("content"), 1, 4000)
    elif kind == kinds.ACTION_ROW:
        (field,) = require_count(f"{where}.components", component.get("components"), 1, 1)
        if field.get("type") != kinds.TEXT_INPUT:
            raise invalid_form(f"{where}.components.0.type", "Only a text input fits here.")
        require_length(f"{where}.components.0.label", field.get("label"), 1, 45)
        _check_field(f"{where}.components.0", field)
    elif kind == kinds.LABEL:
        require_length(f"{where}.label", component.get("label"), 1, 45)
        optional_length(f"{where}.description", component.get("description"), 100)
        field = component.get("component") or {}
        if field.get("type") not in IN_LABEL:
            raise invalid_form(f"{where}.component.type", "This does not fit into a label.")
        if field.get("label"):
            raise invalid_form(f"{where}.component.label", "The label carries the text.")
        _check_field(f"{where}.component", field)
    else:
        raise invalid_form(f"{where}.type", "Value must be one of 1, 10, 18.", "UNION_TYPE_CHOICES")


def _check_field(where: str, field: dict[str, Any]) -> None:
    require_length(f"{where}.custom_id", field.get("custom_id"), 1, 100)
    kind = field["type"]
    if kind == kinds.TEXT_INPUT:
        optional_length(f"{where}.placeholder", field.get("placeholder"), 100)
        optional_length(f"{where}.value", field.get("value"), MAX_TEXT_INPUT)
        low, high = field.get("min_length") or 0, field.get("max_length") or MAX_TEXT_INPUT
        if not 0 <= low <= high <= MAX_TEXT_INPUT:
            raise invalid_form(f"{where}.max_length", f"{low} to {high} is no range.")
    elif kind in kinds.SELECTS:
        check_select(where, field)
    elif kind in (kinds.RADIO_GROUP, kinds.CHECKBOX_GROUP):
        check_options(where, field.get("options"), 10)
    elif kind == kinds.FILE_UPLOAD:
        # Clients send null for what was left out.
        low, high = field.get("min_values"), field.get("max_values")
        if not 0 <= (1 if low is None else low) <= (1 if high is None else high) <= 10:
            raise invalid_form(f"{where}.max_values", "0 to 10 files can be asked for.")
