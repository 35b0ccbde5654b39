"""The rules of a whole message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_discord.errors import ApiError, invalid_form
from tests.fake_discord.model import MessageFlag
from tests.fake_discord.rules.components import check_components
from tests.fake_discord.rules.fields import optional_length, require_count, require_length

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_CONTENT = 2000
MAX_EMBEDS = 10
MAX_EMBED_TEXT = 6000
NOT_WITH_V2 = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"


def check_message(
    *,
    content: str,
    embeds: list[dict[str, Any]],
    components: list[dict[str, Any]],
    flags: MessageFlag,
    files: Sequence[str],
    payload: dict[str, Any],
) -> None:
    """Refuse a message as it would stand after this write; `payload` is the write itself."""
    v2 = MessageFlag.COMPONENTS_V2 in flags
    if v2:
        for name, left in (("content", content), ("embeds", embeds)):
            if left or payload.get(name):
                raise invalid_form(
                    name,
                    f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
                    NOT_WITH_V2,
                )
        for name in ("poll", "sticker_ids"):
            if payload.get(name):
                raise invalid_form(name, f"The '{name}' field cannot be used", NOT_WITH_V2)
    if len(content) > MAX_CONTENT:
        raise invalid_form(
            "content", f"Must be {MAX_CONTENT} or fewer in length.", "BASE_TYPE_MAX_LENGTH"
        )
    _check_embeds(embeds)
    check_components(components, v2=v2, files=set(files))
    if not (content or embeds or files or components):
        raise ApiError(400, 50006, "Cannot send an empty message")


def _check_embeds(embeds: list[dict[str, Any]]) -> None:
    require_count("embeds", embeds, 0, MAX_EMBEDS)
    total = 0
    for index, embed in enumerate(embeds):
        where = f"embeds.{index}"
        optional_length(f"{where}.title", embed.get("title"), 256)
        optional_length(f"{where}.description", embed.get("description"), 4096)
        footer, author = embed.get("footer") or {}, embed.get("author") or {}
        optional_length(f"{where}.footer.text", footer.get("text"), 2048)
        optional_length(f"{where}.author.name", author.get("name"), 256)
        total += len(embed.get("title") or "") + len(embed.get("description") or "")
        total += len(footer.get("text") or "") + len(author.get("name") or "")
        fields = require_count(f"{where}.fields", embed.get("fields", []), 0, 25)
        for number, field in enumerate(fields):
            require_length(f"{where}.fields.{number}.name", field.get("name"), 1, 256)
            require_length(f"{where}.fields.{number}.value", field.get("value"), 1, 1024)
            total += len(field["name"]) + len(field["value"])
    if total > MAX_EMBED_TEXT:
        raise invalid_form(
            "embeds",
            f"Embed size exceeds maximum size of {MAX_EMBED_TEXT}",
            "MAX_EMBED_SIZE_EXCEEDED",
        )
