"""How the tool ends: on an option it does not know, without a reader, on Ctrl-C."""

import os
import signal
import subprocess
import sys

import pytest

from recsys.cli.main import EXIT_NO_READER, main
from tests.recsys.generated import FOLDER


def test_an_option_it_does_not_know_is_guessed_at(capsys):
    with pytest.raises(SystemExit) as left:
        main(["evaluate", str(FOLDER), "--protcol", "holdout", "--protcol", "protocl"])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.rstrip().endswith("arguments: --protcol --protcol; did you mean --protocol?")
    assert "evaluate" in said.splitlines()[0], "the usage is that of the command"


def test_an_option_of_another_command_is_not_meant(capsys):
    """`report --help` speaks of `bench --json`, but takes no --json itself."""
    with pytest.raises(SystemExit):
        main(["report", "folder", "--out", "page.html", "--json"])
    assert capsys.readouterr().err.rstrip().endswith("unrecognized arguments: --json")


@pytest.mark.parametrize("more", [["--json"], []])
def test_a_reader_may_have_enough(tmp_path, more):
    """As `python -m recsys … --json | head -1`: no word of a broken pipe."""
    log = tmp_path / "log.csv"
    log.write_text("user,item,at\n" + "".join(f"u,i{n},2020-01-{n + 1:02}\n" for n in range(9)))
    command = [sys.executable, "-m", "recsys", "prepare", str(log), str(tmp_path / "out"), *more]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (EXIT_NO_READER, "")


def test_it_can_be_stopped_while_it_imports():
    command = [sys.executable, "-X", "importtime", "-m", "recsys", "bench", "--only", "large"]
    running = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    for line in running.stderr:
        if "recsys.cli" in line:  # the package itself is imported before anything can be caught
            break
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert "Traceback" not in said
    assert running.returncode == 130
