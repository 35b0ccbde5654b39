"""`python -m recsys pretrain`: a listening set to a background prior, one file."""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from recsys.background import Background
from recsys.background_file import read_background, write_background
from recsys.catalogue import Catalogue
from recsys.cli.listening import Heard, Listening
from recsys.cli.listening_files import heard_in
from recsys.cli.progress import working
from recsys.cli.side_information import read_tags
from recsys.cli.tables import maybe
from recsys.config import Config
from recsys.errors import DataError
from recsys.names import name_key
from recsys.preprocessing.rows import clean
from recsys.pretraining import LEAST_LISTENERS_OF_ARTIST, pretrain
from recsys.sparse import csr
from recsys.types import Csr

MOST_LISTENERS = 20_000
MOST_ARTISTS = 50_000


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    one = commands.add_parser(
        "pretrain", help="learn a background prior that small servers can start from"
    )
    one.add_argument(
        "listens",
        nargs="+",
        type=Path,
        metavar="LISTENS",
        help="listener, artist .csv[.gz] (plays in a column of that name, or the third of three), a "
        "split folder, or ListenBrainz listens: JSON lines, also in a .tar, .gz or .zst",
    )
    one.add_argument("--out", type=Path, required=True, metavar="PRIOR", help="a new file")
    one.add_argument("--source", required=True, metavar="TEXT", help="whose listening it is")
    one.add_argument(
        "--licence", required=True, metavar="TEXT", help="under which it was published"
    )
    one.add_argument(
        "--tags",
        type=Path,
        metavar="FILE",
        help="artist, tag, count (optional) .csv[.gz]; item_tags beside a split is found by itself",
    )
    one.add_argument(
        "--listeners",
        type=int,
        default=MOST_LISTENERS,
        metavar="N",
        help="of more than that a fair sample is read (default: %(default)s)",
    )
    one.add_argument(
        "--artists",
        type=int,
        default=MOST_ARTISTS,
        metavar="N",
        help="artists that are kept, of those with two listeners or more the ones with the most "
        "(default: %(default)s)",
    )
    one.add_argument("--seed", type=int, default=0, help="of all random choices")
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read, learn, write, and say what came of it."""
    if options.out.exists():
        raise DataError(f"{options.out} exists; name a new file")
    console = Console(stderr=True)
    with working("reading", console) as told:
        prior = learned(
            options.listens,
            source=options.source,
            licence=options.licence,
            tags=options.tags,
            most_listeners=options.listeners,
            most_artists=options.artists,
            seed=options.seed,
            told=told,
        )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_background(prior, options.out)
    read_background(options.out)
    facts = {
        **asdict(prior.about),
        "artists": len(prior.keys),
        "tags": len(prior.tags),
        "bytes": options.out.stat().st_size,
    }
    if options.json:
        print(json.dumps(facts, indent=1))
    else:
        print(
            f"{options.out}: {facts['n_listeners']} listeners, {facts['artists']} artists, "
            f"{facts['tags']} tags, {facts['bytes'] / 2**20:.1f} MiB; {prior.about.source}, "
            f"{prior.about.licence}"
        )
    return 0


def learned(
    paths: Sequence[Path],
    *,
    source: str,
    licence: str,
    tags: Path | None = None,
    most_listeners: int = MOST_LISTENERS,
    most_artists: int = MOST_ARTISTS,
    seed: int = 0,
    told: Callable[[str], None] = lambda _: None,
    through: Callable[[Iterator[Heard]], Iterator[Heard]] = iter,
) -> Background:
    """Learn a prior from files; ``through`` sees all rows pass.

    Raises
    ------
    DataError
        When one of them cannot be read, or they hold too little.
    """
    if min(most_listeners, most_artists) < 1:
        raise DataError("listeners and artists must be at least 1")
    listening = Listening(most_listeners)
    for path in paths:
        told(f"reading {path.name}")
        listening.add(through(heard_in(path)))
    rows, codes = listening.interactions(
        least_listeners=LEAST_LISTENERS_OF_ARTIST, most_artists=most_artists
    )
    told(f"{listening.n_rows} rows, {rows.n_users} listeners, {len(codes)} artists: learning")
    names = [listening.names[k] for k in codes.tolist()]
    files = (
        [tags]
        if tags is not None
        else [t for p in paths if p.is_dir() and (t := maybe(p, "item_tags"))]
    )
    matrix, tag_names = _tags(files, names)
    if tags is not None and (matrix is None or not matrix.nnz):
        raise DataError(
            f"{tags.name} tags none of the {len(names)} artists that were listened to: they are "
            "matched by name, so write them alike in both files, or leave --tags away"
        )
    catalogue = Catalogue.build(np.arange(len(names)), tags=matrix, tag_names=tag_names)
    kept, _ = clean(rows, n_items=catalogue.n_items)
    return pretrain(
        kept,
        catalogue,
        names,
        source=source,
        licence=licence,
        mbids=[listening.mbids[k] for k in codes.tolist()],
        most_artists=most_artists,
        config=Config(random_state=seed),
    )


def _tags(files: Sequence[Path], names: Sequence[str]) -> tuple[Csr | None, tuple[str, ...]]:
    """Read what artists are tagged with; artists by name."""
    if not files:
        return None, ()
    place = {name_key(name): k for k, name in enumerate(names)}
    row, tag, weight = [], [], []
    for file in files:
        named, tags, counts = read_tags(file)
        artist = np.array([place.get(name_key(str(one)), -1) for one in named], np.int64)
        known = artist >= 0
        row.append(artist[known])
        tag.append(tags[known])
        weight.append(counts[known])
    tag_names, column = np.unique(np.concatenate(tag).astype(str), return_inverse=True)
    cells = (np.concatenate(row), column)
    matrix = csr((np.concatenate(weight), cells), (len(names), len(tag_names)))
    return matrix, tuple(tag_names.tolist())
