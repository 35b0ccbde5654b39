"""`python -m bot prior …` as an operator types it, from the first byte to the model that uses it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bot import prior
from bot.adapters.sqlite.artist_names import read_artist_names
from bot.adapters.sqlite.database import DATABASE_NAME
from bot.cli import EXIT_FAILED, EXIT_SETTINGS, EXIT_USAGE, main
from bot.domain.prior import downloads, installed
from bot.domain.recommending import ModelInfo
from bot.errors import BadFileError, DownloadError, SettingsError
from bot.settings import Settings
from bot.ui.account import about_panel
from bot.ui.texts import number
from bot.worker.refit import refit
from recsys import snapshot
from recsys.background_file import read_background
from recsys.names import name_key
from tests.fake_dumps import FakeDumps, Trouble

if TYPE_CHECKING:
    from pathlib import Path


def settings_of(data_dir: Path, **changes: Any) -> Settings:
    return Settings(_env_file=None, data_dir=data_dir, contact="me@example.org", **changes)


def always(_question: str) -> bool:
    return True


def never(_question: str) -> bool:
    return False


@pytest.fixture
def names(data_dir: Path) -> list[str]:
    """Artists that the atlas knows."""
    found, _ = read_artist_names(data_dir / DATABASE_NAME)
    return list(found[:60])


@pytest.fixture
def table(tmp_path: Path, names: list[str]) -> Path:
    """Sixty listeners elsewhere, who also play what nobody here has heard of."""
    rng = np.random.default_rng(1)
    rows = ["listener,artist,plays"]
    for user in range(60):
        half = (user % 2) * 30
        rows += [
            f'u{user},"{names[half + k].upper()}",{rng.integers(1, 30)}'
            for k in rng.choice(30, 12, replace=False).tolist()
        ]
        rows += [f"u{user},Unheard Of {k},3" for k in rng.choice(20, 3, replace=False).tolist()]
    path = tmp_path / "elsewhere.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def here(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AUXCORD_DISCORD_TOKEN", "AUXCORD_CONTACT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AUXCORD_DATA_DIR", str(data_dir))
    monkeypatch.chdir(data_dir.parent)
    return data_dir


def test_a_table_is_learned_installed_used_and_spoken_of(
    here: Path, table: Path, names: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main(["prior", "status"]) == 0
    assert "no background prior is installed" in capsys.readouterr().out
    assert main(["prior", "build", str(table)]) == EXIT_SETTINGS
    assert "--licence" in capsys.readouterr().err
    facts = ["--source", "a made-up set", "--licence", "CC0 1.0"]
    assert main(["prior", "build", str(table), *facts]) == 0
    said = capsys.readouterr().out
    assert "60 listeners taught" in said
    assert f"it knows {len({name_key(n) for n in names})} of our" in said
    assert "a made-up set, CC0 1.0" in said
    assert [path.name for path in installed(here).parent.iterdir()] == [installed(here).name]
    assert main(["doctor", "--offline"]) == EXIT_FAILED  # no token
    assert "ok   background prior: a made-up set" in capsys.readouterr().out
    result = refit(here, serving=None, force_publish=True)
    used = result["info"]["details"]["background"]
    assert used["licence"] == "CC0 1.0"
    assert used["artists_here"] == len({name_key(n) for n in names})
    assert used["share"] == 1
    assert "background" in result["info"]["details"]["parts"]
    model = snapshot.load(here / "models" / result["info"]["version"])
    assert model.info["background"] == used


def test_a_broken_prior_stops_no_refit_and_the_doctor_says_so(
    here: Path, capsys: pytest.CaptureFixture[str]
):
    installed(here).parent.mkdir()
    installed(here).write_bytes(b"nonsense")
    result = refit(here, serving=None, force_publish=True)
    details = result["info"]["details"]
    assert "background" not in details
    assert "no background prior" in details["background_trouble"]
    assert main(["doctor", "--offline"]) == EXIT_FAILED
    assert "FIX  background.prior is no background prior" in capsys.readouterr().out
    assert main(["prior", "status"]) == EXIT_FAILED


def test_about_says_whether_a_prior_is_in_use():
    def told(details: dict[str, object]) -> str:
        info = ModelInfo("v", datetime(2026, 1, 1, tzinfo=UTC), 5, 9, 3, 2, details)
        panel = about_panel(info, version="1", training=False)
        return json.dumps(panel.to_components(), ensure_ascii=False)

    used = {"source": "Some @everyone set", "licence": "CC0", "listeners": 20_000}
    used |= {"artists_here": 512, "share": 0.98}
    with_it = told({"background": used})
    assert f"{number(20_000)} listeners elsewhere" in with_it
    assert f"{number(98)} %" in with_it
    assert "@everyone" not in with_it
    assert "No background prior is in use" in told({})


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["build", "none.csv"], EXIT_USAGE, "there is no such file"),
        (["build"], EXIT_SETTINGS, "There is nothing to learn from"),
        (["fetch"], EXIT_SETTINGS, "AUXCORD_CONTACT"),
        (["fetch", "--days", "0"], EXIT_USAGE, "at least 1"),
    ],
)
def test_mistakes_are_named(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
):
    assert main(["prior", *arguments]) == code
    assert said in capsys.readouterr().err


def test_a_file_that_teaches_nothing_is_named(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "few.csv"
    path.write_text("who,what\na,Can\n", encoding="utf-8")
    facts = ["--source", "x", "--licence", "y"]
    assert main(["prior", "build", str(path), *facts]) == EXIT_FAILED
    assert "No prior was made" in capsys.readouterr().err
    assert not installed(here).exists()
    assert list(installed(here).parent.iterdir()) == []


def packed(tmp_path: Path, names: list[str], day: int) -> bytes:
    """A day of ListenBrainz as it is published."""
    program = shutil.which("zstd")
    if program is None:
        pytest.skip("zstd is not installed")
    rng = np.random.default_rng(day)
    lines = [
        json.dumps({"user_id": user, "track_metadata": {"artist_name": names[k]}})
        for user in range(40)
        for k in rng.choice(60, 6, replace=False).tolist()
    ]
    listens = tmp_path / f"{day}.listens"
    listens.write_text("\n".join(lines), encoding="utf-8")
    archive = tmp_path / f"{day}.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(listens, f"dump/listens/2026/{day}.listens")
    subprocess.run([program, "-q", str(archive)], check=True)
    return archive.with_name(f"{day}.tar.zst").read_bytes()


async def test_days_of_listenbrainz_are_fetched_once_and_learned_from(
    data_dir: Path, tmp_path: Path, names: list[str], capsys: pytest.CaptureFixture[str]
):
    settings = settings_of(data_dir)
    async with FakeDumps() as server:
        days = [server.add_day(2600 + k, f"2026072{k}", packed(tmp_path, names, k)) for k in (1, 2)]
        wanted = prior.Fetch(days=2, dumps=server.base)
        assert await prior.fetch(settings, wanted, ask=never) == 1
        assert "CC0 1.0: 2 of 2 days to fetch" in capsys.readouterr().out
        assert not downloads(data_dir).exists()
        assert await prior.fetch(settings, wanted, ask=always) == 0
        assert {p.name for p in downloads(data_dir).iterdir()} == set(days)
        bodies = [one for one in server.asked if one.path.endswith("zst") and one.method == "GET"]
        assert await prior.fetch(settings, wanted, ask=never) == 0  # nothing is missing
        again = [one for one in server.asked if one.path.endswith("zst") and one.method == "GET"]
        assert len(again) == len(bodies) == 2
        assert all("me@example.org" in one.agent for one in server.asked)
    assert await prior.build(settings, prior.Build()) == 0
    found = read_background(installed(data_dir)).about
    assert (found.source, found.licence, found.n_listeners) == (
        "ListenBrainz listens",
        "CC0 1.0",
        40,
    )


async def test_a_day_that_is_not_what_its_hash_says_is_not_kept(data_dir: Path):
    async with FakeDumps() as server:
        name = server.add_day(2601, "20260721", b"x" * 5_000)
        (path,) = [p for p in server.files if p.endswith(name)]
        server.files[path] = b"y" * 5_000
        with pytest.raises(DownloadError, match="hash"):
            await prior.fetch(settings_of(data_dir), prior.Fetch(dumps=server.base), ask=always)
    assert list(downloads(data_dir).iterdir()) == []


async def test_a_finished_prior_is_fetched_checked_shown_and_installed(
    data_dir: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    settings = settings_of(data_dir)
    facts = prior.Build((table,), "a made-up set", "CC BY 4.0")
    assert await prior.build(settings, facts) == 0
    content = await asyncio.to_thread(installed(data_dir).read_bytes)
    installed(data_dir).unlink()
    capsys.readouterr()
    async with FakeDumps() as server:
        server.files["one.prior"] = content
        server.files["page.prior"] = b"<html>"
        url, digest = f"{server.base}/one.prior", hashlib.sha256(content).hexdigest()
        server.troubles = [Trouble.CUT]
        agreed = iter([True, False])
        refused = prior.Fetch(url, digest)
        assert await prior.fetch(settings, refused, ask=lambda _: next(agreed)) == 1
        said = capsys.readouterr().out
        assert "a made-up set; licence: CC BY 4.0" in said
        assert not installed(data_dir).exists()
        assert await prior.fetch(settings, prior.Fetch(url, digest), ask=always) == 0
        assert installed(data_dir).read_bytes() == content
        with pytest.raises(DownloadError, match="not installed"):
            await prior.fetch(settings, prior.Fetch(f"{server.base}/page.prior"), ask=always)
        assert installed(data_dir).read_bytes() == content
        server.files["big.prior"] = content + bytes(2**21)
        big = prior.Fetch(f"{server.base}/big.prior", most_mib=1)
        with pytest.raises(DownloadError, match="larger than 1 MiB"):
            await prior.fetch(settings, big, ask=always)


async def test_nothing_is_fetched_without_a_contact_or_a_yes(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    bare = Settings(_env_file=None, data_dir=data_dir)
    with pytest.raises(SettingsError, match="AUXCORD_CONTACT"):
        await prior.fetch(bare, prior.Fetch(), ask=always)
    monkeypatch.setattr("sys.stdin", io.StringIO("y"))
    assert prior.asking(yes=True)("Really?")
    assert not prior.asking(yes=False)("Really?")
    assert "add --yes" in capsys.readouterr().out


async def test_a_child_that_refuses_says_why(data_dir: Path, tmp_path: Path):
    path = tmp_path / "bad.csv"
    path.write_text("who,what,n\na,Can,many\n", encoding="utf-8")
    with pytest.raises(BadFileError):
        await prior.build(settings_of(data_dir), prior.Build((path,), "x", "y"))
