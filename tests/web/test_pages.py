"""The pages themselves: headers, bounds, and no way to be framed, cached, scripted or flooded."""

import re
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings
from bot.spotify_door import checked, spotify_door
from bot.web.rendering import Renderer, sentence
from bot.web.server import Allowance
from tests.web.conftest import ANA, House


async def test_every_answer_has_the_headers_even_errors(house: House) -> None:
    browser = await house.browser()
    address = await house.ask(ANA, "Ana")
    for path in (address, "/style.css", "/link/result/linked", "/nowhere", "/link/confirm"):
        url = path if path.startswith("http") else house.base + path
        async with browser.http.get(url, allow_redirects=False) as response:
            headers = response.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert f"form-action 'self' {house.discord.url} {house.fake.accounts_url}" in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_the_cookie_is_for_these_pages_alone_and_gone_afterwards(house: House) -> None:
    browser = await house.browser()
    address = await house.ask(ANA, "Ana")
    async with browser.http.post(address, allow_redirects=False) as response:
        cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_looking_at_a_link_ties_it_to_nobody(house: House) -> None:
    """A preview robot or a scanner opens every address it sees."""
    address = await house.ask(ANA, "Ana")
    robot, browser = await house.browser(), await house.browser()
    for _ in range(3):
        assert (await robot.get(address))[0] == 200
    assert (await house.identify(browser, address, ANA))[1] == "/link/confirm"


async def test_a_long_body_is_refused(house: House) -> None:
    browser = await house.browser()
    status, _, _ = await browser.post("/link/confirm", csrf="x" * 40_000)
    assert status in (400, 413)


async def test_names_are_escaped_in_pages(house: House) -> None:
    browser = await house.browser()
    _, _, page = await browser.get(await house.ask(ANA, '<script>alert("x")</script>'))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


async def test_the_pages_have_what_a_reader_aloud_needs(house: House) -> None:
    browser = await house.browser()
    address = await house.ask(ANA, "Ana")
    pages = [(await browser.get(address))[2], (await browser.get("/link/result/linked"))[2]]
    await house.identify(browser, address, ANA)
    pages.append((await browser.get("/link/confirm"))[2])
    for page in pages:
        assert '<html lang="en">' in page
        assert re.search(r"<title>[^<]+ · Auxcord</title>", page)
        assert page.count("<h1>") == 1
        assert page.count("<main>") == 1
        assert "<script" not in page
        assert "http://" not in page.replace(house.base, "")
        assert "https://" not in page


def test_parameters_of_a_sentence_can_not_be_markup() -> None:
    assert "<b>" not in sentence("web.open.heading", name="<b>{x}</b>")


def test_the_demo_says_so_on_every_page() -> None:
    for demo in (True, False):
        page = (
            Renderer(demo=demo).page("result.html", key="web.done", heading="web.result.good").text
            or ""
        )
        assert ("stand-ins" in page) is demo


def test_an_address_has_a_burst_and_then_waits() -> None:
    allowance = Allowance(burst=5, per_second=0)
    assert [allowance.take("a") for _ in range(6)] == [True] * 5 + [False]
    assert allowance.take("b")


def contrast(first: str, second: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((light(first), light(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_text_stands_out_in_light_and_dark() -> None:
    css = (Path(__file__).parents[2] / "bot" / "web" / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        for ink in ("ink", "soft", "accent", "warn"):
            assert contrast(colours[ink], colours["card"]) >= 4.5, ink
        assert contrast(colours["on-accent"], colours["accent"]) >= 4.5


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"public_url": "http://bot.example"}, "AUXCORD_PUBLIC_URL"),
        ({"public_url": "https://bot.example/path"}, "AUXCORD_PUBLIC_URL"),
        ({"public_url": "bot.example"}, "AUXCORD_PUBLIC_URL"),
        ({"public_url": "https://bot.example"}, "AUXCORD_DISCORD_CLIENT_SECRET"),
        ({"web_host": "0.0.0.0"}, "AUXCORD_WEB_HOST"),  # noqa: S104
        ({"backup_hours": 24, "backup_keep": 6}, "AUXCORD_BACKUP_KEEP"),
    ],
)
def test_settings_that_do_not_fit_are_one_sentence(changes: dict[str, object], name: str) -> None:
    settings = Settings(_env_file=None, spotify_client_id="x", **changes)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=name):
        spotify_door(settings)


def test_without_a_client_id_the_door_is_off() -> None:
    assert spotify_door(Settings(_env_file=None, public_url="nonsense")) is None


async def test_without_a_public_address_the_button_leads_to_spotify(small_house: House) -> None:
    address = await small_house.ask(ANA, "Ana")
    assert address.startswith(small_house.fake.accounts_url)
    assert f"{small_house.base}/spotify/callback".replace(":", "%3A").replace("/", "%2F") in address
    real = address.replace(small_house.fake.accounts_url, "https://accounts.spotify.com").replace(
        small_house.fake.world.client_id, "c" * 32
    )
    assert len(real) <= 512, "longer than a Discord button takes"


def test_doctor_says_how_the_door_is(tmp_path: Path) -> None:
    def said(**changes: object) -> tuple[bool, str]:
        return checked(Settings(_env_file=None, data_dir=tmp_path, **changes))  # type: ignore[arg-type]

    assert said() == (True, "Spotify is off (AUXCORD_SPOTIFY_CLIENT_ID is not set)")
    well, sentence_ = said(spotify_client_id="x")
    assert well
    assert "http://127.0.0.1:8787/spotify/callback" in sentence_
    assert said(spotify_client_id="x", public_url="nonsense")[0] is False


async def test_a_flood_of_bad_callbacks_is_cut_off_and_reaches_nobody(house: House) -> None:
    browser = await house.browser()
    answers = [(await browser.get(f"/spotify/callback?state={n}&code=x"))[0] for n in range(150)]
    assert set(answers) == {303, 429}
    assert answers.count(429) > 50
    assert (house.fake.token_calls, house.fake.api_calls, house.discord.asked) == (0, 0, 0)
