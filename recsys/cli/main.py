"""The commands of `python -m recsys`."""

import argparse
import sys
from collections.abc import Sequence

from recsys.blas import one_thread
from recsys.cli import bench, evaluate, explain, fit, inspect, prepare, pretrain, report, tune
from recsys.errors import RecsysError

EXIT_BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        with one_thread():
            return int(options.run(options))
    except RecsysError as error:
        print(error, file=sys.stderr)
    except OSError as error:  # a full disk, a folder that nobody may write to
        place = f"{error.filename}: " if error.filename else ""
        print(f"{place}{error.strerror or error}", file=sys.stderr)
    return EXIT_BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recsys", description="Music recommendations: measure, fit, look inside."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (prepare, pretrain, tune, fit, inspect, explain, evaluate, report, bench):
        command.add_to(commands)
    return parser
