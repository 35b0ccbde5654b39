"""Raw uploads on disk."""

import json
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.uploads import UploadFolder


@pytest.fixture
async def uploads(tmp_path: Path) -> AsyncIterator[UploadFolder]:
    async with UploadFolder(tmp_path / "uploads") as folder:
        yield folder


async def test_files_are_named_by_us(uploads: UploadFolder) -> None:
    folder = await uploads.store([("../../etc/passwd", b"one"), ("a\x00b.json", b"two")])
    path = uploads.path(folder)
    assert sorted(p.relative_to(path).as_posix() for p in path.rglob("*")) == [
        "names.json",
        "raw",
        "raw/0000",
        "raw/0001",
    ]
    assert (path / "raw" / "0001").read_bytes() == b"two"
    names = json.loads((path / "names.json").read_text())
    assert names == {"0000": "../../etc/passwd", "0001": "a\x00b.json"}


@pytest.mark.skipif(os.name != "posix", reason="file modes")
async def test_nobody_else_may_read(uploads: UploadFolder) -> None:
    path = uploads.path(await uploads.store([("a", b"x")]))
    for folder in (path.parent, path, path / "raw"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in (path / "names.json", path / "raw" / "0000"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_discarding_twice_is_fine(uploads: UploadFolder) -> None:
    folder = await uploads.store([("a", b"x")])
    await uploads.discard(folder)
    await uploads.discard(folder)
    assert not uploads.path(folder).exists()


@pytest.mark.parametrize("name", ["..", "", "a/b", "../" + "0" * 29, "0" * 31, "G" * 32])
async def test_only_names_we_gave_lead_anywhere(uploads: UploadFolder, name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        uploads.path(name)
    with pytest.raises(ValueError, match="not the name"):
        await uploads.discard(name)


async def test_sweeping_removes_what_nobody_waits_for(uploads: UploadFolder) -> None:
    assert await uploads.sweep([]) == 0
    wanted = await uploads.store([("a", b"x")])
    await uploads.store([("b", b"y")])
    home = uploads.path(wanted).parent
    (home / ".new-interrupted").mkdir()
    (home / "readme").mkdir()
    assert await uploads.sweep([wanted]) == 2
    assert {path.name for path in home.iterdir()} == {wanted, "readme"}


async def test_a_failed_write_leaves_nothing(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await uploads.store([("a", b"x")])
    home = uploads.path(first).parent

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        await uploads.store([("b", b"y")])
    assert [path.name for path in home.iterdir()] == [first]
