"""The background prior in the child process: learning one, and bringing it to our artists."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from bot.domain.prior import installed
from recsys import Catalogue, RecsysError
from recsys.background import Aligned
from recsys.background_file import read_background, write_background
from recsys.cli.listening import Heard
from recsys.cli.pretrain import learned

ROWS_PER_REPORT: Final = 500_000


def learn(request: Path, report: Callable[[int], None]) -> dict[str, Any]:
    """Learn a prior as `request` (a JSON file) asks, and write it where that says.

    Raises
    ------
    DataError
        When the files cannot be read or hold too little.
    """
    asked = json.loads(request.read_text(encoding="utf-8"))
    rows = 0

    def counted(found: Iterator[Heard]) -> Iterator[Heard]:
        nonlocal rows
        for row in found:
            rows += 1
            if rows % ROWS_PER_REPORT == 0:
                report(rows)
            yield row

    prior = learned(
        [Path(file) for file in asked["files"]],
        source=asked["source"],
        licence=asked["licence"],
        tags=None if asked["tags"] is None else Path(asked["tags"]),
        most_listeners=int(asked["listeners"]),
        most_artists=int(asked["artists"]),
        through=counted,
    )
    out = Path(asked["out"])
    write_background(prior, out)
    read_background(out)
    return {"artists": len(prior.keys), "listeners": prior.about.n_listeners, "rows": rows}


def aligned(
    data_dir: Path, catalogue: Catalogue, names: tuple[str, ...], mbids: tuple[str, ...]
) -> tuple[Aligned | None, str | None]:
    """Bring the installed prior to our artists; None where there is none, or why it can't be used.

    A refit goes on without it then: the atlas still says what is known in general.
    """
    path = installed(data_dir)
    if not path.is_file():
        return None, None
    try:
        found = read_background(path).align(catalogue, names, mbids)
    except (RecsysError, OSError) as error:
        return None, str(error)
    if not found.known.any():
        return None, "it knows none of our artists"
    return found, None
