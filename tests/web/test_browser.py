"""Linking in a real browser: the content policy lets the forms through, in light and in dark."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.conftest import ANA, House
from tests.worker.exports import spotify_extended_zip

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

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
async def browser_page(
    scheme: str, width: int, *, allowed: str = "favicon", scripts: bool = True
) -> AsyncIterator[Any]:
    from playwright.async_api import async_playwright

    async with async_playwright() as tool:
        chromium = await tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await chromium.new_page(
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 720},
            java_script_enabled=scripts,
        )
        page.set_default_timeout(10_000)
        problems: list[str] = []
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: problems.append(str(e)))
        yield page
        await chromium.close()
        assert [
            p for p in problems if "favicon" not in p and "404" not in p and allowed not in p
        ] == []


INTERACTIVE = {"button", "link", "textbox", "checkbox", "combobox", "progressbar"}


async def read_aloud(page: Any) -> list[tuple[str, str]]:
    """Return role and name of everything in Chromium's accessibility tree, in reading order."""
    session = await page.context.new_cdp_session(page)
    tree = await session.send("Accessibility.getFullAXTree")
    await session.detach()
    return [
        (node["role"]["value"], str(node.get("name", {}).get("value", "")).strip())
        for node in tree["nodes"]
        if not node["ignored"]
    ]


async def check(page: Any) -> None:
    heard = await read_aloud(page)
    assert [role for role, _ in heard].count("heading") == 1
    assert [role for role, _ in heard].count("main") == 1
    assert heard[0][1].endswith("· Auxcord"), "the page's own name comes first"
    for role, name in heard:
        assert name or role not in INTERACTIVE, role
    assert await page.evaluate("document.documentElement.lang") == "en"
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for contrast, tag in await page.evaluate(CONTRAST):
        assert contrast >= 4.5, tag
    for button in await page.locator("button:visible").all():
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


@pytest.mark.parametrize(("scheme", "width"), [("light", 1024), ("dark", 320)])
async def test_a_file_arrives_over_a_bad_connection(
    house: House, tmp_path: Path, scheme: str, width: int
) -> None:
    """The first answer gets lost on its way and the page goes on by itself."""
    uploads = house.app.services.uploads
    assert uploads is not None
    house.discord.people = {ANA: "Ana"}
    await house.app.services.consent.agree(ANA)
    address = await uploads.links.begin(ANA, "Ana")
    file = tmp_path / "my_spotify_data.zip"
    file.write_bytes(spotify_extended_zip(400))
    cut: list[str] = []

    async def lose_one(route: Any) -> None:
        if route.request.method == "PATCH" and not cut:
            cut.append(route.request.url)
            await route.abort("connectionreset")
        else:
            await route.continue_()

    async with browser_page(scheme, width, allowed="ERR_CONNECTION_RESET") as page:
        await page.route("**/upload/part", lose_one)
        await page.goto(address)
        await check(page)
        await page.get_by_role("button", name="Continue with Discord").click()
        await page.get_by_role("button", name="I am Ana").click()
        await page.get_by_role("heading", level=1, name="Send the listening history").wait_for()
        assert "code=" not in page.url
        await check(page)
        assert await page.get_by_text("Without JavaScript").count() == 0
        await page.get_by_label("Your export").set_input_files(file)
        await page.get_by_role("button", name="Send").click()
        status = page.get_by_role("status")
        await status.filter(has_text="what arrived is kept").wait_for()
        await check(page)
        await status.filter(has_text="new plays out of").wait_for()
        assert await page.get_by_text("you can close this page").count() == 0
        await check(page)
        await page.reload()
        await status.filter(has_text="new plays out of").wait_for()
    assert cut
    assert [told.key for _, told in house.notices] == ["upload.done"]


async def test_a_file_that_is_refused_says_why_and_may_be_exchanged(
    house: House, tmp_path: Path
) -> None:
    uploads = house.app.services.uploads
    assert uploads is not None
    uploads.limit_mb = 0
    house.discord.people = {ANA: "Ana"}
    await house.app.services.consent.agree(ANA)
    file = tmp_path / "too_large.zip"
    file.write_bytes(b"x" * 1000)
    async with browser_page("light", 800, allowed="413") as page:
        await page.goto(await uploads.links.begin(ANA, "Ana"))
        await page.get_by_role("button", name="Continue with Discord").click()
        await page.get_by_role("button", name="I am Ana").click()
        await page.get_by_label("Your export").set_input_files(file)
        await page.get_by_role("button", name="Send").click()
        await page.get_by_role("status").filter(has_text="at most").wait_for()
        assert await page.get_by_role("button", name="Send").is_enabled()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1024), ("dark", 320)])
async def test_a_file_arrives_with_scripting_off(
    house: House, tmp_path: Path, scheme: str, width: int
) -> None:
    """The same form goes as it is, and the page after it tells by itself how it ended."""
    uploads = house.app.services.uploads
    assert uploads is not None
    house.discord.people = {ANA: "Ana"}
    await house.app.services.consent.agree(ANA)
    file = tmp_path / "my_spotify_data.zip"
    file.write_bytes(spotify_extended_zip(400))
    async with browser_page(scheme, width, scripts=False) as page:
        await page.goto(await uploads.links.begin(ANA, "Ana"))
        await page.get_by_role("button", name="Continue with Discord").click()
        await page.get_by_role("button", name="I am Ana").click()
        await page.get_by_text("Without JavaScript the file goes in one piece").wait_for()
        assert await page.locator("progress").is_hidden()
        heard = await read_aloud(page)
        assert ("button", "Send") in heard
        await page.get_by_label("Your export").set_input_files(file)
        await page.get_by_role("button", name="Send").click()
        await page.get_by_role("status").filter(has_text="new plays out of").wait_for()
        assert page.url == f"{house.base}/upload/file?plain"
        assert await page.get_by_label("Your export").is_hidden()
    assert [told.key for _, told in house.notices] == ["upload.done"]


async def test_what_is_too_large_says_so_with_scripting_off(house: House, tmp_path: Path) -> None:
    uploads = house.app.services.uploads
    assert uploads is not None
    uploads.limit_mb = 1
    house.discord.people = {ANA: "Ana"}
    await house.app.services.consent.agree(ANA)
    file = tmp_path / "too_large.zip"
    file.write_bytes(b"x" * (3 * 2**20))
    async with browser_page("light", 800, allowed="413", scripts=False) as page:
        await page.goto(await uploads.links.begin(ANA, "Ana"))
        await page.get_by_role("button", name="Continue with Discord").click()
        await page.get_by_role("button", name="I am Ana").click()
        await page.get_by_label("Your export").set_input_files(file)
        await page.get_by_role("button", name="Send").click()
        await page.get_by_text("1 MB at most").wait_for()
