"""`python -m recsys inspect`: what a kept model is made of."""

import argparse
import dataclasses
from itertools import zip_longest
from math import isfinite
from pathlib import Path
from typing import Any

from rich.table import Table

from recsys.cli.kept_models import kept
from recsys.cli.printing import print_json, print_table
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
        print_json(facts)
        return 0
    for name in ("version", "trained_at", "listeners", "interactions", "items", "artists", "tags"):
        print(f"{name.replace('_', ' ')}: {facts[name]}")
    if (prior := facts["background"]) is not None:
        said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in prior.items())
        print(f"background: {said}")
    print(f"bias, from which every score starts: {_biases(facts)}")
    weighing = model.weighing
    print(
        f"beside {weighing.least_play:g} to {weighing.most_play:g} for what was played, a 👍 weighs "
        f"{weighing.like:g} and a 👎 {weighing.dislike:g}"
    )
    table = Table(title="log-odds that one unit of a part is worth")
    for column in ("part", "level", "curve", "regulars", "newcomers", "unheard artists"):
        is_text = column in ("part", "level", "curve")
        table.add_column(column, justify="left" if is_text else "right")
    for row in facts["parts"]:
        for term in _terms(row):
            table.add_row(row["part"], row["level"], *term)
    print_table(table)
    scores = model.link.knees or (-4.0, -2.0, 0.0)
    chances = model.link.probability(scores)
    said = ", ".join(f"{p:.2%} at {at:+.2f}" for at, p in zip(scores, chances, strict=True))
    print(f"chance of a like by the sum of bias and parts: {said}")
    if votes := facts["votes on what was shown"]:
        print(f"that is shifted by {votes} votes on what was shown: {model.link.votes:+.3f}")
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
        "bias of unheard artists": model.cold_bias,
        "bias of strangers": model.stranger_bias,
        "votes": {"like": model.weighing.like, "dislike": model.weighing.dislike},
        "settings": model.info.get("settings", {}),
        "link": dataclasses.asdict(model.link),
        "votes on what was shown": model.info.get("votes_on_shown", 0),
        "parts": [
            {
                "part": part.name,
                "model": type(part.model).__name__,
                "level": part.level.name.lower(),
                "knees": [knee if isfinite(knee) else None for knee in part.curve.knees],
                "slopes": list(part.curve.slopes),
                "more for newcomers": list(part.curve.thin_slopes),
                "strangers": list(part.curve.stranger_slopes),
                "unheard": list(part.curve_of(cold=True).rare_slopes),
            }
            for part in model.parts
        ],
    }


def _biases(facts: dict[str, Any]) -> str:
    newcomers = facts["bias"] + facts["more bias for newcomers"]
    said = [
        f"{facts['bias']:+.3f} for regulars, {newcomers:+.3f} for newcomers, between them by how much "
        "is known"
    ]
    if (strangers := facts["bias of strangers"]) is not None:
        said.append(f"{strangers:+.3f} where nothing is")
    unheard = facts["bias of unheard artists"]
    said.append("the same" if unheard is None else f"{unheard:+.3f}")
    return "; ".join(said) + " for unheard artists"


def _terms(part: dict[str, Any]) -> list[tuple[str, ...]]:
    """Write one row for each term of a curve: of its straight line, or of its bend beyond a knee."""
    curves = ["straight" if knee is None else f"bent at {knee:.3g}" for knee in part["knees"]]
    more = part["more for newcomers"]
    newcomers = [one + other for one, other in zip(part["slopes"], more, strict=True)]
    slopes = zip_longest(part["slopes"], newcomers, part["unheard"])
    return [
        (curve or "", *(_signed(value) for value in row or ()))
        for curve, row in zip_longest(curves, slopes)
    ]


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}"
