"""Files that a command writes at its end: worth asking for before the work."""

from collections.abc import Sequence
from pathlib import Path

from recsys.cli.side_information import SideFiles
from recsys.cli.tables import ENDINGS
from recsys.errors import DataError

_TABLES = (
    *("train", "valid", "test", "heldout", "members", "communities"),
    *("cold_artists", "cold_items", "item_tags"),
)


def refuse_unwritable(path: Path, folders: Sequence[Path], side: SideFiles) -> None:
    """Refuse a file that has no folder to go to, or is one, or is a table of ``folders`` or ``side``.

    A table that a folder does not hold yet is none to write either: the next command would read it.
    """
    if path.is_dir():
        raise DataError(f"{path} cannot be written: it is a folder; name a file")
    if not path.parent.is_dir():
        raise DataError(
            f"{path} cannot be written: there is no folder {path.parent}; make it first"
        )
    tables = [
        folder / f"{name}{ending}" for folder in folders for name in _TABLES for ending in ENDINGS
    ]
    if any(_is_same(path, table) for table in (*tables, *side.paths)):
        raise DataError(
            f"{path} cannot be written: commands read data from a table of this name; name another file"
        )


def _is_same(path: Path, other: Path) -> bool:
    if path.exists() and other.exists():  # also by links, and in capitals where that is the same
        return path.samefile(other)
    return path.resolve() == other.resolve()
