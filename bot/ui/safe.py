"""The one door through which text from outside enters a message (decision D11)."""

import re
import unicodedata
from typing import Final

MAX_LENGTH: Final = 200
_ZERO_WIDTH_SPACE: Final = "\u200b"
_MARKDOWN: Final = re.compile(r"([\\*_~`|>#\[\]()\-+])")
_LIST_NUMBER: Final = re.compile(r"^(\s*\d+)\.")
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_KEPT_FORMAT: Final = frozenset("\u200d\u200c")  # joiners: emoji sequences and Persian need them


def safe_text(text: str, *, limit: int = MAX_LENGTH) -> str:
    """Return foreign text that can neither mention, link, format nor reorder a message.

    Normalised to NFC; control, bidi and line-break characters become spaces or vanish; markdown is
    escaped; a zero-width space stands after `<` and `@` and
    cuts `://` in pieces: behind it would not do, browsers leave it out of an address. The result has at most `limit`
    characters, escapes included, so that a message's budget of 4,000 can be planned.
    """
    plain = unicodedata.normalize("NFC", text[: 4 * limit])
    kept = " ".join("".join(_visible(c) for c in plain).split())
    escaped = _escaped(kept)
    while len(escaped) > limit:
        kept = kept[: len(kept) - max(1, (len(escaped) - limit) // 2)].rstrip()
        escaped = _escaped(kept) + "…"
    return escaped


def _escaped(text: str) -> str:
    escaped = _MARKDOWN.sub(r"\\\1", text)
    escaped = _LIST_NUMBER.sub(r"\1\\.", escaped)
    for mark in ("<", "@"):
        escaped = escaped.replace(mark, mark + _ZERO_WIDTH_SPACE)
    return escaped.replace("://", f":{_ZERO_WIDTH_SPACE}/{_ZERO_WIDTH_SPACE}/")


def _visible(char: str) -> str:
    if char in _KEPT_FORMAT:
        return char
    if char in _BIDI or unicodedata.category(char) in {"Cf", "Cs", "Co", "Cn"}:
        return ""
    if unicodedata.category(char) in {"Cc", "Zl", "Zp"}:
        return " "
    return char


def plain_label(text: str, *, limit: int = 80) -> str:
    """Return foreign text for places without markdown: button labels, choices, option texts."""
    kept = " ".join("".join(_visible(c) for c in unicodedata.normalize("NFC", text)).split())
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"
