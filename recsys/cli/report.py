"""`python -m recsys report`: a self-contained page with the figures of one or more folders."""

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from recsys.cli import report_figures as figures
from recsys.cli import report_page as page
from recsys.cli.measuring import OF_TAGS, SINGLE, check_described, check_names, names_in
from recsys.cli.out_files import refuse_unwritable
from recsys.cli.progress import working
from recsys.cli.side_options import add_side_options, side_files
from recsys.cli.tables import find
from recsys.errors import DataError
from recsys.parallel import cores

_CURVE = ("popularity", "content", "closed_form", "latent", "hybrid")


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser("report", help="write an HTML page with plots")
    one.add_argument(
        "folders",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="split folders; their files decide which protocols are measured",
    )
    one.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="the page; one that is there is replaced",
    )
    one.add_argument(
        "--models",
        metavar="NAMES",
        help="single models beside the hybrid, comma-separated (default: all that the files allow)",
    )
    one.add_argument(
        "--draws",
        type=int,
        default=3,
        metavar="N",
        help="communities per size (and kind, where the folder names them; default: 3)",
    )
    one.add_argument(
        "--listeners",
        type=int,
        default=300,
        metavar="N",
        help="most listeners behind calibration and re-ranking (default: 300)",
    )
    one.add_argument(
        "--bench", type=Path, metavar="FILE", help="what `bench --json` printed: time and memory"
    )
    add_side_options(one, friends=False)
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure and write the page."""
    names = list(SINGLE)
    if options.models is not None:
        names = names_in(options.models)
    check_names(names)
    if "hybrid" in names:
        raise DataError("the hybrid is always there; name single models")
    if options.draws < 1 or options.listeners < 1:
        raise DataError("--draws and --listeners must be at least 1")
    found = {folder: figures.protocols(folder) for folder in options.folders}
    for folder, protocols in found.items():
        if not protocols:
            find(folder, "train")
            find(folder, "test", "heldout", "members")
    measured = None if options.bench is None else _bench(options.bench)
    refuse_unwritable(options.out, options.folders, side_files(options))
    sections = _sections()
    console = Console(stderr=True)
    started = time.perf_counter()
    with working("measuring", console) as say:
        for folder, protocols in found.items():
            for protocol in protocols:
                title = f"{_name(folder)}, {protocol}"

                def told(what: str, title: str = title) -> None:
                    say(f"{title}: {what}")

                _measure(folder, protocol, title, names, options, sections, told)
    if measured is not None:
        _add_bench(measured, sections)
    text = page.render(
        list(sections.values()),
        title="How well the recommender does",
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        cores=cores(),
        sources=[_name(folder) for folder in options.folders],
    )
    options.out.write_text(text, encoding="utf-8")
    print(f"{options.out}: {len(text) // 1024} KiB in {time.perf_counter() - started:.0f} s")
    return 0


def _measure(
    folder: Path,
    protocol: str,
    title: str,
    names: list[str],
    options: argparse.Namespace,
    sections: dict[str, page.Section],
    told: figures.Progress,
) -> None:
    side = side_files(options)
    if protocol == "feedback":
        told("ten rounds")
        block = page.rounds_block(title, figures.rounds(folder, side))
        sections["feedback"].blocks.append(block)
        return
    task = figures.READERS[protocol](folder, side)
    if options.models is None and not task.catalogue.tags.nnz:
        names = [name for name in names if name not in OF_TAGS]
    check_described(names, task)
    told("hybrid")
    started = time.perf_counter()
    model = figures.hybrid_of(task)
    seconds = time.perf_counter() - started
    rows = figures.quality(task, names, model, seconds, told)
    sections["quality"].blocks.append(page.quality_block(title, rows))
    if protocol != "holdout":
        return
    told("calibration")
    whose = figures.whose(task, most=options.listeners)
    found = figures.calibrated(task, model, most=options.listeners)
    sections["calibration"].blocks.append(page.calibration_block(title, found, whose))
    told("re-ranking")
    bought = figures.prices(task, model, most=options.listeners, told=told)
    sections["prices"].blocks.append(page.prices_block(title, bought, whose))
    told("ablation")
    sections["ablation"].blocks.append(page.ablation_block(title, figures.ablation(task, model)))
    wanted = _CURVE if options.models is None else (*names, "hybrid")
    growing = [name for name in wanted if task.catalogue.tags.nnz or name not in OF_TAGS]
    curve = figures.learning_curve(task, growing, draws=options.draws, told=told)
    sections["curve"].blocks.append(page.curve_block(title, curve))
    if drawn := figures.small(folder, task, model, draws=options.draws, told=told):
        sections["small"].blocks.append(page.small_block(title, drawn))
    told("play counts")
    if predicted := figures.play_counts(task):
        sections["plays"].blocks.append(page.plays_block(title, predicted))


def _sections() -> dict[str, page.Section]:
    every = (
        page.Section(
            "quality",
            "Quality, beside single models of the same run",
            "NDCG@10 over the whole catalogue, fitted on train and valid, judged on test; whiskers "
            "are 95 % bootstrap intervals over listeners.",
            "No folder has train and test, or heldout, or cold items.",
        ),
        page.Section(
            "curve",
            "Learning curve by size of the community",
            "Only the members' own plays are known. Means over random draws of communities; of few "
            "draws a jump between two sizes is chance, as the standard deviation (sd) shows.",
            "Needs a folder with train and test.",
        ),
        page.Section(
            "small",
            "Small communities",
            "Communities that the folder names, with nobody's plays known but the members', and with "
            "everybody else's as well. Means over draws.",
            "Needs a folder with train, test and communities (kind, n, draw, user).",
        ),
        page.Section(
            "calibration",
            "Calibration of the probability of a like",
            "Every item a listener did not have, by the probability the model gave it. On the "
            "dashed line what is said is what comes.",
            "Needs a folder with train and test.",
        ),
        page.Section(
            "feedback",
            "What answers add, round by round",
            "Members of whom five items are known get ten suggestions per round and answer each.",
            "Needs a folder with members (user, item, seed or hidden) and train.",
        ),
        page.Section(
            "plays",
            "Predicting how often something is played",
            "ln(1 + plays) of the pairs of test, from train and valid.",
            "Needs a folder with train, valid and test, and counts that differ.",
        ),
        page.Section(
            "prices",
            "Accuracy against coverage, novelty and diversity",
            "Each point is one re-ranking of the same scores; the table has the change in NDCG@10 against the list by score alone.",
            "Needs a folder with train and test.",
        ),
        page.Section(
            "ablation",
            "What each part of the hybrid adds",
            "NDCG@10 lost when one part is taken away and nothing is learned again: parts that say "
            "the same stand in for each other, so the figures do not add up.",
            "Needs a folder with train and test.",
        ),
        page.Section(
            "size",
            "Time and memory against size",
            "A full refit in a process of its own, on generated listening.",
            "Run `python -m recsys bench --json > FILE` and name it with --bench FILE.",
        ),
    )
    return {section.id: section for section in every}


def _add_bench(measured: dict[str, Any], sections: dict[str, page.Section]) -> None:
    blocks = sections["size"].blocks
    rows = [row for row in measured.get("growth", []) if "failed" not in row]
    if rows:
        blocks.append(page.size_block("full refit", rows))
    if measured.get("request"):
        blocks.append(page.request_block("one list", measured["request"]))
    if measured.get("als"):
        blocks.append(page.sweep_block("iALS beside its peers", measured["als"]))


def _bench(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"there is no file {path}") from error
    except ValueError as error:
        raise DataError(f"{path.name} is not JSON") from error
    if not isinstance(found, dict) or "cores" not in found:
        raise DataError(f"{path.name} is not what `bench --json` printed")
    return found


def _name(folder: Path) -> str:
    whole = folder.resolve()
    return f"{whole.parent.name}/{whole.name}"
