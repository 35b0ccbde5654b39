from __future__ import annotations

import subprocess
import sys
import types

import pytest
from discord.http import Route

from tests.fake_discord import FakeDiscord, launch


def test_the_port_comes_from_the_arguments_or_the_environment(monkeypatch):
    assert launch.split_arguments(["run", "--fake-discord-port", "80", "-v"]) == (80, ["run", "-v"])
    monkeypatch.setenv("FAKE_DISCORD_PORT", "81")
    assert launch.split_arguments(["run"]) == (81, ["run"])


async def test_the_launcher_runs_the_bot_against_the_fake(monkeypatch):
    seen = []
    stub = types.ModuleType("bot.__main__")
    stub.main = lambda: seen.append((Route.BASE, sys.argv)) or 7
    monkeypatch.setitem(sys.modules, "bot", types.ModuleType("bot"))
    monkeypatch.setitem(sys.modules, "bot.__main__", stub)
    before = Route.BASE
    async with FakeDiscord(point_client=False) as discord:
        assert before == Route.BASE
        monkeypatch.setattr(sys, "argv", discord.launch_command("run", "--verbose")[1:])
        monkeypatch.setattr(sys, "path", list(sys.path))
        assert launch.main() == 7
    assert seen == [(f"http://127.0.0.1:{discord.port}/api/v10", ["auxcord", "run", "--verbose"])]
    assert before == Route.BASE


@pytest.mark.parametrize("how", [[str(launch.__file__)], ["-m", "tests.fake_discord.launch"]])
def test_the_launcher_starts_by_path_and_as_a_module(how):
    """Without a port it stops at once."""
    result = subprocess.run(
        [sys.executable, *how], cwd=launch.ROOT, env={}, capture_output=True, text=True, check=False
    )
    assert "KeyError: 'FAKE_DISCORD_PORT'" in result.stderr
