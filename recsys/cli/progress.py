"""Saying what is being done: on a terminal in one place, in a file or a pipe line by line."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

EVERY_S = 10.0
"""So seldom a line follows the first one where lines stay."""


@contextmanager
def working(what: str, console: Console) -> Iterator[Callable[[str], None]]:
    """Show what is being done; the function that it yields tells how far it is.

    Parameters
    ----------
    what : str
    console : Console
        Of the standard error output: what the command prints stays clean.
    """
    if console.is_terminal:
        with console.status(escape(what)) as status:
            yield lambda more: status.update(escape(more))
        return
    said_at = time.monotonic()
    console.print(f"{what} …", markup=False, highlight=False, soft_wrap=True)

    def told(more: str) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= EVERY_S:
            said_at = time.monotonic()
            console.print(f"{more} …", markup=False, highlight=False, soft_wrap=True)

    yield told
