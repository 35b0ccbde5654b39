"""No secret gets past the formatter, however a library words it."""

import io
import logging

import pytest

from bot.redaction import RedactingFormatter, redacted

CANARY = "Canary-0123456789_abc.def~"


@pytest.mark.parametrize(
    "line",
    [
        "Headers: {{'Authorization': 'Bearer {c}'}}",
        "Authorization: Basic {c}==",
        "POST /api/token grant_type=refresh_token&refresh_token={c}&client_id=x",
        '{{"access_token": "{c}", "token_type": "Bearer"}}',
        "{{'refresh_token': '{c}'}}",
        "GET http://127.0.0.1:8787/spotify/callback?code={c}&state={c}",
        "redirect?next=%2Fcallback%3Fcode%3D{c}",
        "code_verifier={c}",
        "client_secret={c}",
        "POST https://discord.com/api/v10/interactions/123456/{c}/callback has returned 200",
        "PATCH https://discord.com/api/v10/webhooks/123456/{c}/messages/@original",
    ],
)
def test_a_secret_is_blacked_out(line: str) -> None:
    assert "Canary" not in redacted(line.format(c=CANARY))


@pytest.mark.parametrize(
    "line",
    [
        "exit code: 1",
        "HTTP status code=404",
        "state: linked",
        "token_type: Bearer token",
        "model 2026-06-01.1 serves",
    ],
)
def test_ordinary_lines_stay(line: str) -> None:
    assert redacted(line) == line


def test_tracebacks_are_covered() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(RedactingFormatter("%(levelname)s %(message)s"))
    log = logging.getLogger("redaction probe")
    log.propagate = False
    log.addHandler(handler)
    try:
        raise ValueError(f"refused: access_token={CANARY}")
    except ValueError:
        log.exception("it failed")
    assert "Traceback" in out.getvalue()
    assert "Canary" not in out.getvalue()
