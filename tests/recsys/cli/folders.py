"""Small split folders, and the lists that `evaluate` writes of them."""

import math
from pathlib import Path

import pandas as pd

from recsys.cli.main import main

HEADER = "user,item,count\n"


def texts(item: str = "{}") -> dict[str, str]:
    files = {"train": HEADER, "valid": HEADER, "test": HEADER}
    for user in range(12):
        for place in range(12):
            name = "train" if place < 8 else "valid" if place < 10 else "test"
            files[name] += f"{user},{item.format((7 * user + 3 * place) % 40)},{place + 1}\n"
    return files


def folder(path: Path, *, item: str = "{}", more: dict[str, str] | None = None) -> Path:
    """Twelve listeners of twelve items each, of forty; ``more`` rows at the end of a file."""
    for name, text in texts(item).items():
        (path / f"{name}.csv").write_text(text + (more or {}).get(name, ""), encoding="utf-8")
    return path


def ranked(path: Path, *arguments: str) -> pd.DataFrame:
    out = path / "lists.csv"
    assert main(["evaluate", str(path), "--rankings", str(out), *arguments]) == 0
    lists = pd.read_csv(out, keep_default_na=False)
    assert list(lists.columns) == ["user", "rank", "item", "score"]
    assert all(math.isfinite(score) for score in lists["score"])
    assert (lists.groupby("user").size() >= 20).all()
    return lists
