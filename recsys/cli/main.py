"""The commands of `python -m recsys`."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from recsys.blas import one_thread
from recsys.cli import bench, evaluate, explain, fit, inspect, prepare, pretrain, report, tune
from recsys.errors import RecsysError

EXIT_BAD_INPUT = 2
EXIT_NO_READER = 1  # as rich has it, which prints the tables


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser, commands = _parser()
    options, others = parser.parse_known_args(arguments)
    if others:
        _refuse(commands.choices[options.command], others)
    try:
        with one_thread():
            code = int(options.run(options))
            sys.stdout.flush()
            return code
    except BrokenPipeError:  # whoever read has enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_NO_READER
    except RecsysError as error:
        print(error, file=sys.stderr)
    except OSError as error:  # a full disk, a folder that nobody may write to
        place = f"{error.filename}: " if error.filename else ""
        print(f"{place}{error.strerror or error}", file=sys.stderr)
    return EXIT_BAD_INPUT


def _refuse(command: argparse.ArgumentParser, others: Sequence[str]) -> NoReturn:
    """Leave with the usage of the command at hand, and what was meant if that can be guessed."""
    known = set(re.findall(r"--[a-z-]+", command.format_usage()))
    odd = [other for other in others if other.startswith("-")] or others
    near = [match for other in odd for match in get_close_matches(other, known, n=1)]
    hint = f"; did you mean {', '.join(dict.fromkeys(near))}?" if near else ""
    command.error(f"unrecognized arguments: {' '.join(odd)}{hint}")


def _parser() -> tuple[argparse.ArgumentParser, Any]:
    parser = argparse.ArgumentParser(
        prog="python -m recsys", description="Music recommendations: measure, fit, look inside."
    )
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", required=True
    )
    for command in (prepare, pretrain, tune, fit, inspect, explain, evaluate, report, bench):
        command.add_to(commands)
    return parser, commands
