"""`python -m recsys tune --feedback`: what a vote should weigh, by rounds with listeners set aside."""

import argparse
import json

from rich.console import Console
from rich.table import Table

from recsys.cli.ids import codes, sorted_ids
from recsys.cli.out_files import refuse_unwritable
from recsys.cli.preparing import tell
from recsys.cli.printing import count, print_table
from recsys.cli.progress import working
from recsys.cli.side_information import read_catalogue
from recsys.cli.side_options import side_files
from recsys.cli.tables import find, plays_of
from recsys.cli.tuned_settings import write_votes
from recsys.config import Config
from recsys.errors import DataError
from recsys.evidence import Evidence, Interactions
from recsys.interactions import Weighing
from recsys.preprocessing.rows import clean
from recsys.simulated_rounds import LEAST_ITEMS, VoteTrial, learn_votes, set_aside, simulate

SEEDS, MEMBERS = 3, 60
"""How often listeners are set aside, and how many each time, where the options don't say."""


def run_votes(options: argparse.Namespace) -> int:
    """Read `train` alone: whoever the folder keeps for judging is never looked at."""
    if options.out is not None:
        refuse_unwritable(options.out, [options.folder], side_files(options))
    n_groups = SEEDS if options.seeds is None else options.seeds
    members = MEMBERS if options.members is None else options.members
    if n_groups < 1 or members < 1:
        raise DataError("--seeds and --members must be at least 1")
    if options.item_groups:
        raise DataError(
            "--feedback plays rounds with items that stand for themselves; leave out --item-groups"
        )
    console = Console(stderr=True)
    train = plays_of(find(options.folder, "train"))
    items, users = sorted_ids(train["item"]), sorted_ids(train["user"])
    catalogue = read_catalogue(items, options.folder, side_files(options))
    rows = Interactions.of(
        codes(users, train["user"]),
        Evidence.of(codes(items, train["item"]), value=train["plays"].to_numpy()),
        n_users=len(users),
    )
    rows, report = clean(rows, n_items=len(items))
    tell(report, console)
    trials: list[VoteTrial] = []

    def told(trial: VoteTrial) -> None:
        trials.append(trial)
        console.print(f"{trial.setting} {trial.value:g}: {trial.hits:.3f} hits", highlight=False)

    simulations = []
    groups = set_aside(rows, members=members, groups=n_groups, seed=options.seed)
    for seed, chosen in enumerate(groups, start=options.seed):
        with working(f"fitting without the listeners set aside, {seed}", console):
            config = Config(random_state=seed)
            simulations.append(simulate(rows, catalogue, chosen, seed=seed, config=config))
    found = learn_votes(simulations, told=told)
    votes = {"like": found.like, "dislike": found.dislike}
    if options.out is not None:
        write_votes(options.out, votes)
    if options.json:
        print(json.dumps({"trials": [vars(one) for one in trials], "chosen": votes}))
        return 0
    aside = _set_aside_in_words(sum(map(len, groups)), n_groups * members)
    _show(
        trials,
        votes,
        f"hits in ten rounds of ten, {aside}; a gain is over what had been chosen by then",
    )
    default = Weighing()
    if (found.like, found.dislike) == (default.like, default.dislike):
        print("these are the defaults: there is nothing to change")
    else:
        print(
            "they differ from the defaults, which the bot uses; --out writes them for `fit --settings`"
        )
    return 0


def _set_aside_in_words(n: int, asked: int) -> str:
    told = f"{count(n, 'listener')} set aside"
    if n == asked:
        return told
    return (
        f"{told} of the {asked} asked for (who has {LEAST_ITEMS} items or more, nobody twice, at most a "
        "quarter of these each time)"
    )


def _show(trials: list[VoteTrial], chosen: dict[str, float], title: str) -> None:
    table = Table(title=title)
    for column in ("weight", "value", "hits", "gain", "standard error", "s"):
        table.add_column(column, justify="left" if column == "weight" else "right")
    for one in trials:
        table.add_row(
            one.setting,
            f"{one.value:g}",
            f"{one.hits:.3f}",
            f"{one.gain:+.3f}",
            f"{one.error:.3f}",
            f"{one.seconds:.1f}",
            style="bold" if one.value == chosen[one.setting] else None,
        )
    print_table(table)
    for name, value in chosen.items():
        print(f"{name}: {value:g}")
