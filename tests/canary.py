"""Every random secret of a test run carries a mark, and no line of the log may show it.

The log is what the bot would write at DEBUG: the same quiet loggers, the same formatter. Secrets are
whatever `secrets.token_urlsafe` makes, in the bot and in the stand-ins: access and refresh tokens,
codes, states, verifiers, cookies, links, interaction tokens.
"""

from __future__ import annotations

import logging
import secrets
from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.redaction import RedactingFormatter
from bot.run import QUIET

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "KanaryKage"


def _disguises(mark: str) -> tuple[str, ...]:
    """Return the mark as it looks plain and inside base64, however far in it begins."""
    coded = [b64encode(b"x" * lead + mark.encode() + b"xx").decode() for lead in range(3)]
    return (mark, *(text[4:12] for text in coded))


SIGNS = _disguises(MARK)
_original = secrets.token_urlsafe


def marked_token(nbytes: int | None = None) -> str:
    """Make a token as long as usual, with the mark in it."""
    token = _original(nbytes)
    return MARK + token[len(MARK) :] if len(token) >= 3 * len(MARK) else token


class Net(logging.Handler):
    """Keeps the lines that show the mark."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
        self.caught: list[str] = []
        self.lines = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a line as it would be written."""
        self.lines += 1
        line = self.format(record)
        if any(sign in line for sign in SIGNS):
            self.caught.append(line)


NET = Net()
"""Watches the whole run."""


def mark_secrets() -> None:
    """Let every secret from now on carry the mark, and quieten what the bot quietens."""
    secrets.token_urlsafe = marked_token
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def watched(net: Net) -> Iterator[None]:
    """Log everything at DEBUG, and let nothing that shows the mark through."""
    root = logging.getLogger()
    level = root.level
    root.addHandler(net)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(net)
        root.setLevel(level)
    shown, net.caught = net.caught, []
    assert not shown, f"secrets in the log: {shown[:3]}"
