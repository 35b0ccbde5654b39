"""The page for large files: the whole way, every interruption, and ways to misuse it."""

from __future__ import annotations

import asyncio
import json
import shutil
from base64 import b64encode
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from yarl import URL

from bot.app import open_app
from bot.errors import UserError
from bot.settings import Settings
from bot.web.uploads import TUS, TUS_TYPE
from bot.worker.limits import MIB, Limits
from tests.fakes_spotify import FixedClock
from tests.web.conftest import ANA, BEN, Browser, House, free_port, open_house
from tests.worker.exports import spotify_extended_zip

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.ids import MemberId
    from bot.services.big_uploads import BigUploads

EXPORT = spotify_extended_zip(400)


def uploads_of(house: House) -> BigUploads:
    assert house.app.services.uploads is not None
    return house.app.services.uploads


class Sender:
    """The page's script, in Python."""

    def __init__(self, house: House, browser: Browser, token: str) -> None:
        self.house, self.browser, self.token = house, browser, token

    @classmethod
    async def admitted(cls, house: House, member: MemberId = ANA, name: str = "Ana") -> Sender:
        await house.app.services.consent.agree(member)
        address = await uploads_of(house).links.begin(member, name)
        browser = await house.browser()
        status, location, _ = await house.identify(browser, address, member)
        assert (status, location) == (303, "/upload/file")
        return cls(house, browser, await token_in(browser))

    async def ask(
        self, method: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[int, int]:
        """Return status and offset."""
        sent = {"Tus-Resumable": TUS, "X-Form-Token": self.token, **headers}
        async with self.browser.http.request(
            method, f"{self.browser.base}/upload/part", headers=sent, data=body
        ) as answer:
            return answer.status, int(answer.headers.get("Upload-Offset", -1))

    async def choose(
        self, size: int, name: str = "my_data.zip", stamp: str = "1"
    ) -> tuple[int, int]:
        about = ",".join(
            f"{key} {b64encode(value.encode()).decode()}"
            for key, value in (("filename", name), ("stamp", stamp))
        )
        return await self.ask("POST", {"Upload-Length": str(size), "Upload-Metadata": about})

    async def send(self, offset: int, data: bytes) -> tuple[int, int]:
        return await self.ask(
            "PATCH", {"Upload-Offset": str(offset), "Content-Type": TUS_TYPE}, data
        )

    async def cut_off(self, offset: int, promised: int, data: bytes) -> None:
        """Begin a PATCH and lose the connection in the middle of it."""
        url = urlsplit(self.browser.base)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        cookies = self.browser.http.cookie_jar.filter_cookies(URL(self.browser.base))
        cookie = "; ".join(f"{c.key}={c.value}" for c in cookies.values())
        head = (
            f"PATCH /upload/part HTTP/1.1\r\nHost: {url.netloc}\r\nCookie: {cookie}\r\n"
            f"Tus-Resumable: {TUS}\r\nX-Form-Token: {self.token}\r\nUpload-Offset: {offset}\r\n"
            f"Content-Type: {TUS_TYPE}\r\nContent-Length: {promised}\r\n\r\n"
        )
        writer.write(head.encode() + data)
        await writer.drain()
        await self.arrived(offset + len(data))
        writer.close()
        await writer.wait_closed()
        del reader

    def carried(self) -> tuple[str, str]:
        """Return link and browser as the cookie carries them."""
        cookies = self.browser.http.cookie_jar.filter_cookies(URL(self.browser.base))
        rid, _, browser = cookies["upload"].value.partition(".")
        return rid, browser

    async def arrived(self, size: int) -> None:
        """Wait until so much is on disk."""
        uploads = uploads_of(self.house)
        ticket = await uploads.links.admitted(*self.carried())
        async with asyncio.timeout(10):
            while (await uploads.state(ticket)).received < size:
                pass  # each look gives way to the others

    async def state(self) -> dict[str, object]:
        _, _, text = await self.browser.get("/upload/state")
        return json.loads(text)  # type: ignore[no-any-return]

    async def plays(self, member: MemberId = ANA) -> int:
        await uploads_of(self.house).settle()
        return int(sum(row.value for row in await self.house.app.database.listens.evidence(member)))


async def token_in(browser: Browser) -> str:
    status, _, page = await browser.get("/upload/file")
    assert status == 200
    return page.split('data-token="')[1].split('"')[0]


def folders(house: House) -> list[Path]:
    root = house.app.database.uploads_dir
    return list(root.iterdir()) if root.is_dir() else []


async def test_a_file_in_pieces_becomes_an_import_and_the_member_is_told(house: House) -> None:
    sender = await Sender.admitted(house)
    assert await sender.choose(len(EXPORT)) == (201, 0)
    half = len(EXPORT) // 2
    assert await sender.send(0, EXPORT[:half]) == (204, half)
    assert (await sender.state())["received"] == half
    assert await sender.send(half, EXPORT[half:]) == (204, len(EXPORT))
    assert await sender.plays() == 400
    state = await sender.state()
    assert state["done"]
    assert "400 new plays" in str(state["words"])
    assert [(who, told.key) for who, told in house.notices] == [(ANA, "upload.done")]
    assert folders(house) == [], "the raw file is deleted after the import"


async def test_sending_it_again_adds_nothing(house: House) -> None:
    for _ in range(2):
        sender = await Sender.admitted(house)
        await sender.choose(len(EXPORT))
        await sender.send(0, EXPORT)
        assert await sender.plays() == 400


async def test_a_lost_connection_costs_only_what_was_on_its_way(house: House) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    cut = len(EXPORT) // 3
    await sender.cut_off(0, len(EXPORT), EXPORT[:cut])
    assert await sender.ask("HEAD", {}) == (200, cut)
    assert await sender.send(cut, EXPORT[cut:]) == (204, len(EXPORT))
    assert await sender.plays() == 400


async def test_a_closed_page_goes_on_where_it_stopped(house: House) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    await sender.send(0, EXPORT[:1000])
    _, _, page = await sender.browser.get("/upload/file")
    assert "my_data.zip has arrived in part" in page
    assert await sender.choose(len(EXPORT)) == (201, 1000)
    assert await sender.choose(len(EXPORT), stamp="2") == (201, 0), "another file begins anew"
    assert len(folders(house)) == 1


async def test_a_restart_in_the_middle_loses_nothing(data_dir: Path) -> None:
    """What arrived is on disk, and the browser's cookie still opens the page."""
    async with AsyncExitStack() as first:
        house = await open_house(data_dir, first, pages=True)
        sender = await Sender.admitted(house)
        await sender.choose(len(EXPORT))
        await sender.send(0, EXPORT[:1000])
        cookies = list(sender.browser.http.cookie_jar)
    orphan = data_dir / "uploads" / ("0" * 32)
    orphan.mkdir()
    async with AsyncExitStack() as second:
        house = await open_house(data_dir, second, pages=True)
        browser = await house.browser()
        for cookie in cookies:
            browser.http.cookie_jar.update_cookies({cookie.key: cookie.value})
        again = Sender(house, browser, await token_in(browser))
        assert not orphan.exists(), "what nothing refers to is gone"
        assert await again.ask("HEAD", {}) == (200, 1000)
        assert await again.send(1000, EXPORT[1000:]) == (204, len(EXPORT))
        assert await again.plays() == 400


async def test_the_answer_to_the_last_piece_may_get_lost(house: House) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    await sender.send(0, EXPORT)
    assert (await sender.ask("HEAD", {}))[0] == 403
    assert (await sender.send(len(EXPORT), b""))[0] == 403
    assert (await sender.state())["words"], "the page sees that all of it is here"
    assert await sender.plays() == 400


async def test_a_newer_connection_overtakes_one_that_hangs(house: House) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    gate = asyncio.Event()
    ticket = await uploads_of(house).links.admitted(*sender.carried())
    sent = asyncio.Event()

    async def hanging():
        yield EXPORT[:500]
        sent.set()
        await gate.wait()

    old = asyncio.create_task(uploads_of(house).append(ticket, offset=0, pieces=hanging()))
    await sent.wait()
    assert await sender.ask("HEAD", {}) == (200, 500)
    with pytest.raises(Exception, match=r"upload\.refused\.overtaken"):
        await old


async def test_another_file_chosen_at_the_last_moment_is_not_taken_for_the_one_that_is_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty file would be imported, and the link be used up by it."""
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    files = uploads_of(house)._files
    seal = files.seal

    async def and_then(folder: str, name: str) -> None:
        monkeypatch.setattr(files, "seal", seal)
        await seal(folder, name)
        assert await sender.choose(len(EXPORT), stamp="2") == (201, 0)

    monkeypatch.setattr(files, "seal", and_then)
    await sender.send(0, EXPORT)
    assert await sender.plays() == 0
    assert await sender.send(0, EXPORT) == (204, len(EXPORT))
    assert await sender.plays() == 400


async def test_of_two_that_overtake_at_once_one_writes(house: House) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    uploads = uploads_of(house)
    ticket = await uploads.links.admitted(*sender.carried())
    sent = asyncio.Event()

    async def hanging():
        yield EXPORT[:500]
        sent.set()
        await asyncio.Event().wait()

    async def piece():
        yield EXPORT[500:1500]

    old = asyncio.create_task(uploads.append(ticket, offset=0, pieces=hanging()))
    await sent.wait()
    newer = (uploads.append(ticket, offset=500, pieces=piece()) for _ in range(3))
    ends = await asyncio.gather(old, *newer, return_exceptions=True)
    assert [end for end in ends if not isinstance(end, UserError)] == [1500]
    assert (await uploads.state(ticket)).received == 1500


async def test_a_request_that_is_given_up_writes_no_more(house: House) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    uploads = uploads_of(house)
    ticket = await uploads.links.admitted(*sender.carried())
    sent, go, over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow():
        try:
            yield EXPORT[:500]
            sent.set()
            await go.wait()
            yield EXPORT[500:]
        finally:
            over.set()

    request = asyncio.create_task(uploads.append(ticket, offset=0, pieces=slow()))
    await sent.wait()
    request.cancel()
    go.set()
    await asyncio.wait([request])
    async with asyncio.timeout(30):
        await over.wait()
    assert (await uploads.state(ticket)).received == 500


@pytest.mark.parametrize("asks", ["anew", "on"])
async def test_a_stop_between_the_last_byte_and_the_import_costs_nothing(
    house: House, asks: str
) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    await sender.send(0, EXPORT[:1000])
    (folder,) = folders(house)
    with (folder / "raw" / "0000").open("ab") as file:
        file.write(EXPORT[1000:])
    if asks == "anew":
        assert await sender.choose(len(EXPORT)) == (201, len(EXPORT))
    else:
        assert await sender.ask("HEAD", {}) == (200, len(EXPORT))
    assert await sender.plays() == 400
    assert (await sender.state())["done"]


async def test_what_a_restore_left_of_an_upload_begins_anew(house: House) -> None:
    """Backups hold the link and no file."""
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    await sender.send(0, EXPORT[:1000])
    (folder,) = folders(house)
    shutil.rmtree(folder)
    assert (await sender.state())["received"] == 0
    assert (await sender.ask("HEAD", {}))[0] == 403
    assert (await sender.send(1000, EXPORT[1000:]))[0] == 403
    assert await sender.choose(len(EXPORT)) == (201, 0)
    assert await sender.send(0, EXPORT) == (204, len(EXPORT))
    assert await sender.plays() == 400


@pytest.mark.parametrize("offset", [1, 5000])
async def test_bytes_that_do_not_follow_are_refused(house: House, offset: int) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    assert (await sender.send(offset, EXPORT[offset:]))[0] == 409
    assert await sender.ask("HEAD", {}) == (200, 0)


async def test_more_than_was_announced_is_refused(house: House) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(100)
    assert (await sender.send(0, EXPORT[:200_000]))[0] == 413
    assert (await sender.ask("HEAD", {}))[1] <= 100


@pytest.mark.parametrize("size", [0, 512 * 2**20 + 1, 10**14])
async def test_too_large_or_empty_is_refused_before_anything_is_sent(
    house: House, size: int
) -> None:
    sender = await Sender.admitted(house)
    assert (await sender.choose(size))[0] == 413
    assert folders(house) == []


@pytest.mark.parametrize("size", ["-1", "1e3", "", "9" * 30, "٣"])
async def test_a_length_that_is_none(house: House, size: str) -> None:
    sender = await Sender.admitted(house)
    answer = await sender.ask("POST", {"Upload-Length": size.encode().decode("latin-1")})
    assert answer[0] == 400


async def test_something_that_is_no_export_says_so(house: House) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(3000, name="<b>x</b>.json")
    await sender.send(0, b"<html>" * 500)
    assert await sender.plays() == 0
    words = str((await sender.state())["words"])
    assert words.startswith("I don't recognise b>.json. ")
    assert "Streaming_History_Audio_*.json, StreamingHistory_music_*.json" in words
    assert "**" not in words
    assert "`" not in words
    assert words.endswith("This link is used up: /import in Discord gives you a new one.")


async def test_a_used_link_says_so_and_what_to_do(house: House) -> None:
    await house.app.services.consent.agree(ANA)
    address = await uploads_of(house).links.begin(ANA, "Ana")
    browser = await house.browser()
    await house.identify(browser, address, ANA)
    sender = Sender(house, browser, await token_in(browser))
    await sender.choose(len(EXPORT))
    await sender.send(0, EXPORT)
    status, _, page = await browser.post(address)
    assert status == 403
    assert "<h1>This link no longer works</h1>" in page
    assert "Ask for a new one with /import" in page


async def test_only_a_page_that_still_waits_says_when_it_can_be_closed(house: House) -> None:
    sender = await Sender.admitted(house)
    assert "you can close this page" in (await sender.browser.get("/upload/file"))[2]
    await sender.choose(len(EXPORT))
    await sender.send(0, EXPORT)
    await sender.plays()
    _, _, page = await sender.browser.get("/upload/file")
    assert "Done: 400 new plays" in page
    assert "you can close this page" not in page


# Misuse.


async def test_1_a_victim_who_opens_an_attackers_link_is_stopped(house: House) -> None:
    await house.app.services.consent.agree(ANA)
    address = await uploads_of(house).links.begin(ANA, "Ana")
    victim = await house.browser()
    status, _, page = await house.identify(victim, address, BEN)
    assert status == 403
    assert "Ana" in page
    assert (await victim.get(address))[0] == 403, "the link is void for everybody"
    assert (await victim.get("/upload/file"))[0] == 403


async def test_2_without_a_cookie_or_with_a_foreign_one(house: House) -> None:
    ana = await Sender.admitted(house)
    await ana.choose(len(EXPORT))
    stranger = Sender(house, await house.browser(), ana.token)
    ben = await Sender.admitted(house, BEN, "Ben")
    mixed = Sender(house, ben.browser, ana.token)
    for sender in (stranger, mixed):
        assert (await sender.choose(10))[0] == 403
        assert (await sender.send(0, EXPORT))[0] == 403
    assert (await stranger.ask("HEAD", {}))[0] == 403
    assert (await stranger.browser.get("/upload/state"))[0] == 403
    assert await ana.ask("HEAD", {}) == (200, 0)


async def test_3_without_the_pages_token_nothing_is_taken(house: House) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    for token in ("", "x", "a" * 64):
        forged = Sender(house, sender.browser, token)
        assert (await forged.choose(10))[0] == 403
        assert (await forged.send(0, EXPORT))[0] == 403


async def test_4_a_form_on_another_site_can_not_send(house: House) -> None:
    """What needs no permission from us carries neither the version nor the type nor the token."""
    sender = await Sender.admitted(house)
    status, _, _ = await sender.browser.post("/upload/part", filename="x")
    assert status == 412
    sent = {"Content-Type": "text/plain", "Upload-Offset": "0"}
    assert (await sender.ask("PATCH", sent, b"x"))[0] == 415
    assert (await sender.ask("OPTIONS", {"Origin": "https://evil.example"}))[0] == 405


async def test_5_a_link_is_over_after_ten_minutes_and_sending_after_a_day(house: House) -> None:
    await house.app.services.consent.agree(BEN)
    unopened = await uploads_of(house).links.begin(BEN, "Ben")
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    house.clock.pass_time(minutes=10)
    browser = await house.browser()
    assert (await browser.get(unopened))[0] == 403
    assert (await sender.send(0, EXPORT[:10]))[0] == 204
    house.clock.pass_time(minutes=24 * 60)
    assert (await sender.send(10, EXPORT[10:]))[0] == 403
    assert await uploads_of(house).sweep() == 1
    assert folders(house) == []


async def test_6_a_link_takes_one_file_and_an_older_one_is_void(house: House) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    await sender.send(0, EXPORT)
    assert (await sender.choose(50, name="another.zip"))[0] == 403
    older = await Sender.admitted(house, BEN, "Ben")
    await older.choose(len(EXPORT))
    await older.send(0, EXPORT[:100])
    newer = await Sender.admitted(house, BEN, "Ben")
    assert (await older.send(100, EXPORT[100:]))[0] == 403
    await uploads_of(house).settle()
    assert folders(house) == [], "and what had arrived for it is gone"
    assert (await newer.choose(len(EXPORT))) == (201, 0)


async def test_7_looking_at_a_link_ties_it_to_nobody_and_the_first_browser_has_it(
    house: House,
) -> None:
    await house.app.services.consent.agree(ANA)
    address = await uploads_of(house).links.begin(ANA, "Ana")
    robot, browser, late = [await house.browser() for _ in range(3)]
    assert (await robot.get(address))[0] == 200
    assert (await browser.post(address))[0] == 303
    assert (await late.post(address))[0] == 403


@pytest.mark.parametrize(
    "query", ["", "?state=upload.x&code=y", "?state=upload.&code=", "?state=x"]
)
async def test_8_an_unknown_state_from_discord(house: House, query: str) -> None:
    browser = await house.browser()
    await house.app.services.consent.agree(ANA)
    await browser.post(await uploads_of(house).links.begin(ANA, "Ana"))
    status, words = await browser.result(await browser.get(f"/discord/callback{query}"))
    assert status in (400, 403)
    assert "Traceback" not in words
    assert (await browser.get("/upload/file"))[0] == 403


async def test_9_the_states_of_linking_and_sending_do_not_mix(house: House) -> None:
    browser = await house.browser()
    address = await house.ask(ANA, "Ana")
    _, location, _ = await browser.post(address)
    state = parse_qs(urlsplit(location).query)["state"][0]
    back = house.discord.answer(f"{house.base}/discord/callback", f"upload.{state}", ANA)
    assert (await browser.get(back))[0] == 403
    assert (await browser.get("/upload/file"))[0] == 403


async def test_10_names_are_no_paths_and_no_markup(house: House) -> None:
    sender = await Sender.admitted(house, ANA, "<script>alert(1)</script>")
    await sender.choose(len(EXPORT), name="../../<script>x</script>\x00.zip" + "y" * 500)
    _, _, page = await sender.browser.get("/upload/file")
    assert "<script>x" not in page
    assert "<script>alert" not in page
    (folder,) = folders(house)
    assert folder.name.isalnum()
    assert [path.name for path in (folder / "raw").iterdir()] == ["0000"]


async def test_11_only_this_page_may_run_a_script_and_only_ours(house: House) -> None:
    sender = await Sender.admitted(house)
    for path, scripted in (("/upload/file", True), ("/link/result/linked", False)):
        async with sender.browser.http.get(house.base + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
        assert ("script-src 'self'" in policy) is scripted
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
    _, _, page = await sender.browser.get("/upload/file")
    assert page.count("<script") == 1
    assert " on" + "click" not in page


async def test_12_a_full_disk_is_said_before_anything_is_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.big_uploads.MIN_FREE_BYTES", 2**60)
    sender = await Sender.admitted(house)
    assert (await sender.choose(len(EXPORT)))[0] == 507


async def test_forgetting_a_member_deletes_what_has_arrived(house: House) -> None:
    sender = await Sender.admitted(house)
    await sender.choose(len(EXPORT))
    await sender.send(0, EXPORT[:1000])
    data = json.loads(await house.app.services.privacy.export(ANA))
    assert data["upload_tickets"][0]["file_name"] == "my_data.zip"
    await house.app.services.privacy.forget(ANA)
    assert folders(house) == []
    assert (await sender.send(1000, EXPORT[1000:]))[0] == 403


async def test_the_page_is_there_without_spotify_too(data_dir: Path) -> None:
    port = free_port()
    settings = Settings(
        _env_file=None,
        data_dir=data_dir,
        backup_hours=0,
        public_url=f"http://127.0.0.1:{port}",
        web_port=port,
        discord_client_secret="secret",  # type: ignore[arg-type]
    )
    async with open_app(settings, clock=FixedClock()) as app:
        assert app.services.spotify is None
        assert app.services.uploads is not None
        await app.services.consent.agree(ANA)
        address = await app.services.uploads.links.begin(ANA, "Ana")
        async with aiohttp.ClientSession() as http, http.get(address) as answer:
            assert answer.status == 200
            assert "Ana" in await answer.text()


def test_the_page_promises_no_more_than_the_import_reads() -> None:
    promised = Settings(_env_file=None).web_upload_limit_mb * MIB
    assert promised <= Limits().file_bytes <= Limits().total_bytes
