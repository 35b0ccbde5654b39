"""The net itself: what it must catch, so that catching nothing means something."""

import logging
from base64 import b64encode

import pytest

from bot.services.linking import secret
from tests.canary import MARK, NET, Net, marked_token, watched


def caught(line: object) -> list[str]:
    """Return what the net keeps of a line that never reaches the log of this run."""
    net = Net()
    net.handle(logging.makeLogRecord({"msg": "sent %s", "args": (line,), "name": "a cage"}))
    return net.caught


def test_secrets_of_a_run_carry_the_mark() -> None:
    assert MARK in secret()
    assert len(secret()) == 43
    assert secret() != secret()


@pytest.mark.parametrize("lead", ["", "x", "xy", "client:"])
def test_a_secret_in_a_line_is_caught_plain_and_coded(lead: str) -> None:
    assert caught(f"{lead}{marked_token(32)}")
    assert caught(b64encode(f"{lead}{marked_token(32)}".encode()))


def test_what_the_formatter_blacks_out_and_what_is_no_secret_passes() -> None:
    assert not caught(f"access_token={marked_token(32)}")
    assert not caught("a canary's cage")


def test_a_catch_fails_whatever_was_watched() -> None:
    net = Net()
    with pytest.raises(AssertionError, match="secrets in the log"), watched(net):
        net.handle(logging.makeLogRecord({"msg": marked_token(32), "name": "a cage"}))


def test_the_run_is_watched_at_debug() -> None:
    before = NET.lines
    logging.getLogger("a cage").debug("nothing to see")
    assert NET.lines == before + 1
