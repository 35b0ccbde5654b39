"""Protocols of `evaluate` that rank more than once, or not at all: run them and show their figures."""

import argparse
from collections import defaultdict
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from recsys.cli import communities, plays, tasks
from recsys.cli.feedback import FeedbackFigures, feedback, read_feedback
from recsys.cli.measuring import HYBRID, check_described, fitted
from recsys.cli.memory import peak_mib
from recsys.cli.printing import figure, print_json, print_table
from recsys.cli.progress import working
from recsys.cli.side_options import side_files
from recsys.errors import DataError
from recsys.evaluation import bootstrap


def run_small(options: argparse.Namespace, names: list[str]) -> None:
    """Judge small communities: closed, with everybody's plays and, if asked for, on a prior of them."""
    task = tasks.holdout(options.folder, side_files(options))
    check_described(names, task)
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
        return
    table = Table(title="NDCG@10 by size of the community")
    words = {"n_members": "members", "n_draws": "draws", "ndcg": "ndcg@10", "map": "map@10"}
    words["ndcg_sd"] = "ndcg@10, sd over draws"
    for column in rows[0]:
        is_text = column in ("model", "plays of others", "kind")
        table.add_column(words.get(column, column), justify="left" if is_text else "right")
    for row in rows:
        table.add_row(*map(figure, row.values()))
    print_table(table)


def run_feedback(options: argparse.Namespace) -> None:
    """Play rounds of lists and answers, with and without learning from them."""
    task = read_feedback(options.folder, side_files(options))
    console = Console(stderr=True)
    with working("ten rounds", console):
        runs = [feedback(task, seed=seed) for seed in range(options.seeds)]
    figures = _feedback_figures(runs, task.catalogue.n_items)
    if options.json:
        print_json({**figures, "peak_mib": peak_mib()})
        return
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
    endless = "without end" if figures["difference"] > 0 else "none"
    gain = endless if figures["gain"] is None else f"{figures['gain']:+.1%}"
    print(
        f"gain {gain}, extra hits {figures['difference']:+.2f} "
        f"({low:+.2f} to {high:+.2f}); coverage {figures['coverage']:.4f} "
        f"against {figures['coverage never']:.4f}"
    )


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


def run_plays(options: argparse.Namespace) -> None:
    """Predict the play counts of held-out pairs."""
    task = tasks.holdout(options.folder, side_files(options), ranked=False)
    with working("play counts", Console(stderr=True)):
        rows = plays.measure_plays(task, seeds=options.seeds)
    if options.json:
        print_json([vars(row) for row in rows])
        return
    table = Table(title="ln(1 + plays) of held-out pairs")
    for column in ("model", "mse", "rmse", "mae", "r2", "fit s"):
        table.add_column(column, justify="left" if column == "model" else "right")
    for row in rows:
        table.add_row(*map(figure, vars(row).values()))
    print_table(table)
