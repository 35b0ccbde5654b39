"""Where no door is open, nothing of it is loaded: the bot stays small."""

import json
import subprocess
import sys
from pathlib import Path

import bot

LOOK = """
import json, sys
import bot.app, bot.client
for cog in bot.client.COGS:
    __import__(cog)
print(json.dumps(sorted(sys.modules)))
"""


def test_the_bot_loads_none_of_the_doors_libraries_by_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(bot.__file__).parent.parent,
    )
    loaded = set(json.loads(done.stdout))
    for name in ("spotipy", "requests", "redis", "cryptography", "jinja2", "circuitbreaker"):
        assert name not in loaded, name
    assert "bot.services.linking" in loaded
