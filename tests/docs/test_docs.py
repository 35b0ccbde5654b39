"""The docs are complete and true where a test can tell."""

import re
from pathlib import Path

import pytest

import bot
from bot.settings import Settings
from recsys.cli.main import _parser

ROOT = Path(bot.__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
SETTINGS = {f"AUXCORD_{name.upper()}" for name in Settings.model_fields}


def example_lines() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_env_example_lists_every_setting_and_no_other():
    assert set(example_lines()) == SETTINGS


def test_env_example_shows_the_defaults():
    shown = {name: value for name, value in example_lines().items() if value}
    made = Settings(
        _env_file=None, **{n.removeprefix("AUXCORD_").lower(): v for n, v in shown.items()}
    )
    assert made == Settings(_env_file=None)


def test_env_example_is_accepted_as_it_is(monkeypatch):
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    assert Settings(_env_file=ROOT / ".env.example") == Settings(_env_file=None)


def test_the_readme_has_a_row_for_every_setting_and_no_other():
    rows = set(re.findall(r"^\| `(AUXCORD_[A-Z_]+)`", README, re.MULTILINE))
    assert rows == SETTINGS


def test_the_readme_has_a_row_for_every_command_and_no_other():
    found = set()
    for path in (ROOT / "bot" / "cogs").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        for block in re.findall(r"@app_commands\.command\((.*?)async def (\w+)", source, re.DOTALL):
            name = re.search(r'name="([\w-]+)"', block[0].split("@")[0])
            found.add(name[1] if name else block[1])
    rows = set(re.findall(r"^\| `/([\w-]+)`", README, re.MULTILINE))
    assert rows == found


def test_the_atlas_is_as_large_as_the_readme_says():
    def count(kind: str) -> int:
        files = (ROOT / "bot" / "atlas" / "data").glob(f"{kind}-*.csv")
        return sum(len(f.read_text(encoding="utf-8").splitlines()) - 1 for f in files)

    assert f"{count('artists'):,} artists" in README
    assert f"{count('tracks'):,} tracks" in README


@pytest.mark.parametrize(
    "page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
)
def test_links_inside_the_repository_resolve(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", text):
        assert (ROOT / target).exists(), f"{page} links to {target}"


def test_what_architecture_names_exists():
    for path in re.findall(r"`((?:bot|recsys|tests)/[\w/.-]+)`", ARCHITECTURE):
        assert (ROOT / path).exists(), path


def test_every_folder_of_the_bot_is_in_architecture():
    folders = [p.name for p in (ROOT / "bot").iterdir() if p.is_dir() and p.name != "__pycache__"]
    for name in folders:
        assert f"{name}/" in ARCHITECTURE, name


def test_the_locks_name_no_address():
    for name in ("requirements.lock", "requirements-run.lock"):
        lock = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in lock
        assert not re.search(r"^-", lock, re.MULTILINE)
        assert lock.count("==") <= lock.count("--hash=sha256:")


def test_make_targets_in_the_docs_exist():
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for page in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        named = re.findall(r"`make ([a-z]+)", (ROOT / page).read_text(encoding="utf-8"))
        assert set(named) <= targets


def test_the_readme_has_a_row_for_every_command_of_the_recommender_and_no_other():
    usage = _parser()[0].format_help()
    commands = set(re.findall(r"^    ([a-z]+) ", usage, re.MULTILINE))
    section = README.split("## The recommender on its own")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z]+)[ `]", section, re.MULTILINE)) == commands


def test_every_fault_is_played_where_its_row_says():
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (F\d+) \|.*\| ([^|]+) \|$", page, re.MULTILINE)
    assert [row for row, _ in rows] == [f"F{n}" for n in range(6, 19)]
    for row, files in rows:
        for path in re.findall(r"`([^`]+)`", files):
            source = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf'^    """(?:F\d+, )*{row}\b', source, re.MULTILINE), (row, path)
