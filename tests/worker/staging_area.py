"""An upload folder as the bot writes it, and a look at what the parse job made of it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.worker.limits import Limits
from bot.worker.parse import Parsed, ParseJob

NOW_MS = 1_795_000_000_000
"""November 2026."""


def lay_down(folder: Path, *files: tuple[str, bytes]) -> Path:
    """Write files the way the uploads adapter does."""
    (folder / "raw").mkdir(parents=True)
    names = {}
    for i, (name, data) in enumerate(files):
        (folder / "raw" / f"{i:04}").write_bytes(data)
        names[f"{i:04}"] = name
    (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")
    return folder


def parse(
    folder: Path,
    *files: tuple[str, bytes],
    limits: Limits | None = None,
    several_listeners: bool = False,
) -> Parsed:
    """Lay files down and parse them in this process."""
    lay_down(folder, *files)
    job = ParseJob(folder, now_ms=NOW_MS, limits=limits, several_listeners=several_listeners)
    return job.run()


def staged(folder: Path) -> list[dict[str, Any]]:
    """Return the staged rows in order."""
    with closing(sqlite3.connect(folder / "staged.sqlite3")) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM staged ORDER BY row")]
