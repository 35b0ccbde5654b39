"""Linking in a real browser: the content policy lets the forms through, in light and in dark."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.conftest import ANA, House

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
]

CONTRAST = """
() => {
  const light = c => {
    const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => {
      v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (!c.endsWith(', 0)')) return c }
    return 'rgb(255, 255, 255)' };
  return [...document.querySelectorAll('main *')].filter(e => e.innerText).map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), e.tagName] })
}
"""


@asynccontextmanager
async def browser_page(scheme: str, width: int) -> AsyncIterator[Any]:
    from playwright.async_api import async_playwright

    async with async_playwright() as tool:
        chromium = await tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await chromium.new_page(
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 720},
        )
        page.set_default_timeout(10_000)
        problems: list[str] = []
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: problems.append(str(e)))
        yield page
        await chromium.close()
        assert [p for p in problems if "favicon" not in p and "404" not in p] == []


async def check(page: Any) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for contrast, tag in await page.evaluate(CONTRAST):
        assert contrast >= 4.5, tag
    for button in await page.locator("button").all():
        box = await button.bounding_box()
        assert box["height"] >= 44
        assert (await button.inner_text()).strip()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1024), ("dark", 320)])
async def test_the_whole_way_through_a_browser(house: House, scheme: str, width: int) -> None:
    house.discord.people = {ANA: "Ana"}
    house.fake.world.add_account("Ana on Spotify")
    address = await house.ask(ANA, "Ana")
    async with browser_page(scheme, width) as page:
        await page.goto(address)
        await check(page)
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.tagName") == "BUTTON"
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="I am Ana").click()
        await page.get_by_role("heading", level=1, name="Connect a Spotify account").wait_for()
        assert "code=" not in page.url
        await check(page)
        await page.get_by_role("button", name="Continue with Spotify").click()
        await page.get_by_role("button", name="Agree as Ana on Spotify").click()
        await page.get_by_role("heading", level=1, name="Linked").wait_for()
        assert page.url == f"{house.base}/link/result/linked"
        assert await page.context.cookies() == []
        await check(page)
        await page.go_back()
        await page.get_by_role("heading", level=1).wait_for()
    await house.spotify.links.watch.settle()
    assert (await house.spotify.links.status(ANA))[0] is not None
