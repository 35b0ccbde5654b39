"""`python -m recsys explain`: a list for one history, each score taken apart."""

import argparse
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from recsys.cli.history import History, read_history
from recsys.cli.kept_models import kept, names_of
from recsys.cli.printing import print_json, print_table
from recsys.errors import DataError, UnknownItemError
from recsys.forgetting import forget_preview
from recsys.hybrid import HybridRecommender
from recsys.part import BIAS
from recsys.profile import Profile
from recsys.recommendation import Options

_REASONS = 3
_LEAST = 0.05
"""Log-odds below which a part is not named but added up with the others."""
_CHANCE = "chance of a like"
_NAMED = 3
"""Names that the model does not know, of which no more are told."""
_WIDTH = 28
"""Letters that a list needs in a line; a terminal with less room gets one line per figure."""


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
    history = read_history(options.history, model, names)
    if not options.json:
        _tell_unknown(history, options.history)
    if options.without is not None:
        return _forget(model, history, names, options)
    profile = model.fold_in(history.evidence)
    rows = [
        _reasons(model, profile, item, names) for item in _items(model, profile, options, names)
    ]
    if options.json:
        print_json({"unknown rows": len(history.unknown), "items": rows})
        return 0
    table = Table(title="score = sum of the parts; score + calibration = log-odds of a like")
    table.add_column("item", overflow="fold")
    for column in (_CHANCE, "calibration", "score"):
        table.add_column(column, justify="right", overflow="fold")
    for column in ("parts", "because of"):
        table.add_column(column, overflow="fold", min_width=_WIDTH)
    for row in rows:
        if row["in history"]:
            print(f"{row['item']} is in the history already, so no list would hold it")
        reasons = [one for one in row["because of"] if round(one["adds"], 2) > 0]
        table.add_row(
            Text(row["item"]),
            f"{row['probability']:.1%}",
            f"{row['calibration']:+.2f}",
            f"{row['score']:.2f}",
            in_words(row["parts"]),
            Text(", ".join(f"{one['item']} {one['adds']:+.2f}" for one in reasons)),
        )
    print_table(table)
    return 0


def _tell_unknown(history: History, path: Path) -> None:
    """Print how many rows the model does not know, and what they name."""
    if history.unknown:
        distinct = list(dict.fromkeys(history.unknown))
        named = ", ".join(distinct[:_NAMED]) + (", …" if len(distinct) > _NAMED else "")
        print(f"rows that name no item of this model: {len(history.unknown)} ({named})")
    if not len(history.evidence):
        print(
            f"nothing in {path.name} is known to the model, so this goes by what is liked in general"
        )


def _forget(
    model: HybridRecommender, history: History, names: Any, options: argparse.Namespace
) -> int:
    """Print the list without some items of the history beside the one with them."""
    evidence = history.evidence
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
        print_json({"unknown rows": len(history.unknown), "forgotten": asked, "items": rows})
        return 0
    table = Table(title=Text(f"without {', '.join(asked)}; nothing is changed by asking"))
    table.add_column("item", overflow="fold")
    for column in ("place", "score"):
        table.add_column(column, justify="right", overflow="fold")
    table.add_column("what changes", overflow="fold", min_width=_WIDTH)
    for row in rows:
        places = [str(row[f"rank {when}"] or "–") for when in ("before", "after")]
        table.add_row(
            Text(row["item"]),
            " → ".join(places),
            f"{row['score before']:.2f} → {row['score after']:.2f}",
            in_words(row["change"]),
        )
    print_table(table)
    if any(abs(row["change"][BIAS]) >= _LEAST for row in rows):
        print(f"{BIAS}, from which every score starts, moves: less is known of the listener then")
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
    places = model.catalogue.items.index_of(profile.evidence.id).tolist()
    place = int(model.catalogue.items.index_of([item])[0])
    adds = dict.fromkeys(places, 0.0)  # an item may stand in several rows
    for row, share in zip(places, found.evidence.tolist(), strict=True):
        adds[row] += share
    strongest = sorted(adds.items(), key=lambda pair: -pair[1])[:_REASONS]
    return {
        "item": str(names[place]),
        "in history": place in adds,
        "score": round(found.score, 6),
        "probability": round(found.probability, 6),
        "calibration": round(found.calibration, 6),
        "parts": {part.name: round(part.value, 6) for part in found.parts},
        "because of": [
            {"item": str(names[one]), "adds": round(share, 6)}
            for one, share in strongest
            if share > 0
        ],
    }
