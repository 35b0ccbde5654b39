"""`python -m recsys evaluate`: one protocol on the files of a folder."""

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from recsys.cli import tasks
from recsys.cli.measuring import (
    COLUMNS,
    HYBRID,
    SINGLE,
    Result,
    check_described,
    check_names,
    interval,
    lead,
    mean_of,
    measure,
    names_in,
    summary,
)
from recsys.cli.memory import peak_mib
from recsys.cli.other_protocols import run_feedback, run_plays, run_small
from recsys.cli.out_files import refuse_unwritable
from recsys.cli.preparing import tell
from recsys.cli.printing import count, figure, print_json, print_table
from recsys.cli.progress import working
from recsys.cli.rankings import facts, write_rankings
from recsys.cli.side_options import add_side_options, side_files
from recsys.cli.tuned_settings import tried
from recsys.errors import DataError
from recsys.interactions import SCALES

RANKED = {
    "holdout": tasks.holdout,
    "temporal": tasks.holdout,
    "strong": tasks.strong,
    "cold": tasks.cold,
}

_FILES = """\
files in DIR (.csv or .csv.gz; columns by place, whatever the header calls them):
  holdout         train, test: user, item, count; valid, without which some of train is held out
  temporal        the same, where test is what each listener came to last
  plays           the same; what stands in valid is known as well
  strong          train; heldout: user, item, count, role (foldin or target), part (valid or test)
  cold            train, test; cold_artists (or cold_items): item
  small           as holdout; communities: kind, n, draw, user
  feedback        train (other listeners); members: user, item, role (seed or hidden)
  any of them     item_tags: item, tag[, count]
"""


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser(
        "evaluate",
        help="measure models on a split folder",
        epilog=_FILES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    one.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="holds train, test and, if you like, valid .csv[.gz]: user, item, count",
    )
    one.add_argument(
        "--protocol",
        choices=[*RANKED, "small", "feedback", "plays"],
        default="holdout",
        help="default: %(default)s",
    )
    one.add_argument(
        "--models",
        default=HYBRID,
        metavar="NAMES",
        help=f"comma-separated, of {', '.join((*SINGLE, HYBRID))}; the last one is compared with "
        "each of the others, listener by listener (default: %(default)s)",
    )
    one.add_argument("--seeds", type=int, default=1, metavar="K", help="mean over K random starts")
    one.add_argument(
        "--scale",
        choices=SCALES,
        default="rank",
        help="how counts of plays become confidence (default: %(default)s)",
    )
    one.add_argument(
        "--background",
        choices=["together", "pretrain"],
        default="together",
        help="small: know the others from one fit of everybody, or (as well) from a prior that is "
        "pretrained on them alone, for each draw (slow)",
    )
    one.add_argument(
        "--draws", type=int, metavar="K", help="small: only the first K draws of each size"
    )
    one.add_argument("--kind", metavar="NAME", help="small: only draws of this kind")
    add_side_options(one)
    one.add_argument(
        "--rankings",
        type=Path,
        metavar="OUT.csv.gz",
        help=f"write the lists of {HYBRID} where it is among the models, else of the last one; those "
        "of the first random start: user, rank, item, score; a file that is there is replaced",
    )
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure, and print a table or JSON."""
    names = names_in(options.models)
    check_names(names)
    if options.seeds < 1:
        raise DataError("--seeds must be at least 1")
    social = (*RANKED, "small")
    if options.friends is not None and options.protocol not in social:
        raise DataError(f"--friends goes with {', '.join(social)}, not with {options.protocol}")
    if options.draws is not None and options.draws < 1:
        raise DataError("--draws must be at least 1")
    if options.protocol != "small" and (options.background, options.draws, options.kind) != (
        *("together", None, None),
    ):
        raise DataError("--background, --draws and --kind go with small")
    if options.scale != "rank" and options.protocol not in RANKED:
        raise DataError(f"--scale goes with {', '.join(RANKED)}, not with {options.protocol}")
    if options.rankings is not None:
        if options.protocol not in RANKED:
            raise DataError(
                f"--rankings goes with {', '.join(RANKED)}, not with {options.protocol}"
            )
        refuse_unwritable(options.rankings, [options.folder], side_files(options))
    if options.protocol in ("feedback", "plays") and names != [HYBRID]:
        raise DataError(f"--models does not go with {options.protocol}")
    if options.protocol == "feedback":
        run_feedback(options)
    elif options.protocol == "plays":
        run_plays(options)
    elif options.protocol == "small":
        run_small(options, names)
    else:
        _run_ranked(options, names)
    if not options.json:
        print(f"peak memory: {peak_mib()} MiB")
    return 0


def _run_ranked(options: argparse.Namespace, names: list[str]) -> None:
    task = RANKED[options.protocol](options.folder, side_files(options))
    check_described(names, task)
    console = Console(stderr=True)
    tell(task.report, console)
    listed = HYBRID if HYBRID in names else names[-1]
    results: list[Result] = []
    written: dict[str, Any] = {}
    for name in names:
        with working(name, console):
            runs = [
                measure(task, name, seed=seed, scale=options.scale) for seed in range(options.seeds)
            ]
        results.append(mean_of(runs))
        if options.rankings is not None and name == listed:
            write_rankings(runs[0], task, options.rankings)
            written = facts(runs[0], options.rankings)
    if options.json:
        more = {"rankings": written} if written else {}
        print_json({**summary(results), "peak_mib": peak_mib(), **more})
        return
    _show(results)
    if written:
        mean = f" (the table shows the mean of {options.seeds} starts)" if options.seeds > 1 else ""
        print(
            f"{written['file']}: the lists of {listed} from random start 0, "
            f"NDCG@10 {written['ndcg@10']:.4f}{mean}"
        )


def _show(results: list[Result]) -> None:
    table = Table(title=count(len(results[-1].ndcg), "listener"))
    table.add_column("model")
    last = results[-1]
    compared = [f"{last.name} minus this, 95 %"] if len(results) > 1 else []
    for column in (*COLUMNS, "ndcg 95 %", *compared, "fit s"):
        table.add_column(column, justify="right")
    for one in results:
        low, high = interval(one)
        figures = [figure(one.figures[c]) for c in COLUMNS]
        gap = "–" if one is last else "{:+.4f} ({:+.4f} to {:+.4f})".format(*lead(last, one))
        row = (*figures, f"{low:.4f}–{high:.4f}", *([gap] if compared else []))
        table.add_row(one.name, *row, f"{one.fit_seconds:.1f}")
    print_table(table)
    for one in results:
        if said := tried(one.info):
            print(f"{one.name}: {said}")
