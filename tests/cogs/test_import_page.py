"""`/import` leads to the upload page where there is one, and says what else to do where there isn't."""

from __future__ import annotations

import re
from typing import Any

from bot.demo.simulated import answers, components_of
from tests.cogs.conftest import Room, words


def links(result: Any) -> list[str]:
    """Return the addresses of link buttons."""
    found = [part for shown in answers(result) for part in components_of(shown)]
    return [str(part["url"]) for part in found if part.get("url")]


async def test_without_a_file_there_is_a_private_page(room_with_pages: Room):
    result = await room_with_pages.run("Ada", "import")
    assert result.ephemeral
    assert "page in your browser" in words(result)
    (url,) = links(result)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/upload/[\w-]{43}", url)


async def test_a_file_that_is_too_large_leads_there_too(room_with_pages: Room):
    result = await room_with_pages.run("Ada", "import", file=("big.csv", b"artist\n" * 200_000))
    assert "the most I take here is 1 MB" in words(result)
    assert len(links(result)) == 1


async def test_who_never_agreed_gets_no_page(room_with_pages: Room):
    result = await room_with_pages.run("Nova", "import")
    assert "agree" in words(result)
    assert links(result) == []


async def test_without_pages_it_says_what_to_do(room: Room):
    result = await room.run("Ada", "import")
    assert "Add your export as `file:`" in words(result)
    assert links(result) == []
