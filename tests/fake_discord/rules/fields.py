"""Checks of single fields."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.fake_discord.errors import invalid_form


def require_length(where: str, value: object, low: int, high: int) -> None:
    """Refuse a value that is not a string of `low` to `high` characters."""
    if not isinstance(value, str):
        raise invalid_form(where, "This field must be a string.", "BASE_TYPE_REQUIRED")
    if not low <= len(value) <= high:
        raise invalid_form(
            where, f"Must be between {low} and {high} in length.", "BASE_TYPE_BAD_LENGTH"
        )


def require_count(where: str, values: object, low: int, high: int) -> list[Any]:
    """Refuse a value that is not a list of `low` to `high` entries."""
    if not isinstance(values, list) or not low <= len(values) <= high:
        raise invalid_form(
            where, f"Must be between {low} and {high} in length.", "BASE_TYPE_BAD_LENGTH"
        )
    return values


def optional_length(where: str, value: object, high: int) -> None:
    if value is not None:
        require_length(where, value, 0, high)


def require_url(where: str, value: object, schemes: tuple[str, ...] = ("http", "https")) -> None:
    require_length(where, value, 1, 2048)
    parts = urlsplit(str(value))
    if parts.scheme not in schemes or not parts.netloc:
        raise invalid_form(where, f"Scheme must be one of {schemes}.", "URL_TYPE_INVALID_SCHEME")


def require_unique(where: str, values: list[Any], message: str, code: str) -> None:
    if len(set(values)) != len(values):
        raise invalid_form(where, message, code)
