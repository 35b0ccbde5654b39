import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.safe import plain_label, safe_text

HOSTILE = (
    "@everyone",
    "@here",
    "<@123456789>",
    "<@&42>",
    "<#77>",
    "</forget-me:1>",
    "<t:1:R>",
    "<:smile:123>",
    "[click](https://evil.example)",
    "https://evil.example/x",
    "discord.gg://x",
    "# heading\n> quote",
    "\u202egnp.exe",
    "a\u2066b\u2069c",
    "line\r\nbreak\u2028more",
    "**bold** __under__ ~~gone~~ `code` ||spoiler||",
    "- item",
    "1. item",
    "x" * 5000,
    "\ud800",
)


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_neither_mention_link_nor_format(title):
    shown = safe_text(title)
    assert "\n" not in shown
    assert "\u202e" not in shown
    assert "\u2066" not in shown
    for opener in ("@everyone", "@here", "<@", "<#", "</", "<t:", "<:", "://", "//", "[click]("):
        assert opener not in shown
    assert len(shown) <= 2 * 200 + 200
    shown.encode("utf-8")


@given(st.text(max_size=400))
def test_what_comes_out_is_one_line_of_printable_text(title):
    shown = safe_text(title)
    assert "\n" not in shown
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in shown)
    assert "://" not in shown
    for mark in ("<", "@"):
        start = shown.find(mark)
        while start >= 0:
            assert shown[start + len(mark)] == "\u200b"
            start = shown.find(mark, start + 1)


def test_ordinary_titles_stay_readable():
    assert safe_text("Sigur Rós") == "Sigur Rós"
    assert safe_text("AC/DC") == "AC/DC"
    assert safe_text("Пикник") == "Пикник"


def test_labels_need_no_escaping_but_one_line():
    assert plain_label("a*b\nc", limit=80) == "a*b c"
    assert len(plain_label("x" * 300, limit=100)) == 100
