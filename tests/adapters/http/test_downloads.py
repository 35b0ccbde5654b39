"""Large files over a local server: whole, resumed, bounded, or not at all."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from bot.adapters.http.downloads import Downloads
from bot.adapters.http.listening_dumps import newest_dumps
from bot.adapters.http.polite import new_session, user_agent
from bot.errors import DownloadError
from tests.fake_dumps import FakeDumps, Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CONTENT = bytes(range(256)) * 20_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
MIB = 2**20


@pytest.fixture
async def server() -> AsyncIterator[FakeDumps]:
    async with FakeDumps() as one:
        one.files["a.bin"] = CONTENT
        yield one


@pytest.fixture
async def downloads() -> AsyncIterator[Downloads]:
    async with new_session(user_agent("1", "me@example.org")) as session:
        yield Downloads(session)


async def test_a_file_comes_whole_and_says_who_asked(
    server: FakeDumps, downloads: Downloads, tmp_path: Path
):
    seen: list[tuple[int, int | None]] = []
    url = f"{server.base}/a.bin"
    assert await downloads.size(url) == len(CONTENT)
    await downloads.fetch(
        url,
        tmp_path / "a",
        most_bytes=10 * MIB,
        sha256=DIGEST.upper(),
        on_progress=lambda here, whole: seen.append((here, whole)),
    )
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert {one.agent for one in server.asked} == {"Auxcord/1 ( me@example.org )"}
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


async def test_a_connection_that_breaks_is_taken_up_where_it_broke(
    server: FakeDumps, downloads: Downloads, tmp_path: Path
):
    server.troubles = [Trouble.CUT, Trouble.CUT]
    await downloads.fetch(
        f"{server.base}/a.bin", tmp_path / "a", most_bytes=10 * MIB, sha256=DIGEST
    )
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert [one.status for one in server.asked] == [200, 206, 206]
    assert server.asked[1].range != server.asked[2].range


async def test_a_command_that_was_stopped_goes_on_in_the_next_call(
    server: FakeDumps, downloads: Downloads, tmp_path: Path
):
    server.troubles = [Trouble.CUT, Trouble.CUT_AT_ONCE, Trouble.CUT_AT_ONCE]
    url = f"{server.base}/a.bin"
    with pytest.raises(DownloadError, match="the same command goes on there"):
        await downloads.fetch(url, tmp_path / "a", most_bytes=10 * MIB, sha256=DIGEST)
    assert not (tmp_path / "a").exists()
    here = (tmp_path / "a.part").stat().st_size
    assert here > 0
    async with new_session(user_agent("1", "me@example.org")) as another:
        await Downloads(another).fetch(url, tmp_path / "a", most_bytes=10 * MIB, sha256=DIGEST)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert server.asked[-1].range == f"bytes={here}-"


async def test_a_file_that_changed_meanwhile_is_begun_anew(
    server: FakeDumps, downloads: Downloads, tmp_path: Path
):
    server.troubles = [Trouble.CUT, Trouble.CUT_AT_ONCE, Trouble.CUT_AT_ONCE]
    url = f"{server.base}/a.bin"
    with pytest.raises(DownloadError):
        await downloads.fetch(url, tmp_path / "a", most_bytes=10 * MIB)
    server.files["a.bin"] = CONTENT[::-1]
    await downloads.fetch(url, tmp_path / "a", most_bytes=10 * MIB)
    assert (tmp_path / "a").read_bytes() == CONTENT[::-1]
    assert server.asked[-1].status == 200


@pytest.mark.parametrize("with_etags", [True, False])
async def test_a_server_without_ranges_or_versions_gives_all_again(
    server: FakeDumps, downloads: Downloads, tmp_path: Path, with_etags: bool
):
    server.with_etags = with_etags
    server.troubles = [Trouble.CUT, Trouble.NO_RANGES]
    await downloads.fetch(
        f"{server.base}/a.bin", tmp_path / "a", most_bytes=10 * MIB, sha256=DIGEST
    )
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert [one.status for one in server.asked] == [200, 200]


async def test_what_was_whole_already_is_only_checked(
    server: FakeDumps, downloads: Downloads, tmp_path: Path
):
    url = f"{server.base}/a.bin"
    server.troubles = [Trouble.CUT, Trouble.CUT_AT_ONCE, Trouble.CUT_AT_ONCE]
    with pytest.raises(DownloadError):
        await downloads.fetch(url, tmp_path / "a", most_bytes=10 * MIB)
    (tmp_path / "a.part").write_bytes(CONTENT)  # the command was stopped after the last byte
    await downloads.fetch(url, tmp_path / "a", most_bytes=10 * MIB, sha256=DIGEST)
    assert server.asked[-1].status == 416
    assert (tmp_path / "a").read_bytes() == CONTENT


async def test_a_wrong_hash_leaves_nothing_behind(
    server: FakeDumps, downloads: Downloads, tmp_path: Path
):
    with pytest.raises(DownloadError, match="not what its hash says"):
        await downloads.fetch(
            f"{server.base}/a.bin", tmp_path / "a", most_bytes=10 * MIB, sha256="0" * 64
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("trouble", [None, Trouble.UNKNOWN_SIZE])
async def test_a_file_that_is_too_large_is_refused_told_or_not(
    server: FakeDumps, downloads: Downloads, tmp_path: Path, trouble: Trouble | None
):
    server.troubles = [trouble] if trouble else []
    with pytest.raises(DownloadError, match="larger than 1 MiB"):
        await downloads.fetch(f"{server.base}/a.bin", tmp_path / "a", most_bytes=MIB)
    assert not (tmp_path / "a").exists()


async def test_another_part_than_was_asked_for_is_refused(
    server: FakeDumps, downloads: Downloads, tmp_path: Path
):
    server.troubles = [Trouble.CUT, Trouble.OTHER_PART]
    with pytest.raises(DownloadError, match="another part"):
        await downloads.fetch(f"{server.base}/a.bin", tmp_path / "a", most_bytes=10 * MIB)


async def test_what_is_not_there_or_not_safe_is_refused(
    server: FakeDumps, downloads: Downloads, tmp_path: Path
):
    for url, said in (
        (f"{server.base}/none.bin", "answers 404"),
        ("http://example.org/a.bin", "no https address"),
        ("ftp://example.org/a.bin", "no https address"),
        ("http://127.0.0.1:9/a.bin", "reached|broke off"),
    ):
        with pytest.raises(DownloadError, match=said):
            await downloads.fetch(url, tmp_path / "a", most_bytes=MIB)
        with pytest.raises(DownloadError):
            await downloads.size(url)


async def test_the_newest_days_are_found_with_their_hashes(server: FakeDumps, downloads: Downloads):
    names = [server.add_day(n, f"2026072{n - 2600}", bytes([n - 2600])) for n in (2603, 2601, 2602)]
    found = await newest_dumps(downloads, server.base, 2)
    assert [dump.name for dump in found] == [names[0], names[2]]
    assert found[0].sha256 == hashlib.sha256(b"\x03").hexdigest()
    server.files = {k: v for k, v in server.files.items() if not k.endswith("sha256")}
    with pytest.raises(DownloadError):
        await newest_dumps(downloads, server.base, 2)
