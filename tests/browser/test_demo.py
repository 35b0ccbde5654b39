"""The demo as a visitor meets it: a list, a vote, the receipt and the next list, in a real browser."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
]
READY_S = 240
"""Far more than the demo takes on a slow machine; reached only when it hangs."""
PATIENCE_MS = 60_000
MOVED = re.compile(r"^([▲▼]) .+ (\d+) → (\d+)$", re.M)
"""A line of the receipt: up or down, an artist, the rank before and after."""


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """Run `python -m bot demo` until its address is printed; end it as Ctrl-C would."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        async with asyncio.timeout(READY_S):
            async for line in process.stdout:
                said.append(line.decode())
                if found := re.search(r"http://127\.0\.0\.1:\d+/\S+", said[-1]):
                    break
            else:
                pytest.fail("the demo ended by itself:\n" + "".join(said))
        yield found.group()
    finally:
        if process.returncode is None:
            process.terminate()
        rest, _ = await process.communicate()
    assert process.returncode == 0, rest.decode()
    assert "Traceback" not in "".join(said) + rest.decode()
    assert not list(folder.iterdir()), "the demo left its data behind"


@asynccontextmanager
async def channel(address: str) -> AsyncIterator[Any]:
    """Open the channel as its first member; no script on the page may fail."""
    from playwright.async_api import async_playwright

    async with async_playwright() as tool:
        chromium = await tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await chromium.new_page(viewport={"width": 1000, "height": 1100})
        page.set_default_timeout(PATIENCE_MS)
        problems: list[str] = []
        page.on("pageerror", lambda e: problems.append(str(e)))
        await page.goto(address)
        yield page
        await chromium.close()
        assert problems == []


async def run(page: Any, command: str, nth: int) -> Any:
    """Type a command, choose it, send it; return the message that is the nth answer to it."""
    box = page.locator("#channel-composer-input")
    await box.click()
    await box.press_sequentially(command)
    await page.locator("[role=option]").first.wait_for()
    await box.press("Enter")
    send = page.locator("#send-message")
    await page.wait_for_function("() => !document.querySelector('#send-message').disabled")
    await send.click()
    answer = page.locator("article.channel-message", has_text=f"used {command}").nth(nth)
    await answer.locator("a").first.wait_for()
    return answer


async def test_a_vote_moves_the_next_list_and_its_receipt_says_so(tmp_path: Path) -> None:
    async with demo(tmp_path) as address, channel(address) as page:
        first = await run(page, "/recommend", 0)
        titles = await first.locator("a").all_inner_texts()
        assert len(titles) == len(set(titles)) == 5

        await first.get_by_role("button", name="👍").first.click()
        receipt = page.locator("article.channel-message", has_text="is saved")
        await receipt.wait_for()
        said = await receipt.inner_text()
        assert titles[0] in said
        moved = MOVED.findall(said)
        assert moved, said
        for sign, before, after in moved:
            assert (sign == "▲") == (int(after) < int(before)), said
        assert any(int(after) < int(before) for _, before, after in moved), said

        second = await run(page, "/recommend", 1)
        again = await second.locator("a").all_inner_texts()
        assert len(again) == 5
        assert again != titles
        assert titles[0] not in again
