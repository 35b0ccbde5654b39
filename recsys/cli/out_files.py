"""Files that a command writes at its end: worth asking for before the work."""

from pathlib import Path

from recsys.errors import DataError


def refuse_unwritable(path: Path) -> None:
    """Refuse a file that has no folder to go to, or is one."""
    if path.is_dir():
        raise DataError(f"{path} cannot be written: it is a folder; name a file")
    if not path.parent.is_dir():
        raise DataError(
            f"{path} cannot be written: there is no folder {path.parent}; make it first"
        )
