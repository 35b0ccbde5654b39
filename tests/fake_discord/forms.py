"""Filling in what a select or a modal asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_discord import components as kinds
from tests.fake_discord.errors import NotPossibleError
from tests.fake_discord.model import Attachment, Channel, User

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.fake_discord.commands import Filled
    from tests.fake_discord.record import Modal

PICKED = {kinds.USER_SELECT: User, kinds.CHANNEL_SELECT: Channel, kinds.FILE_UPLOAD: Attachment}


def pick_values(field: dict[str, Any], chosen: Sequence[Any], filled: Filled) -> list[str]:
    """Choose several of what a select, checkbox group or file upload offers."""
    name, kind = field["custom_id"], field["type"]
    least, most = field.get("min_values"), field.get("max_values")
    least = 1 if least is None else least
    if not chosen and (least == 0 or field.get("required") is False):
        return []
    if most is None:
        most = len(field["options"]) if kind == kinds.CHECKBOX_GROUP else 1
    if not least <= len(chosen) <= most:
        raise NotPossibleError(f"{name!r} takes {least} to {most} values, not {len(chosen)}")
    if kind in (kinds.STRING_SELECT, kinds.CHECKBOX_GROUP):
        offered = [option["value"] for option in field["options"]]
        if strange := [each for each in chosen if each not in offered]:
            raise NotPossibleError(f"{name!r} offers {offered}, not {strange}")
        return list(chosen)
    if kind not in PICKED:
        raise NotImplementedError(f"the fake cannot fill in components of type {kind}")
    if not all(isinstance(each, PICKED[kind]) for each in chosen):
        raise NotPossibleError(f"{name!r} takes {PICKED[kind].__name__}s, not {chosen!r}")
    return [filled.refer(each) for each in chosen]


def fill_modal(modal: Modal, values: Mapping[str, Any], filled: Filled) -> list[dict[str, Any]]:
    """Shape a submission: given values by custom id, defaults for the rest."""
    if strange := set(values) - set(modal.fields):
        raise NotPossibleError(f"no such field: {sorted(strange)}; there are {list(modal.fields)}")
    submitted = []
    for number, component in enumerate(modal.components, start=1):
        here: dict[str, Any] = {"type": component["type"], "id": component.get("id") or number}
        if component["type"] == kinds.ACTION_ROW:
            here["components"] = [_fill(component["components"][0], values, filled)]
        elif component["type"] == kinds.LABEL:
            here["component"] = _fill(component["component"], values, filled)
        submitted.append(here)
    return submitted


def _fill(field: dict[str, Any], values: Mapping[str, Any], filled: Filled) -> dict[str, Any]:
    name, kind = field["custom_id"], field["type"]
    here = {"type": kind, "id": field.get("id") or 100, "custom_id": name}
    if kind == kinds.TEXT_INPUT:
        return here | {"value": _text(field, values.get(name, field.get("value") or ""))}
    if kind == kinds.CHECKBOX:
        return here | {"value": bool(values.get(name, field.get("default", False)))}
    defaults = [each["value"] for each in field.get("options", ()) if each.get("default")]
    if kind == kinds.RADIO_GROUP:
        value = values.get(name, defaults[0] if defaults else None)
        offered = [option["value"] for option in field["options"]]
        if value not in offered and (value is not None or field.get("required", True)):
            raise NotPossibleError(f"{name!r} offers {offered}, not {value!r}")
        return here | {"value": value}
    return here | {"values": pick_values(field, values.get(name, defaults), filled)}


def _text(field: dict[str, Any], text: str) -> str:
    low, high = field.get("min_length") or 0, field.get("max_length") or 4000
    if field.get("required", True):
        low = max(low, 1)
    elif not text:
        return text
    if not low <= len(text) <= high:
        raise NotPossibleError(f"{field['custom_id']!r} takes {low} to {high} characters: {text!r}")
    return text
