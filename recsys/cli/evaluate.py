"""`python -m recsys evaluate`: one protocol on the files of a folder."""

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from recsys.cli import communities, plays, tasks
from recsys.cli.feedback import FeedbackFigures, feedback, read_feedback
from recsys.cli.measuring import (
    COLUMNS,
    HYBRID,
    SINGLE,
    Result,
    check_names,
    fitted,
    interval,
    lead,
    mean_of,
    measure,
    names_in,
    rounded,
    summary,
    write_rankings,
)
from recsys.cli.out_files import refuse_unwritable
from recsys.cli.preparing import tell
from recsys.cli.printing import count, figure, print_json, print_table
from recsys.cli.progress import working
from recsys.cli.side_options import add_side_options, side_files
from recsys.cli.tuned_settings import tried
from recsys.errors import DataError
from recsys.evaluation import bootstrap
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
        metavar="OUT",
        help="write the last model's lists, of the first random start: user, rank, item, score; a "
        "file that is there is replaced",
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
        refuse_unwritable(options.rankings)
    if options.protocol in ("feedback", "plays") and names != [HYBRID]:
        raise DataError(f"--models does not go with {options.protocol}")
    if options.protocol == "feedback":
        return _feedback(options)
    if options.protocol == "plays":
        return _plays(options)
    if options.protocol == "small":
        return _small(options, names)
    task = RANKED[options.protocol](options.folder, side_files(options))
    console = Console(stderr=True)
    tell(task.report, console)
    results: list[Result] = []
    for name in names:
        with working(name, console):
            runs = [
                measure(task, name, seed=seed, scale=options.scale) for seed in range(options.seeds)
            ]
        results.append(mean_of(runs))
    if options.rankings is None:
        print_json(summary(results)) if options.json else _show(results)
        return 0
    write_rankings(runs[0], task, options.rankings)
    if options.json:
        print_json({**summary(results), "rankings": _written(options.rankings, runs[0])})
        return 0
    _show(results)
    mean = "" if options.seeds == 1 else f" (the table shows the mean of {options.seeds} starts)"
    print(
        f"{options.rankings}: the lists of {runs[0].name} from random start 0, "
        f"NDCG@10 {runs[0].figures['ndcg@10']:.4f}{mean}"
    )
    return 0


def _written(path: Path, run: Result) -> dict[str, Any]:
    """Say what the lists in the file reach: they are those of one random start, not of the mean."""
    return {"file": str(path), "model": run.name, "seed": 0, **rounded(run.figures)}


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


def _small(options: argparse.Namespace, names: list[str]) -> int:
    task = tasks.holdout(options.folder, side_files(options))
    draws = communities.read_draws(options.folder, task)
    if options.draws is not None:
        draws = {key: members[: options.draws] for key, members in draws.items()}
    if options.kind is not None:
        draws = {key: members for key, members in draws.items() if key[0] == options.kind}
    if not draws:
        raise DataError("there are no such draws")
    console = Console(stderr=True)
    rows: list[dict[str, Any]] = []
    for name in names:
        runs: dict[str, list[list[communities.CommunityFigures]]] = defaultdict(list)
        with working(name, console) as told:
            for seed in range(options.seeds):
                model = fitted(task, name, seed)
                runs["together"].append(communities.with_background(task, draws, model))
                closed = communities.closed(task, draws, name, seed=seed, progress=told)
                runs["closed"].append(closed)
                if options.background == "pretrain" and name == HYBRID:
                    prior = communities.pretrained(task, draws, seed=seed, progress=told)
                    runs["pretrain"].append(prior)
        found = {title: communities.mean_of(one) for title, one in runs.items()}
        rows += [
            {"model": name, "plays of others": title, **vars(one)}
            for title, figures in found.items()
            for one in figures
        ]
    if options.json:
        print_json(rows)
        return 0
    table = Table(title="NDCG@10 by size of the community")
    words = {"n_members": "members", "n_draws": "draws", "ndcg": "ndcg@10", "map": "map@10"}
    words["ndcg_sd"] = "ndcg@10, sd over draws"
    for column in rows[0]:
        is_text = column in ("model", "plays of others", "kind")
        table.add_column(words.get(column, column), justify="left" if is_text else "right")
    for row in rows:
        table.add_row(*map(figure, row.values()))
    print_table(table)
    return 0


def _feedback(options: argparse.Namespace) -> int:
    task = read_feedback(options.folder, side_files(options))
    console = Console(stderr=True)
    with working("ten rounds", console):
        runs = [feedback(task, seed=seed) for seed in range(options.seeds)]
    figures = _feedback_figures(runs, task.catalogue.n_items)
    if options.json:
        print_json(figures)
        return 0
    table = Table(title=f"{figures['members']} members, cumulative hits")
    table.add_column("round", justify="right")
    for column in ("updated", "never updated"):
        table.add_column(column, justify="right")
    for turn, (one, other) in enumerate(
        zip(figures["updated"], figures["never"], strict=True), start=1
    ):
        table.add_row(str(turn), f"{one:.2f}", f"{other:.2f}")
    print_table(table)
    low, high = figures["difference 95%"]
    gain = "without end" if figures["gain"] is None else f"{figures['gain']:+.1%}"
    print(
        f"gain {gain}, extra hits {figures['difference']:+.2f} "
        f"({low:+.2f} to {high:+.2f}); coverage {figures['coverage']:.4f} "
        f"against {figures['coverage never']:.4f}"
    )
    return 0


def _feedback_figures(runs: list[FeedbackFigures], n_items: int) -> dict[str, Any]:
    updated = np.mean([run.updated.hits for run in runs], axis=0)
    never = np.mean([run.never.hits for run in runs], axis=0)
    difference = (updated - never).sum(axis=1)
    return {
        "members": len(updated),
        "updated": updated.mean(axis=0).cumsum().round(4).tolist(),
        "never": never.mean(axis=0).cumsum().round(4).tolist(),
        "gain": float(updated.sum() / never.sum() - 1) if never.any() else None,
        "difference": float(difference.mean()),
        "difference 95%": list(bootstrap(difference)),
        "coverage": len(runs[0].updated.shown) / n_items,
        "coverage never": len(runs[0].never.shown) / n_items,
    }


def _plays(options: argparse.Namespace) -> int:
    task = tasks.holdout(options.folder, side_files(options))
    with working("play counts", Console(stderr=True)):
        rows = plays.measure_plays(task, seeds=options.seeds)
    if options.json:
        print_json([vars(row) for row in rows])
        return 0
    table = Table(title="ln(1 + plays) of held-out pairs")
    for column in ("model", "mse", "rmse", "mae", "r2", "fit s"):
        table.add_column(column, justify="left" if column == "model" else "right")
    for row in rows:
        table.add_row(*map(figure, vars(row).values()))
    print_table(table)
    return 0
