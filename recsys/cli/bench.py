"""`python -m recsys bench`: seconds and memory, each beside its target or a peer in the same run."""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from recsys.cli import tasks
from recsys.cli.bench_data import as_rows, listening
from recsys.cli.bench_models import peer, sweeps
from recsys.cli.progress import working
from recsys.cli.side_information import SideFiles
from recsys.cli.side_options import add_side_options, side_files
from recsys.config import Config
from recsys.errors import DataError
from recsys.evidence import Evidence, Kind
from recsys.hybrid import HybridRecommender
from recsys.parallel import cores
from recsys.recommendation import Options
from recsys.training import fit

PARTS = ("als", "refit", "request", "large", "growth")
_ALS = ((1_900, 17_600, 75_000, 64), (1_900, 17_600, 75_000, 128), (20_000, 50_000, 1_000_000, 64))
_SMALL = (300, 1_000, 5_000, 32)
_REQUESTS = 200
_REQUEST_ITEMS = 50_000
_HISTORIES = (120, 1_500)  # tracks: of most members; of one who brought years of listening
_EXPLORE = 0.1
_LARGE = (20_000, 50_000, 1_000_000)
_FIT_S, _TUNED_S, _REQUEST_MS, _LARGE_S, _LARGE_MIB = 5.0, 60.0, 20.0, 60.0, 1_536.0


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("bench", help="measure seconds and memory beside targets and peers")
    one.add_argument(
        "folder",
        type=Path,
        nargs="?",
        metavar="DIR",
        help="a split folder whose full refit is timed; without it that part is left out",
    )
    one.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        default=list(PARTS),
        metavar="PART",
        help=f"of {', '.join(PARTS)}",
    )
    one.add_argument(
        "--most",
        type=float,
        default=1e6,
        metavar="N",
        help="interactions up to which growth is followed, up to 1e7 (default: %(default)g)",
    )
    add_side_options(one)
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure one part after another."""
    if not 1e3 <= options.most <= 1e7:
        raise DataError("--most must lie between 1e3 and 1e7")
    if options.only == ["refit"] and options.folder is None:
        raise DataError("refit needs a split folder; name it before --only")
    if side_files(options) != SideFiles() and (
        options.folder is None or "refit" not in options.only
    ):
        raise DataError("only the refit of a folder reads side files; name DIR or leave them out")
    console = Console(stderr=True)
    found: dict[str, Any] = {"cores": cores()}
    for part in options.only:
        if part == "refit" and options.folder is None:
            continue
        with working(part, console):
            if part == "als":
                sizes = [size for size in _ALS if size[2] <= options.most] or [_SMALL]
                found[part] = [sweeps(*size) for size in sizes]
            elif part == "refit":
                found[part] = refits(options)
            elif part == "request":
                found[part] = requests(int(min(_REQUEST_ITEMS, options.most)))
            elif part == "large" and options.most >= _LARGE[2]:
                found[part] = child(*_LARGE)
            elif part == "large":
                found["left out"] = "large: it takes --most 1e6"
            elif part == "growth":
                found[part] = growth(options.most)
    found["implicit"] = "present" if peer() is not None else MISSING
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        _show(found, console=Console(width=None if sys.stdout.isatty() else 140))
    return 0


MISSING = "implicit is not installed, so there is nothing to compare with: pip install implicit"


def refits(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Time a full refit of the folder: choosing settings and blend, and taking them over."""
    task = tasks.everything(options.folder, side_files(options))
    rows: list[dict[str, Any]] = []
    model = None
    for target in (_TUNED_S, _FIT_S):
        started = time.perf_counter()
        model = fit(task.train, task.catalogue, validation=task.valid, earlier=model)
        seconds = time.perf_counter() - started
        rows.append({"tuned": not rows, "seconds": round(seconds, 2), "target": target})
    return rows


def requests(n_items: int) -> list[dict[str, Any]]:
    """Time one list after another over a large catalogue, for regulars and for long histories."""
    rows, catalogue = as_rows(listening(2_000, n_items, max(2_000, min(4 * n_items, 120_000))))
    model = fit(rows, catalogue, Config(tune=False))
    return [_request(model, min(n_plays, n_items // 4)) for n_plays in _HISTORIES]


def _request(model: HybridRecommender, n_plays: int) -> dict[str, Any]:
    """Time fold-in, scoring and re-ranking for listeners of so many tracks.

    Each has 20 votes besides and a list of ten with the usual re-ranking and exploration.
    """
    n_items = model.catalogue.n_items
    rng = np.random.default_rng(1)
    n_votes = min(20, n_items // 8)
    taken = []
    for _ in range(_REQUESTS + 5):
        items = rng.choice(n_items, n_plays + n_votes, replace=False)
        kind = np.where(np.arange(len(items)) < n_plays, Kind.PLAY, Kind.LIKE)
        evidence = Evidence.of(items, kind=kind, value=np.where(kind == Kind.PLAY, 7.0, 1.0))
        started = time.perf_counter()
        model.recommend(model.fold_in(evidence), n=10, options=Options(explore=_EXPLORE))
        taken.append(1e3 * (time.perf_counter() - started))
    p50, p95 = np.percentile(taken[5:], [50, 95])  # the first ones warm caches
    return {
        "items": n_items,
        "rows": n_plays + n_votes,
        "parts": len(model.parts),
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        "target_p95_ms": _REQUEST_MS,
    }


def child(n_users: int, n_items: int, n: int) -> dict[str, Any]:
    """Fit in a process of its own and return its seconds and peak memory."""
    command = [sys.executable, "-m", "recsys.cli.bench_child", *map(str, (n_users, n_items, n))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        told = done.stderr.strip().splitlines()
        return {"interactions": n, "items": n_items, "failed": told[-1] if told else "killed"}
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def growth(most: float) -> list[dict[str, Any]]:
    """Fit at 1e4, 1e5, … interactions, with listeners and items growing along."""
    rows = []
    n = 10_000 if most >= 10_000 else int(most)
    while n <= most:
        rows.append(child(max(50, n // 50), max(100, min(50_000, n // 10)), n))
        n *= 10
    return rows


def _show(found: dict[str, Any], console: Console) -> None:
    console.print(f"{found['cores']} cores", highlight=False)
    if "als" in found:
        if found["implicit"] != "present":
            console.print(found["implicit"], style="yellow")
        table = _table(
            "iALS, seconds per sweep", "pairs", "items", "factors", "contender", "s", "ratio"
        )
        for row in found["als"]:
            for name, value in row["seconds per sweep"].items():
                ratio = row["ratio"].get(name)
                size = (f"{row['interactions']:,}", f"{row['items']:,}", str(row["factors"]))
                table.add_row(*size, name, f"{value:.3f}", "" if ratio is None else f"{ratio:.2f}")
        console.print(table)
    if "refit" in found:
        table = _table("full refit of the folder", "settings", "s", "target")
        for row in found["refit"]:
            kind = "chosen anew" if row["tuned"] else "taken over"
            table.add_row(kind, f"{row['seconds']:.1f}", target(row["seconds"], row["target"]))
        console.print(table)
    if "request" in found:
        table = _table("one list", "items", "history", "parts", "p50 ms", "p95 ms", "target p95")
        for row in found["request"]:
            table.add_row(
                f"{row['items']:,}",
                f"{row['rows']:,}",
                str(row["parts"]),
                f"{row['p50_ms']:.1f}",
                f"{row['p95_ms']:.1f}",
                target(row["p95_ms"], row["target_p95_ms"]),
            )
        console.print(table)
    if "large" in found and "failed" not in (row := found["large"]):
        table = _table("full refit of 1e6 interactions", "s", "target", "peak MiB", "target ")
        seconds, peak = target(row["seconds"], _LARGE_S), target(row["peak_mib"], _LARGE_MIB)
        table.add_row(f"{row['seconds']:.1f}", seconds, f"{row['peak_mib']:,}", peak)
        console.print(table)
    elif "large" in found:
        console.print(f"large: {found['large']['failed']}", highlight=False)
    if "growth" in found:
        table = _table("full refit by size", "interactions", "items", "s", "peak MiB")
        for row in found["growth"]:
            told = (str(row.get("failed")), "")
            if "failed" not in row:
                told = (f"{row['seconds']:.1f}", f"{row['peak_mib']:,}")
            table.add_row(f"{row['interactions']:,}", f"{row['items']:,}", *told)
        console.print(table)
    if "left out" in found:
        console.print(f"left out: {found['left out']}", highlight=False)


def target(value: float, limit: float) -> str:
    """Write a limit, and whether it was missed."""
    return f"< {limit:g}" if value < limit else f"< {limit:g}, missed"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for column in columns:
        table.add_column(column, justify="left" if column in ("contender", "settings") else "right")
    return table
