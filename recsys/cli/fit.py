"""`python -m recsys fit`: a folder of plays to a folder with a model."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from recsys.background_file import read_background
from recsys.cli import tasks
from recsys.cli.kept_models import keep, refuse_filled
from recsys.cli.preparing import tell
from recsys.cli.printing import count
from recsys.cli.progress import working
from recsys.cli.side_options import add_side_options, side_files
from recsys.cli.tuned_settings import with_settings
from recsys.config import Config
from recsys.errors import DataError
from recsys.training import fit


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("fit", help="train a model and keep it")
    one.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="holds train and, if you like, valid .csv[.gz]: user, item, count",
    )
    one.add_argument("model", type=Path, metavar="MODEL", help="a new folder")
    one.add_argument("--seed", type=int, default=0, help="of all random choices")
    one.add_argument(
        "--settings",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="what `tune --out` wrote, with and without --feedback: name both where you have both; "
        "without it settings are chosen where the data suffices, and votes weigh what is usual",
    )
    one.add_argument(
        "--background",
        type=Path,
        metavar="PRIOR",
        help="what `pretrain` wrote; artists are matched by name, so the items must be artists",
    )
    add_side_options(one)
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train on everything in the folder but ``test``; ``valid`` teaches the weights."""
    refuse_filled(options.model)
    config = Config(random_state=options.seed)
    for path in options.settings:
        config = with_settings(config, path)
    task = tasks.everything(options.folder, side_files(options))
    if not len(task.train):
        raise DataError(
            f"{options.folder}: train holds no plays, so there is nothing to learn from"
        )
    console = Console(stderr=True)
    tell(task.report, console)
    background = None
    if options.background is not None:
        if not task.catalogue.is_flat:
            raise DataError("--background needs items that are artists")
        names = [str(item) for item in task.item_ids]
        background = read_background(options.background).align(task.catalogue, names)
        n_known = int(background.known.sum())
        if not n_known:
            raise DataError(
                f"{options.background} knows none of the {len(names)} items: artists are matched by "
                "name, so the items must be names of artists"
            )
        console.print(f"the prior knows {n_known} of {len(names)} artists")
    with working("training", console):
        model = fit(
            task.train, task.catalogue, config, validation=task.valid, background=background
        )
    model = replace(model, info={**model.info, "preprocessing": task.report.as_list()})
    keep(model, task.item_ids, options.model)
    info = model.info
    print(
        f"{options.model}: {count(info['n_users'], 'listener')}, "
        f"{count(info['n_interactions'], 'row')}, {count(model.catalogue.n_items, 'item')}; "
        f"parts {', '.join(info['parts'])}"
    )
    return 0
