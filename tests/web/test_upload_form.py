"""Sending a file without any script: one form, and the same rules as in pieces."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from yarl import URL

from bot.services.big_uploads import MIB
from tests.web.conftest import ANA, House
from tests.web.test_uploads import EXPORT, Sender, folders, uploads_of

if TYPE_CHECKING:
    from tests.web.conftest import Browser


async def send(
    browser: Browser,
    token: str | None,
    data: bytes = EXPORT,
    *,
    name: str = "my_data.zip",
    file_first: bool = False,
) -> tuple[int, str]:
    """Send the page's form; return the status and where it leads or what it says."""
    fields: list[tuple[str, Any, dict[str, str]]] = []
    if token is not None:
        fields.append(("token", token, {}))
    fields.append(("file", BytesIO(data), {"filename": name}))
    form = aiohttp.FormData(quote_fields=False)
    for key, value, more in reversed(fields) if file_first else fields:
        form.add_field(key, value, **more)
    async with browser.http.post(
        f"{browser.base}/upload/form", data=form, allow_redirects=False
    ) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


async def test_a_form_becomes_an_import_and_the_member_is_told(house: House) -> None:
    sender = await Sender.admitted(house)
    assert await send(sender.browser, sender.token) == (303, "/upload/file?plain")
    assert await sender.plays() == 400
    _, _, page = await sender.browser.get("/upload/file?plain")
    assert "400 new plays" in page
    assert 'http-equiv="refresh"' not in page
    assert [told.key for _, told in house.notices] == ["upload.done"]


async def test_it_goes_to_disk_as_it_comes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a large file waits in memory: each piece is small and written at once."""
    sender = await Sender.admitted(house)
    files = uploads_of(house)._files
    sizes: list[int] = []
    append = files.append

    async def watched(folder: str, data: bytes) -> None:
        sizes.append(len(data))
        await append(folder, data)

    monkeypatch.setattr(files, "append", watched)
    await send(sender.browser, sender.token, b"artist,title\n" + b"x" * (4 * MIB))
    assert sum(sizes) == 4 * MIB + 13
    assert max(sizes) <= 512 * 1024


async def test_1_the_form_has_its_token_and_a_second_file_is_refused(house: House) -> None:
    sender = await Sender.admitted(house)
    _, _, page = await sender.browser.get("/upload/file")
    assert f'name="token" value="{sender.token}"' in page
    assert 'enctype="multipart/form-data"' in page
    assert (await send(sender.browser, sender.token))[0] == 303
    assert (await send(sender.browser, sender.token))[0] == 403


@pytest.mark.parametrize("token", ["", "w" * 43, None])
async def test_2_a_form_from_elsewhere_is_refused(house: House, token: str | None) -> None:
    sender = await Sender.admitted(house)
    assert (await send(sender.browser, token))[0] in {400, 403}
    assert folders(house) == []


async def test_3_a_foreign_browser_is_refused_even_with_the_token(house: House) -> None:
    sender = await Sender.admitted(house)
    assert (await send(await house.browser(), sender.token))[0] == 403
    assert folders(house) == []


async def test_4_bytes_before_the_token_are_never_stored(house: House) -> None:
    sender = await Sender.admitted(house)
    assert (await send(sender.browser, sender.token, file_first=True))[0] == 400
    assert folders(house) == []


@pytest.mark.parametrize("extra", [1, 3 * MIB])
async def test_5_too_large_or_empty_is_refused_in_words(house: House, extra: int) -> None:
    """Whether the length that the browser tells gives it away or only the bytes do."""
    sender = await Sender.admitted(house)
    uploads_of(house).limit_mb = 1
    status, words = await send(sender.browser, sender.token, b"x" * (MIB + extra))
    assert status == 413
    assert "1 MB" in words
    assert (await send(sender.browser, sender.token, b""))[0] == 413
    await uploads_of(house).settle()
    assert house.notices == []


async def test_6_a_full_disk_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.services.big_uploads.MIN_FREE_BYTES", 2**60)
    sender = await Sender.admitted(house)
    assert (await send(sender.browser, sender.token))[0] == 507


async def test_7_what_was_cut_off_is_no_import_and_is_begun_anew(house: House) -> None:
    sender = await Sender.admitted(house)
    await cut_off(sender, EXPORT[: len(EXPORT) // 2], promised=len(EXPORT) + 500)
    assert await sender.plays() == 0
    assert house.notices == []
    _, _, page = await sender.browser.get("/upload/file")
    assert "goes on where it stopped" not in page, "a form begins at the start again"
    assert (await send(sender.browser, sender.token))[0] == 303
    assert await sender.plays() == 400
    assert len(folders(house)) <= 1


async def test_8_a_form_that_ends_without_its_boundary_is_no_file(house: House) -> None:
    """The length is right, the end is not: an agent on the way cut it."""
    sender = await Sender.admitted(house)
    half = EXPORT[: len(EXPORT) // 2]
    assert "did not arrive whole" in await cut_off(sender, half, promised=None)
    assert await sender.plays() == 0
    assert house.notices == []


async def test_9_forgetting_a_member_deletes_what_a_form_has_brought(house: House) -> None:
    sender = await Sender.admitted(house)
    await cut_off(sender, EXPORT[:1000], promised=len(EXPORT) + 500)
    assert folders(house)
    await house.app.services.privacy.forget(ANA)
    assert folders(house) == []


async def test_10_other_posts_are_refused(house: House) -> None:
    sender = await Sender.admitted(house)
    assert (await sender.browser.post("/upload/form", token=sender.token))[0] == 400
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
        async with sender.browser.http.post(
            f"{house.base}/upload/form", data=b"--y nothing", headers={"Content-Type": kind}
        ) as answer:
            assert answer.status == 400
    assert folders(house) == []


async def test_11_names_are_no_paths_and_no_markup(house: House) -> None:
    sender = await Sender.admitted(house)
    name = "../<b>a.zip"
    assert (await send(sender.browser, sender.token, name=name))[0] == 303
    assert await sender.plays() == 400
    exported = json.loads(await house.app.services.privacy.export(ANA))
    assert exported["imports"][0]["file_names"] == [name]
    written = [path for folder in folders(house) for path in folder.rglob("*")]
    assert {path.name for path in written} <= {"raw", "0000", "names.json"}


async def test_12_a_token_that_comes_in_two_packets_is_one(house: House) -> None:
    sender = await Sender.admitted(house)
    end = b"\r\n--edge--\r\n"
    pause_in = sender.token[: len(sender.token) // 2]
    said = await cut_off(sender, EXPORT + end, promised=None, pause_in=pause_in)
    assert "/upload/file?plain" in said
    assert await sender.plays() == 400


@pytest.mark.parametrize(
    "body",
    [
        b"--edge\r\nnot a header\r\n\r\nx\r\n--edge--\r\n",
        b'--edge\r\nContent-Disposition: form-data; name="token"\r\n\r\n' + b"x" * 10_000,
    ],
)
async def test_13_what_is_no_form_is_a_bad_request_and_no_mistake_of_ours(
    house: House, body: bytes
) -> None:
    sender = await Sender.admitted(house)
    async with sender.browser.http.post(
        f"{house.base}/upload/form",
        data=body,
        headers={"Content-Type": "multipart/form-data; boundary=edge"},
    ) as answer:
        assert answer.status == 400
    assert folders(house) == []


async def test_14_a_form_that_says_nothing_holds_no_connection(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.forms.QUIET_S", 0.05)
    sender = await Sender.admitted(house)
    url = urlsplit(sender.browser.base)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(
        f"POST /upload/form HTTP/1.1\r\nHost: {url.netloc}\r\n"
        "Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: 999\r\n\r\n".encode()
    )
    await writer.drain()
    assert b" 400 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


async def cut_off(
    sender: Sender, data: bytes, *, promised: int | None, pause_in: str | None = None
) -> str:
    """Send a form of which only the beginning may come; return the answer, where there is one."""
    head = (
        f'--edge\r\nContent-Disposition: form-data; name="token"\r\n\r\n{sender.token}\r\n--edge\r\n'
        'Content-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n'
    ).encode()
    url = urlsplit(sender.browser.base)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    cookies = sender.browser.http.cookie_jar.filter_cookies(URL(sender.browser.base))
    cookie = "; ".join(f"{c.key}={c.value}" for c in cookies.values())
    length = len(head) + (len(data) if promised is None else promised)
    writer.write(
        f"POST /upload/form HTTP/1.1\r\nHost: {url.netloc}\r\nCookie: {cookie}\r\n"
        "Content-Type: multipart/form-data; boundary=edge\r\n"
        f"Content-Length: {length}\r\n\r\n".encode()
    )
    first = head.index(pause_in.encode()) + len(pause_in) if pause_in else 0
    writer.write(head[:first])
    await writer.drain()
    await asyncio.sleep(0.1 if pause_in else 0)  # a packet of its own
    writer.write(head[first:] + data)
    await writer.drain()
    said = b""
    if promised is None:
        said = await asyncio.wait_for(reader.read(), 10)
    else:
        async with asyncio.timeout(10):
            while not folders(sender.house):  # noqa: ASYNC110  # the disk has no event to offer
                await asyncio.sleep(0.01)
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.1)  # the server notices
    return said.decode()
