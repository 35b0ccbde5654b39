"""`python -m recsys tune`: what the automatic tuning tries on a folder, and what it chooses."""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from recsys.cli import tasks
from recsys.cli.out_files import refuse_unwritable
from recsys.cli.preparing import tell
from recsys.cli.printing import print_table
from recsys.cli.progress import working
from recsys.cli.side_options import add_side_options, side_files
from recsys.cli.tune_votes import MEMBERS, SEEDS, run_votes
from recsys.cli.tuned_settings import in_words, write_settings
from recsys.config import Config
from recsys.errors import DataError
from recsys.holdout import set_aside
from recsys.interactions import Weighing, matrices
from recsys.tuning import Trial, tuned

_WORDS = ("model", "settings", "beside")


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("tune", help="choose settings on held-out rows and show the trials")
    one.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="holds train and, if you like, valid .csv[.gz]; without valid some of train is held out",
    )
    one.add_argument(
        "--feedback",
        action="store_true",
        help="learn what a vote weighs instead, in rounds with listeners of `train` set aside",
    )
    one.add_argument("--seeds", type=int, help=f"with --feedback: how often; default {SEEDS}")
    one.add_argument(
        "--members", type=int, help=f"with --feedback: set aside each time; default {MEMBERS}"
    )
    one.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write JSON for `fit --settings`, over a file that is there",
    )
    one.add_argument("--seed", type=int, default=0, help="of all random choices")
    add_side_options(one, friends=False)
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Tune as a training does, and print every trial; `test` is left alone."""
    if options.feedback:
        return run_votes(options)
    if (options.seeds, options.members) != (None, None):
        raise DataError("--seeds and --members go with --feedback")
    if options.out is not None:
        refuse_unwritable(options.out, [options.folder], side_files(options))
    task = tasks.everything(options.folder, side_files(options))
    console = Console(stderr=True)
    tell(task.report, console)
    weighing = Weighing()
    config = Config(random_state=options.seed)
    known, wanted = task.train, task.valid
    if wanted is None:
        holdout = set_aside(task.train, task.catalogue, config)
        known, wanted = holdout.known, holdout.held_out
    trials: list[Trial] = []

    started = time.perf_counter()
    with working("trying settings", console) as say:

        def told(trial: Trial) -> None:
            trials.append(trial)
            say(f"{trial.model}, {in_words(trial.settings)}: {trial.ndcg:.4f}")

        found = tuned(
            matrices(known, task.catalogue, weighing),
            matrices(wanted, task.catalogue, weighing),
            task.catalogue,
            config,
            told=told,
        )
    seconds = time.perf_counter() - started
    chosen = found.settings
    if options.out is not None:
        write_settings(options.out, chosen, weighing.scale, len(known) + len(wanted))
    if options.json:
        print(json.dumps({"trials": _rows(trials), "chosen": chosen, "seconds": round(seconds, 2)}))
        return 0
    _show(trials, chosen, seconds)
    return 0


def _rows(trials: list[Trial]) -> list[dict[str, Any]]:
    return [
        {**vars(one), "settings": dict(one.settings), "beside": dict(one.beside)} for one in trials
    ]


def _show(trials: list[Trial], chosen: dict[str, Any], seconds: float) -> None:
    if not trials:
        print("nothing was tried: the data is too small to tell settings apart, or too large")
        return
    table = Table(
        title=f"{len(trials)} trials in {seconds:.1f} s, NDCG@10 on held-out rows; a gain is the mean "
        "paired difference to the settings it stands beside"
    )
    for column in ("model", "settings", "ndcg@10", "beside", "gain", "standard error", "s"):
        table.add_column(column, justify="left" if column in _WORDS else "right")
    for one in trials:
        table.add_row(
            one.model,
            in_words(one.settings),
            f"{one.ndcg:.4f}",
            "" if one.settings == one.beside else in_words(one.beside),
            f"{one.gain:+.4f}",
            f"{one.error:.4f}",
            f"{one.seconds:.1f}",
            style="bold" if dict(one.settings) == chosen[one.model] else None,
        )
    print_table(table)
    for model in dict.fromkeys(one.model for one in trials):
        print(f"{model}: {in_words(chosen[model])}")
