"""Choose, run, print."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from tests.bench import answering, people, resting, voting
from tests.bench.figures import Figure, as_json, as_table

Benchmark = Callable[[Path, Path], Awaitable[list[Figure]]]
BENCHMARKS: Final[dict[str, Benchmark]] = {
    "answers": answering.one_after_another,
    "crowd": answering.crowd_during_refit,
    "votes": voting.votes,
    "memory": resting.memory,
    "lag": resting.lag,
    "start": resting.start,
}
"""Each gets a prepared data folder to copy, and a folder of its own."""


async def run(names: Sequence[str], console: Console) -> dict[str, Sequence[Figure]]:
    """Run benchmarks one after another and show each as it ends."""
    results: dict[str, Sequence[Figure]] = {}
    with tempfile.TemporaryDirectory(prefix="auxcord-bench-") as home:
        prepared = Path(home) / "prepared"
        await people.prepare(prepared)
        for name in names:
            folder = Path(home) / name
            folder.mkdir()
            results[name] = await BENCHMARKS[name](prepared, folder)
            console.print(as_table(name, results[name]))
    return results


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args()
    console = Console(stderr=options.json)
    results = asyncio.run(run(options.only, console))
    if options.json:
        print(as_json(results))
    return int(any(one.met is False for figures in results.values() for one in figures))


if __name__ == "__main__":
    sys.exit(main())
