"""The commands of `python -m recsys`; the one part of the package that prints."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from recsys.blas import one_thread
from recsys.cli.dataset import SideFiles, read_split
from recsys.cli.evaluate import (
    COLUMNS,
    HYBRID,
    SINGLE,
    Result,
    check_names,
    evaluate,
    interval,
    mean_of,
    summary,
    write_rankings,
)
from recsys.errors import DataError, RecsysError

EXIT_BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        with one_thread():
            return int(options.run(options))
    except RecsysError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recsys", description="Music recommendations: measure and compare."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    one = commands.add_parser("evaluate", help="measure models on a split folder")
    one.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="holds train, valid and test .csv[.gz]: user, item, count",
    )
    one.add_argument("--protocol", choices=["holdout"], default="holdout")
    one.add_argument(
        "--models",
        default=",".join((*SINGLE, HYBRID)),
        help="comma-separated; the last one is compared with the others (default: %(default)s)",
    )
    one.add_argument("--seeds", type=int, default=1, metavar="K", help="mean over K random starts")
    one.add_argument("--item-tags", type=Path, metavar="FILE", help="item, tag[, n]")
    one.add_argument(
        "--item-groups",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="item, then groupings: first the artist, then the album, further ones as tags",
    )
    one.add_argument(
        "--item-features", type=Path, metavar="FILE", help="item, numbers; blanks allowed"
    )
    one.add_argument(
        "--rankings",
        type=Path,
        metavar="OUT",
        help="write the last model's lists: user, rank, item, score",
    )
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=_evaluate)
    return parser


def _evaluate(options: argparse.Namespace) -> int:
    names = [name for name in options.models.split(",") if name]
    check_names(names)
    if options.seeds < 1:
        raise DataError("--seeds must be at least 1")
    side = SideFiles(options.item_tags, tuple(options.item_groups), options.item_features)
    split = read_split(options.folder, side)
    console = Console(stderr=True)
    results: list[Result] = []
    for name in names:
        with console.status(name):
            runs = [evaluate(split, name, seed=seed) for seed in range(options.seeds)]
        results.append(mean_of(runs))
    if options.rankings is not None:
        write_rankings(results[-1], split, options.rankings)
    if options.json:
        print(json.dumps(summary(results), indent=1))
    else:
        _show(results)
    return 0


def _show(results: list[Result]) -> None:
    table = Table(title=f"{len(results[-1].ndcg)} listeners")
    table.add_column("model")
    for column in (*COLUMNS, "ndcg 95 %", "fit s"):
        table.add_column(column, justify="right")
    for one in results:
        low, high = interval(one)
        figures = [f"{one.figures[c]:.4f}" for c in COLUMNS]
        table.add_row(one.name, *figures, f"{low:.4f}–{high:.4f}", f"{one.fit_seconds:.1f}")
    Console(width=None if sys.stdout.isatty() else 200).print(table)
