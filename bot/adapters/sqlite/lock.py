"""One process per data folder."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.errors import DatabaseBusyError

LOCK_NAME: Final = "auxcord.lock"

if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Own the folder for as long as the block runs; the system lets go when the process dies.

    Raises
    ------
    DatabaseBusyError
        When another process owns it.
    """
    handle = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _try_lock(handle)
        except OSError:
            raise DatabaseBusyError(
                f"{data_dir} is in use: another Auxcord runs on this data folder."
            ) from None
        yield
    finally:
        os.close(handle)
