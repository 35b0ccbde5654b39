"""`python -m bot.worker parse FOLDER`, `… refit DATA_DIR` and `… prior REQUEST`."""

import argparse
import gc
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bot.errors import BadFileError
from bot.worker.channel import EXIT_BAD_FILE, Channel
from bot.worker.limits import (
    MIB,
    end_with_parent,
    limit_cpu,
    limit_memory,
    peak_memory_bytes,
    step_back,
)

PARSE_MEMORY = 512 * MIB
PARSE_CPU_S = 60
PRIOR_MEMORY = 4096 * MIB
"""Of address space; `--listeners` and `--artists` say how much is held."""
GARBAGE_EVERY = 100_000
"""Rows hold no cycles: looking for some every 700 objects took a quarter of the time."""


def main(argv: Sequence[str]) -> int:
    """Run one job and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot.worker", description=__doc__)
    jobs = parser.add_subparsers(dest="job", required=True)
    parse = jobs.add_parser("parse")
    parse.add_argument("folder", type=Path)
    parse.add_argument("--several-listeners", action="store_true")
    refit = jobs.add_parser("refit")
    refit.add_argument("data_dir", type=Path)
    refit.add_argument("--serving", type=Path)
    refit.add_argument("--force-publish", action="store_true")
    prior = jobs.add_parser("prior")
    prior.add_argument("request", type=Path)
    args = parser.parse_args(argv)
    channel = Channel()
    step_back()
    end_with_parent()
    return {"parse": _parse, "refit": _refit, "prior": _prior}[args.job](args, channel)


def _parse(args: argparse.Namespace, channel: Channel) -> int:
    from bot.worker.parse import ParseJob  # each job loads what it alone needs

    gc.set_threshold(GARBAGE_EVERY)
    limit_memory(PARSE_MEMORY)
    limit_cpu(PARSE_CPU_S)
    job = ParseJob(
        args.folder,
        now_ms=time.time_ns() // 1_000_000,
        several_listeners=args.several_listeners,
        report=channel.progress,
    )
    try:
        parsed = job.run()
    except BadFileError as error:
        channel.bad_file(error.key, error.params)
        return EXIT_BAD_FILE
    channel.result(rows=parsed.rows, notes=parsed.notes, peak_memory_bytes=peak_memory_bytes())
    return 0


def _refit(args: argparse.Namespace, channel: Channel) -> int:
    from bot.worker.refit import refit  # scikit-learn and pandas stay out of the other jobs

    result = refit(args.data_dir, serving=args.serving, force_publish=args.force_publish)
    channel.result(**result, peak_memory_bytes=peak_memory_bytes())
    return 0


def _prior(args: argparse.Namespace, channel: Channel) -> int:
    from bot.worker.prior import learn
    from recsys.errors import DataError

    gc.set_threshold(GARBAGE_EVERY)
    limit_memory(PRIOR_MEMORY)
    try:
        result = learn(args.request, channel.progress)
    except DataError as error:
        channel.bad_file("prior.unreadable", {"reason": str(error)})
        return EXIT_BAD_FILE
    channel.result(**result, peak_memory_bytes=peak_memory_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
