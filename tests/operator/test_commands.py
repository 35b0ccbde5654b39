"""`python -m bot …` as an operator types it: words, exit codes, and nothing lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import EXIT_FAILED, EXIT_SETTINGS, EXIT_USAGE, main

ROOT = Path(__file__).resolve().parents[2]
ADA = 4_000_000_000_000_001
HISTORY = "artist,track,played_at\nNeu!,Hallogallo,2026-05-01T10:00:00Z\nCan,Vitamin C,2026-05-02T10:00:00Z\n"


@pytest.fixture
def here(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a bot that ran once; no other setting."""
    for name in ("AUXCORD_DISCORD_TOKEN", "AUXCORD_CONTACT", "AUXCORD_SPOTIFY_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AUXCORD_DATA_DIR", str(data_dir))
    monkeypatch.chdir(data_dir.parent)
    return data_dir


def agreed(data_dir: Path) -> None:
    """Ada agreed; what else `/start` does is not the matter here."""
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from bot.app import open_app\n"
        "from bot.domain.ids import MemberId\n"
        "from tests.conftest import settings_for\n"
        "async def go():\n"
        "    async with open_app(settings_for(Path(sys.argv[1]))) as app:\n"
        "        await app.services.consent.agree(MemberId(int(sys.argv[2])))\n"
        "asyncio.run(go())\n"
    )
    subprocess.run([sys.executable, "-c", code, str(data_dir), str(ADA)], check=True, cwd=ROOT)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    file = tmp_path / "mine.csv"
    file.write_text(HISTORY, encoding="utf-8")
    return file


def test_without_a_token_it_says_what_to_do(here: Path, capsys: pytest.CaptureFixture[str]):
    assert main([]) == EXIT_SETTINGS
    said = capsys.readouterr().err
    assert "AUXCORD_DISCORD_TOKEN is missing" in said
    assert "make demo" in said


def test_every_mistake_in_the_settings_is_a_sentence_of_its_own(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("AUXCORD_BACKUP_HOURS", "soon")
    monkeypatch.setenv("AUXCORD_SHOWN_DAYS", "-1")
    assert main(["run"]) == EXIT_SETTINGS
    said = capsys.readouterr().err
    assert "AUXCORD_BACKUP_HOURS" in said
    assert "AUXCORD_SHOWN_DAYS" in said


def test_a_list_in_the_settings_is_named_as_the_operator_wrote_it(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("AUXCORD_SOURCES", "deezer,listenbrains")
    assert main(["run"]) == EXIT_SETTINGS
    assert "AUXCORD_SOURCES: " in capsys.readouterr().err


def test_a_data_folder_that_cannot_be_made_is_a_sentence(
    here: Path, history: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("AUXCORD_DATA_DIR", str(history / "data"))
    monkeypatch.setenv("AUXCORD_DISCORD_TOKEN", "none")
    assert main(["run"]) == EXIT_SETTINGS
    assert "AUXCORD_DATA_DIR: cannot make the folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import", "mine.csv", "--member", "Ada"], "a Discord user id is a number"),
        (["demo", "--port", "99999"], "a port is a number from 1 to 65535"),
    ],
)
def test_what_is_no_number_is_refused_in_words(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == EXIT_USAGE
    assert said in capsys.readouterr().err


def test_importing_twice_adds_nothing(
    here: Path, history: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["import", str(history), "--member", str(ADA)]) == EXIT_FAILED
    assert "has not agreed" in capsys.readouterr().out
    agreed(here)
    assert main(["import", str(history), "--member", str(ADA)]) == 0
    assert "2 plays read, 2 new." in capsys.readouterr().out
    assert main(["import", str(history), "--member", str(ADA)]) == 0
    assert "2 plays read, 0 new." in capsys.readouterr().out


def test_files_that_are_missing_or_unreadable_are_named(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["import", str(tmp_path / "none.zip"), "--member", str(ADA)]) == EXIT_USAGE
    assert "none.zip: there is no such file" in capsys.readouterr().err
    assert main(["restore", str(tmp_path / "none.sqlite3")]) == EXIT_USAGE
    assert "none.sqlite3: there is no such file" in capsys.readouterr().err
    agreed(here)
    page = tmp_path / "page.json"
    page.write_text("<html>", encoding="utf-8")
    assert main(["import", str(page), "--member", str(ADA)]) == EXIT_FAILED
    said = capsys.readouterr().err
    assert "I don't recognise page.json." in said
    assert "`" not in said


def test_backup_change_restore(here: Path, history: Path, capsys: pytest.CaptureFixture[str]):
    agreed(here)
    assert main(["backup"]) == 0
    (copy,) = (here / "backups").iterdir()
    assert str(copy) in capsys.readouterr().out
    main(["import", str(history), "--member", str(ADA)])
    assert main(["restore", str(copy)]) == 0
    assert "Restored" in capsys.readouterr().out
    mine = here.parent / "ada.json"
    assert main(["export", "--member", str(ADA), str(mine)]) == 0
    found = json.loads(mine.read_text(encoding="utf-8"))
    assert found["listens"] == []
    assert mine.stat().st_mode & 0o077 == 0


def test_what_is_no_backup_is_refused_and_changes_nothing(
    here: Path, history: Path, capsys: pytest.CaptureFixture[str]
):
    before = (here / "auxcord.sqlite3").read_bytes()
    assert main(["restore", str(history)]) == EXIT_FAILED
    assert "mine.csv" in capsys.readouterr().err
    assert (here / "auxcord.sqlite3").read_bytes() == before


def test_a_backup_and_an_export_need_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("AUXCORD_DATA_DIR", str(tmp_path / "empty"))
    assert main(["backup"]) == EXIT_SETTINGS
    assert "there is no database" in capsys.readouterr().err
    assert main(["export", "--member", str(ADA), str(tmp_path / "ada.json")]) == EXIT_SETTINGS
    assert "there is no database" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_names_what_to_mend_and_is_content_then(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert main(["doctor", "--offline"]) == EXIT_FAILED
    sick = capsys.readouterr().out
    assert [line for line in sick.splitlines() if line.startswith("FIX")] == [
        line for line in sick.splitlines() if "AUXCORD_DISCORD_TOKEN is missing" in line
    ]
    monkeypatch.setenv("AUXCORD_DISCORD_TOKEN", "a.canary.token")
    assert main(["doctor", "--offline"]) == 0
    well = capsys.readouterr().out
    assert "FIX" not in well
    assert "canary" not in well
    assert "intact" in well


def test_the_doctor_finds_a_damaged_database(here: Path, capsys: pytest.CaptureFixture[str]):
    file = here / "auxcord.sqlite3"
    data = bytearray(file.read_bytes())
    data[4096 * 3 : 4096 * 40] = b"\xa5" * (4096 * 37)
    file.write_bytes(data)
    assert main(["doctor", "--offline"]) == EXIT_FAILED
    said = capsys.readouterr().out
    assert "is damaged" in said
    assert "python -m bot restore" in said


def test_a_bot_that_does_not_run_is_not_healthy(here: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["health"]) != 0
    said = capsys.readouterr()
    assert said.out + said.err


def test_a_second_instance_is_refused_in_words(
    here: Path, history: Path, capsys: pytest.CaptureFixture[str]
):
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from bot.adapters.sqlite.database import Database\n"
        "async def go():\n"
        "    async with Database.open(Path(sys.argv[1])):\n"
        "        print('open', flush=True)\n"
        "        sys.stdin.read()\n"
        "asyncio.run(go())\n"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(here)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert first.stdout is not None
    try:
        assert first.stdout.readline() == b"open\n"
        assert main(["import", str(history), "--member", str(ADA)]) == EXIT_FAILED
        assert "Stop the other instance first." in capsys.readouterr().err
    finally:
        first.communicate()
