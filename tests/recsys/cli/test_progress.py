"""What is said while a command works."""

import io

import pytest
from rich.console import Console

from recsys.cli.main import main
from recsys.cli.progress import working
from tests.recsys.generated import FOLDER


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=60)


def said(one: Console) -> str:
    assert isinstance(one.file, io.StringIO)
    return one.file.getvalue()


def test_in_a_file_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 1.0, 12.0, 12.0, 13.0, 30.0, 30.0])
    monkeypatch.setattr("recsys.cli.progress.time.monotonic", lambda: next(now))
    one = console(terminal=False)
    with working("fitting [model]", one) as told:
        for k in range(4):
            told(f"draw {k}")
    assert said(one).splitlines() == ["fitting [model] …", "draw 1 …", "draw 3 …"]


def test_on_a_terminal_nothing_stays() -> None:
    one = console(terminal=True)
    with working("[/fitting]", one) as told:
        told("[bold]half way[/no]")
    assert "fitting …" not in said(one)


def test_a_pipe_gets_progress_beside_clean_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(FOLDER), "--models", "popularity", "--json"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("{")
    assert told.err == "popularity …\n"
