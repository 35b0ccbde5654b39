"""The list of `explain` beside the one that votes, or a shorter history, would make of it."""

import argparse
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from recsys.cli.history import History
from recsys.cli.kept_models import guess, place_of
from recsys.cli.parts_in_words import LEAST, WIDTH, in_words
from recsys.cli.printing import print_json, print_table
from recsys.errors import DataError, UnknownItemError
from recsys.evidence import Evidence, Kind
from recsys.hybrid import HybridRecommender
from recsys.part import BIAS
from recsys.what_if import what_if

_NO_PLACE = "–"
_VOTES = {"like": Kind.LIKE, "dislike": Kind.DISLIKE}


def add_options(command: argparse.ArgumentParser) -> None:
    """Add what may be different: --like, --dislike, --without."""
    for name, told in (
        ("like", "show how the list would change by a 👍 for this item"),
        ("dislike", "the same for a 👎"),
        ("without", "the same if this item of the history were forgotten"),
    ):
        command.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="NAME",
            help=f"{told}; may be given more than once",
        )


def asked(options: argparse.Namespace) -> bool:
    """Whether anything shall be different."""
    return bool(options.like or options.dislike or options.without)


def run_what_if(
    model: HybridRecommender, history: History, names: Any, options: argparse.Namespace
) -> int:
    """Print every item of either list with its two places, and the parts that move it."""
    if options.item is not None:
        raise DataError("--item goes without --like, --dislike and --without, which compare lists")
    if twice := set(options.like) & set(options.dislike):
        raise DataError(f"--like and --dislike both name {min(twice)}; choose one of them")
    changed = Evidence.concat(
        _shortened(model, history, names, options), _votes(model, names, options)
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
        for change in what_if(model, history.evidence, changed, n=options.n)
    ]
    if options.json:
        different = {
            "forgotten": _once(options.without),
            "liked": _once(options.like),
            "disliked": _once(options.dislike),
        }
        print_json({"unknown rows": len(history.unknown), **different, "items": rows})
        return 0
    _show(rows, options)
    return 0


def _shortened(
    model: HybridRecommender, history: History, names: Any, options: argparse.Namespace
) -> Evidence:
    held = names[model.catalogue.items.index_of(history.evidence.id)]
    if missing := [name for name in options.without if name not in held]:
        raise UnknownItemError(
            f"{options.history.name} has no row to forget that the model knows as {missing[0]}"
            + guess(missing[0], held)
        )
    return history.evidence.without(np.isin(held, options.without))


def _votes(model: HybridRecommender, names: Any, options: argparse.Namespace) -> Evidence:
    voted = []
    for vote, kind in _VOTES.items():
        places = [place_of(name, names) for name in _once(getattr(options, vote))]
        voted.append(Evidence.of(model.catalogue.items.ids[places], kind=kind))
    return Evidence.concat(*voted)


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _show(rows: list[dict[str, Any]], options: argparse.Namespace) -> None:
    different = [
        f"{told} {', '.join(_once(named))}"
        for told, named in (
            ("with 👍 for", options.like),
            ("with 👎 for", options.dislike),
            ("without", options.without),
        )
        if named
    ]
    table = Table(title=Text(f"{'; '.join(different)}; nothing is changed by asking"))
    table.add_column("item", overflow="fold")
    for column in ("place", "score"):
        table.add_column(column, justify="right", overflow="fold")
    table.add_column("what changes", overflow="fold", min_width=WIDTH)
    for row in rows:
        places = [str(row[f"rank {when}"] or _NO_PLACE) for when in ("before", "after")]
        table.add_row(
            Text(row["item"]),
            " → ".join(places),
            f"{row['score before']:.2f} → {row['score after']:.2f}",
            in_words(row["change"]),
        )
    print_table(table)
    if not all(row["rank before"] and row["rank after"] for row in rows):
        print(f"{_NO_PLACE}: voted on or in the history, so on no list")
    if any(abs(row["change"][BIAS]) >= LEAST for row in rows):
        print(f"{BIAS}, from which every score starts, moves with how much is known of a listener")
