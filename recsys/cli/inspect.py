"""`python -m recsys inspect`: what a kept model is made of."""

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from recsys.cli.kept_models import kept
from recsys.hybrid import HybridRecommender


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("inspect", help="look inside a kept model")
    one.add_argument("model", type=Path, metavar="MODEL", help="a folder that `fit` wrote")
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what the model knows and how far it trusts each part."""
    model = kept(options.model)
    facts = described(model)
    if options.json:
        print(json.dumps(facts, indent=1))
        return 0
    console = Console()
    for name in ("version", "trained_at", "listeners", "interactions", "items", "artists", "tags"):
        console.print(f"{name.replace('_', ' ')}: {facts[name]}", highlight=False, markup=False)
    if facts["background"] is not None:
        console.print(f"background: {facts['background']}", highlight=False, markup=False)
    table = Table(title="log-odds that one unit of a part is worth")
    for column in ("part", "model", "level", "regulars", "newcomers", "unheard artists"):
        table.add_column(column, justify="left" if column in ("part", "model") else "right")
    for row in facts["parts"]:
        more = row["more for newcomers"]
        newcomers = [one + other for one, other in zip(row["slopes"], more, strict=True)]
        worth = map(_slopes, (row["slopes"], newcomers, row["unheard"]))
        table.add_row(row["part"], row["model"], row["level"], *worth)
    console.print(table)
    return 0


def described(model: HybridRecommender) -> dict[str, Any]:
    """Collect the facts of a model, ready for JSON."""
    return {
        "version": model.version,
        "trained_at": model.trained_at,
        "listeners": model.info.get("n_users"),
        "interactions": model.info.get("n_interactions"),
        "items": model.catalogue.n_items,
        "artists": model.catalogue.n_artists,
        "tags": len(model.catalogue.tag_names),
        "background": model.info.get("background"),
        "bias": model.bias,
        "more bias for newcomers": model.thin_bias,
        "parts": [
            {
                "part": part.name,
                "model": type(part.model).__name__,
                "level": part.level.name.lower(),
                "slopes": list(part.curve.slopes),
                "more for newcomers": list(part.curve.thin_slopes),
                "unheard": list(part.curve_of(cold=True).rare_slopes),
            }
            for part in model.parts
        ],
    }


def _slopes(values: list[float]) -> str:
    return " ".join(f"{value:+.3f}" for value in values)
