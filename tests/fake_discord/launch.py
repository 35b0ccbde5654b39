"""Run the bot as a process of its own against a fake Discord.

    python tests/fake_discord/launch.py --fake-discord-port 12345 run

The port may also come from the environment as FAKE_DISCORD_PORT; all other arguments are the bot's.
Works from any folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OPTION = "--fake-discord-port"
VARIABLE = "FAKE_DISCORD_PORT"


def split_arguments(arguments: list[str]) -> tuple[int, list[str]]:
    """Take the port out of the arguments."""
    rest = list(arguments)
    if OPTION in rest:
        at = rest.index(OPTION)
        port = rest[at + 1]
        del rest[at : at + 2]
    else:
        port = os.environ[VARIABLE]
    return int(port), rest


def main() -> Any:
    here = str(Path(__file__).resolve().parent)
    # Run by its path, this folder would come first and shadow modules of the same names.
    sys.path[:] = [str(ROOT), *(each for each in sys.path if each not in (here, str(ROOT)))]
    port, arguments = split_arguments(sys.argv[1:])

    from tests.fake_discord.pointing import point_client_at

    with point_client_at(port):
        from bot.__main__ import main as bot_main

        sys.argv = ["auxcord", *arguments]
        return bot_main()


if __name__ == "__main__":
    sys.exit(main())
