"""What `explain` takes for a history, and what it says of one."""

import io
import json
import re
import sys

import pytest

from recsys.cli.main import EXIT_BAD_INPUT, main


@pytest.fixture
def explain(model, tmp_path, capsys):
    """Explain a history of that text; returns code, output and errors."""

    def run(text, *arguments):
        path = tmp_path / "h.csv"
        path.write_text(text, encoding="utf-8")
        capsys.readouterr()
        code = main(["explain", str(model), str(path), *arguments])
        return (code, *capsys.readouterr())

    return run


class Terminal(io.StringIO):
    """A terminal that keeps what is printed."""

    def isatty(self):
        return True


@pytest.fixture
def renamed(model):
    """Give an item of the model another name for the length of a test."""
    path = model / "items.csv"
    before = path.read_text(encoding="utf-8")

    def rename(old, new):
        path.write_text(before.replace(f"{old}\n", f"{new}\n"), encoding="utf-8")

    yield rename
    path.write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "artist 41\nartist 44\n",
        "artist 41,30\nartist 44,12\n",
        "artist 41;30\nartist 44;12\n",
        "stranger,30\nartist 44,12\n",
    ],
)
def test_a_history_without_a_header_is_refused(explain, text):
    code, out, err = explain(text)
    assert code == EXIT_BAD_INPUT
    assert err == "h.csv has no header; its first line must name the columns\n"
    assert not out


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Artist", "Artist\nartist 44\n"),
        ("track_name", "track_name\nartist 44\n"),
        ("Band", "Band,times\nartist 44,12\n"),
    ],
)
def test_a_header_that_is_also_the_name_of_an_item_stays_one(explain, renamed, name, text):
    renamed("artist 41", name)
    code, out, _ = explain(text, "--json")
    assert code == 0
    assert {one["item"] for row in json.loads(out)["items"] for one in row["because of"]} == {
        "artist 44"
    }


def test_the_item_id_of_a_first_line_may_have_blanks_around_it(explain, model):
    path = model / "items.csv"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("artist ", ""), encoding="utf-8")
    try:
        code, _, err = explain("41 \n44\n")
        assert code == EXIT_BAD_INPUT
        assert "has no header" in err
    finally:
        path.write_text(before, encoding="utf-8")


def test_plays_may_have_a_number_for_a_name(explain):
    code, out, _ = explain("artist,0\nartist 44,12\n", "--json")
    assert code == 0
    assert json.loads(out)["items"]


def test_rows_of_the_same_item_are_one_reason_of_their_sum(explain):
    text = "item,plays\nartist 41,30\nartist 44,12\nartist 41,5\nartist 52,5\n"
    _, out, _ = explain(text, "--json")
    rows = json.loads(out)["items"]
    for row in rows:
        named = [one["item"] for one in row["because of"]]
        assert len(named) == len(set(named))
        amounts = [one["adds"] for one in row["because of"]]
        assert amounts == sorted(amounts, reverse=True)
    _, told, _ = explain(text)
    first = next(line for line in told.splitlines() if rows[0]["item"] in line)
    assert first.count("artist 41 +") == 1
    _, out, _ = explain("item\nartist 41\nartist 41\n", "--item", "artist 40", "--json")
    (row,) = json.loads(out)["items"]
    _, out, _ = explain("item\nartist 41\n", "--item", "artist 40", "--json")
    (single,) = json.loads(out)["items"]
    (whole,) = single["because of"]
    assert row["because of"] == [{"item": "artist 41", "adds": pytest.approx(whole["adds"], 1e-3)}]


def test_an_item_of_the_history_is_said_to_be_in_it(explain):
    said = "artist 41 is in the history already"
    text = "item\nartist 41\nartist 44\n"
    assert said in explain(text, "--item", "artist 41")[1]
    assert "in the history already" not in explain(text, "--item", "artist 40")[1]
    assert "in the history already" not in explain(text)[1]
    for name, is_known in (("artist 41", True), ("artist 40", False)):
        _, out, _ = explain(text, "--item", name, "--json")
        assert [row["in history"] for row in json.loads(out)["items"]] == [is_known]


def test_reasons_that_add_nothing_worth_printing_are_left_out(explain):
    text = "item,plays\nartist 41,30\nartist 200,1\nartist 310,1\n"
    for name in (f"artist {k}" for k in range(0, 300, 10)):
        _, out, _ = explain(text, "--item", name, "--json")
        (row,) = json.loads(out)["items"]
        if any(one["adds"] < 0.005 for one in row["because of"]):
            assert not re.search(r"\+0\.00\b", explain(text, "--item", name)[1])
            return
    pytest.fail("no reason was small enough")


@pytest.mark.parametrize("text", ["item\n", "item,plays\nstranger,3\nnobody,2\n"])
def test_a_history_of_which_nothing_is_known_says_so(explain, text):
    code, out, _ = explain(text)
    assert code == 0
    said = "nothing in h.csv is known to the model, so this goes by what is liked in general\n"
    assert said in out
    assert said not in explain("item\nstranger\nartist 41\n")[1]


def test_names_that_the_model_does_not_know_are_told(explain):
    told = "rows that name no item of this model: "
    assert f"{told}2 (nobody)\n" in explain("item\nnobody\nartist 41\nnobody\n")[1]
    names = "item\nc\nartist 41\nb\na\nd\n"
    assert f"{told}4 (c, b, a, …)\n" in explain(names)[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'user,item,count\nu1,"Artist 11, the Sea",3\n',
            "h.csv has the columns user, item, count; a history is item[, plays] of one listener\n",
        ),
        ("user,item,count\n41,44,3\n", "a history is item[, plays] of one listener\n"),
        (
            "user,item\nu1,artist 41\n",
            "h.csv: the second column must hold plays > 0, as a history is item[, plays] of one "
            "listener; line 2 holds artist 41\n",
        ),
    ],
)
def test_the_plays_of_many_are_no_history(explain, text, said):
    code, _, err = explain(text)
    assert code == EXIT_BAD_INPUT
    assert err.endswith(said)


def test_an_empty_third_column_is_none(explain):
    assert explain("item,plays,\nartist 41,3,\nartist 44,2,\n")[0] == 0


def test_a_bias_that_moves_says_why(explain):
    _, out, _ = explain("item\nartist 41\nartist 44\n", "--without", "artist 41")
    assert "bias +" in out
    assert out.endswith(
        "bias, from which every score starts, moves with how much is known of a listener\n"
    )


def test_a_bias_that_stays_is_not_talked_about(explain):
    text = "item\n" + "".join(f"artist {k}\n" for k in range(40, 80))
    _, out, _ = explain(text, "--without", "artist 41")
    assert "bias" not in out


def test_a_narrow_terminal_gets_one_line_per_figure(explain, monkeypatch):
    for name, value in (("TERM", "xterm"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    lines = {}
    for width in (80, 140):
        monkeypatch.setenv("COLUMNS", str(width))
        terminal = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", terminal)
            assert explain("item\nartist 41\nartist 44\n", "--n", "2")[0] == 0
        lines[width] = re.sub(r"\x1b\[\d*m", "", terminal.getvalue()).splitlines()
        assert max(map(len, lines[width])) <= width
    rows = [line for line in lines[80] if line.startswith("│")]
    assert sum("chance of a like" in line for line in rows) == 2
    assert any(line.count("+") >= 3 for line in rows), "several parts stand in one line"
    assert not any("chance of a like" in line for line in lines[140] if line.startswith("│"))
