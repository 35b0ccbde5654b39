"""The message catalogue: every sentence a person reads, by key (decision D19).

`messages/en.toml` holds English; another language is another file with the same keys.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from bot.ui.safe import safe_text

LANGUAGE = "en"


class Markdown(str):
    """Text made by us that may format, link or mention; everything else is escaped."""

    __slots__ = ()


@cache
def catalogue(language: str = LANGUAGE) -> Mapping[str, str]:
    """Return all sentences of a language, keys joined by dots."""
    raw = resources.files("bot.ui").joinpath("messages", f"{language}.toml").read_bytes()
    return dict(_flatten(tomllib.loads(raw.decode())))


def _flatten(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            rows += _flatten(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", str(value)))
    return rows


def text(key: str, /, **params: object) -> Markdown:
    """Return a sentence; string parameters that are not `Markdown` are escaped.

    Raises
    ------
    KeyError
        When the catalogue has no such key: a mistake of ours, found by a test.
    """
    sentence = catalogue()[key]
    shown = {name: _shown(value) for name, value in params.items()}
    return Markdown(sentence.format(**shown).strip())


def plural(key: str, n: int, /, **params: object) -> Markdown:
    """Return `key.one` for 1 and `key.other` for any other number; `{n}` is grouped by thousands."""
    return text(f"{key}.one" if n == 1 else f"{key}.other", n=number(n), **params)


def number(n: int) -> Markdown:
    """Return a number grouped by thousands."""
    return Markdown(f"{n:,}".replace(",", "\u202f"))


def plain(key: str, /, **params: object) -> str:
    """Return a sentence for places without markdown, without it; parameters are taken as they are."""
    return catalogue()[key].replace("**", "").replace("`", "").format(**params).strip()


def _shown(value: object) -> object:
    if isinstance(value, Markdown):
        return str(value)
    return safe_text(value) if isinstance(value, str) else value
