"""`python -m recsys explain`: a list for one history, each score taken apart."""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from recsys.cli.kept_models import history, kept, names_of
from recsys.errors import DataError, UnknownItemError
from recsys.hybrid import HybridRecommender
from recsys.profile import Profile
from recsys.recommendation import Options

_REASONS = 3


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("explain", help="recommend for one history and say why")
    one.add_argument("model", type=Path, metavar="MODEL", help="a folder that `fit` wrote")
    one.add_argument("history", type=Path, metavar="HISTORY", help="item[, plays] .csv[.gz]")
    one.add_argument("--item", metavar="NAME", help="explain this one instead of the best ten")
    one.add_argument("--n", type=int, default=10, help="how many (default: %(default)s)")
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print score, parts and the strongest rows of the history."""
    if options.n < 1:
        raise DataError("--n must be at least 1")
    model = kept(options.model)
    names = names_of(model, options.model)
    evidence, unknown = history(options.history, model, names)
    profile = model.fold_in(evidence)
    rows = [
        _reasons(model, profile, item, names) for item in _items(model, profile, options, names)
    ]
    if options.json:
        print(json.dumps({"unknown rows": unknown, "items": rows}, indent=1))
        return 0
    console = Console()
    if unknown:
        console.print(f"rows that name no item of this model: {unknown}", highlight=False)
    table = Table(title="log-odds")
    for column in ("item", "score", "parts", "because of"):
        table.add_column(column, justify="right" if column == "score" else "left")
    for row in rows:
        parts = sorted(row["parts"].items(), key=lambda pair: -abs(pair[1]))
        table.add_row(
            row["item"],
            f"{row['score']:.2f}",
            ", ".join(f"{name} {value:+.2f}" for name, value in parts if abs(value) >= 0.005),
            ", ".join(f"{one['item']} {one['adds']:+.2f}" for one in row["because of"]),
        )
    console.print(table, markup=False)
    return 0


def _items(
    model: HybridRecommender, profile: Profile, options: argparse.Namespace, names: Any
) -> list[int]:
    if options.item is None:
        asked = Options(adventure=0.0, diversity=0.0, artist_cap=options.n)
        return [pick.item_id for pick in model.recommend(profile, n=options.n, options=asked)]
    place = np.flatnonzero(names == options.item)
    if not len(place):
        raise UnknownItemError(f"the model knows no item {options.item}")
    return [int(model.catalogue.items.ids[place[0]])]


def _reasons(model: HybridRecommender, profile: Profile, item: int, names: Any) -> dict[str, Any]:
    found = model.explain(profile, item)
    places = model.catalogue.items.index_of(profile.evidence.id)
    return {
        "item": str(names[model.catalogue.items.index_of([item])[0]]),
        "score": round(found.score, 6),
        "probability": round(float(1 / (1 + np.exp(-found.score))), 6),
        "parts": {part.name: round(part.value, 6) for part in found.parts},
        "because of": [
            {"item": str(names[places[row]]), "adds": round(share, 6)}
            for row, share in found.strongest(_REASONS)
        ],
    }
