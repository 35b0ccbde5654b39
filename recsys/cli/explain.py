"""`python -m recsys explain`: a list for one history, each score taken apart."""

import argparse
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from recsys.cli.kept_models import history, kept, names_of
from recsys.cli.printing import print_json, print_table
from recsys.errors import DataError, UnknownItemError
from recsys.evidence import Evidence
from recsys.forgetting import forget_preview
from recsys.hybrid import HybridRecommender
from recsys.profile import Profile
from recsys.recommendation import Options

_REASONS = 3
_LEAST = 0.05
"""Log-odds below which a part is not named but added up with the others."""
_CHANCE = "chance of a like"


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("explain", help="recommend for one history and say why")
    one.add_argument("model", type=Path, metavar="MODEL", help="a folder that `fit` wrote")
    one.add_argument("history", type=Path, metavar="HISTORY", help="item[, plays] .csv[.gz]")
    one.add_argument("--item", metavar="NAME", help="explain this one instead of the best ten")
    one.add_argument(
        "--without",
        action="append",
        metavar="NAME",
        help="show how the list would change if this item of the history were forgotten; may be "
        "given more than once",
    )
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
    if unknown and not options.json:
        print(f"rows that name no item of this model: {unknown}")
    if options.without is not None:
        return _forget(model, evidence, unknown, names, options)
    profile = model.fold_in(evidence)
    rows = [
        _reasons(model, profile, item, names) for item in _items(model, profile, options, names)
    ]
    if options.json:
        print_json({"unknown rows": unknown, "items": rows})
        return 0
    table = Table(title="score = sum of the parts; score + calibration = log-odds of a like")
    for column in ("item", _CHANCE, "calibration", "score", "parts", "because of"):
        is_number = column in (_CHANCE, "calibration", "score")
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(
            Text(row["item"]),
            f"{row['probability']:.1%}",
            f"{row['calibration']:+.2f}",
            f"{row['score']:.2f}",
            in_words(row["parts"]),
            Text(", ".join(f"{one['item']} {one['adds']:+.2f}" for one in row["because of"])),
        )
    print_table(table)
    return 0


def _forget(
    model: HybridRecommender,
    evidence: Evidence,
    unknown: int,
    names: Any,
    options: argparse.Namespace,
) -> int:
    """Print the list without some items of the history beside the one with them."""
    if options.item is not None:
        raise DataError("--item and --without exclude each other")
    held = names[model.catalogue.items.index_of(evidence.id)]
    asked = list(dict.fromkeys(options.without))
    if missing := [name for name in asked if name not in held]:
        raise UnknownItemError(
            f"{options.history.name} has no row to forget that the model knows as {missing[0]}"
            + _guess(missing[0], held)
        )
    rows: list[dict[str, Any]] = [
        {
            "item": str(names[model.catalogue.items.index_of([change.item_id])[0]]),
            "rank before": change.rank_before or None,
            "rank after": change.rank_after or None,
            "score before": round(change.before.score, 6),
            "score after": round(change.after.score, 6),
            "change": {name: round(value, 6) for name, value in change.parts.items()},
        }
        for change in forget_preview(model, evidence, np.isin(held, asked), n=options.n)
    ]
    if options.json:
        print_json({"unknown rows": unknown, "forgotten": asked, "items": rows})
        return 0
    table = Table(title=Text(f"without {', '.join(asked)}; nothing is changed by asking"))
    for column in ("item", "place", "score", "what changes"):
        table.add_column(column, justify="left" if column == "item" else "right", overflow="fold")
    for row in rows:
        places = [str(row[f"rank {when}"] or "–") for when in ("before", "after")]
        table.add_row(
            Text(row["item"]),
            " → ".join(places),
            f"{row['score before']:.2f} → {row['score after']:.2f}",
            in_words(row["change"]),
        )
    print_table(table)
    return 0


def _guess(name: str, names: Any) -> str:
    near = get_close_matches(name, names.astype(str).tolist(), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def in_words(parts: Mapping[str, float]) -> str:
    """Name parts, the largest first; what is small is added up as "others", so that the sum stays."""
    named = [(name, value) for name, value in parts.items() if abs(value) >= _LEAST]
    named.sort(key=lambda pair: -abs(pair[1]))
    others = sum(value for value in parts.values() if abs(value) < _LEAST)
    if abs(others) >= 0.005:
        named.append(("others", others))
    return ", ".join(f"{name} {value:+.2f}" for name, value in named)


def _items(
    model: HybridRecommender, profile: Profile, options: argparse.Namespace, names: Any
) -> list[int]:
    if options.item is None:
        asked = Options(adventure=0.0, diversity=0.0, artist_cap=options.n)
        return [pick.item_id for pick in model.recommend(profile, n=options.n, options=asked)]
    place = np.flatnonzero(names == options.item)
    if not len(place):
        raise UnknownItemError(
            f"the model knows no item {options.item}" + _guess(options.item, names)
        )
    return [int(model.catalogue.items.ids[place[0]])]


def _reasons(model: HybridRecommender, profile: Profile, item: int, names: Any) -> dict[str, Any]:
    found = model.explain(profile, item)
    places = model.catalogue.items.index_of(profile.evidence.id)
    return {
        "item": str(names[model.catalogue.items.index_of([item])[0]]),
        "score": round(found.score, 6),
        "probability": round(found.probability, 6),
        "calibration": round(found.calibration, 6),
        "parts": {part.name: round(part.value, 6) for part in found.parts},
        "because of": [
            {"item": str(names[places[row]]), "adds": round(share, 6)}
            for row, share in found.strongest(_REASONS)
        ],
    }
