"""`python -m recsys explain`: a list for one history, each score taken apart."""

import argparse
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from recsys.cli.history import History, read_history
from recsys.cli.kept_models import kept, names_of, place_of
from recsys.cli.parts_in_words import WIDTH, in_words
from recsys.cli.printing import print_json, print_table
from recsys.cli.what_if import add_options, asked, run_what_if
from recsys.errors import DataError
from recsys.hybrid import HybridRecommender
from recsys.profile import Profile
from recsys.recommendation import Options

_REASONS = 3
_CHANCE = "chance of a like"
_NAMED = 3
"""Names that the model does not know, of which no more are told."""


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("explain", help="recommend for one history and say why")
    one.add_argument("model", type=Path, metavar="MODEL", help="a folder that `fit` wrote")
    one.add_argument("history", type=Path, metavar="HISTORY", help="item[, plays] .csv[.gz]")
    one.add_argument("--item", metavar="NAME", help="explain this one instead of the best ten")
    add_options(one)
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
    if asked(options):
        return run_what_if(model, history, names, options)
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
        table.add_column(column, overflow="fold", min_width=WIDTH)
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


def _items(
    model: HybridRecommender, profile: Profile, options: argparse.Namespace, names: Any
) -> list[int]:
    if options.item is None:
        plain = Options(adventure=0.0, diversity=0.0, artist_cap=options.n)
        return [pick.item_id for pick in model.recommend(profile, n=options.n, options=plain)]
    return [int(model.catalogue.items.ids[place_of(options.item, names)])]


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
