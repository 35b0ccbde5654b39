"""What `explain`, `inspect` and `tune` print."""

import io
import json

import pytest
from rich.console import Console
from rich.table import Table

from recsys.cli.main import EXIT_BAD_INPUT, main
from recsys.cli.parts_in_words import in_words
from recsys.cli.printing import count, fitting
from recsys.in_the_large import told_by_votes
from recsys.snapshot import load, save


def test_small_parts_are_added_up():
    parts = {"tiny": 0.03, "bias": -3.5, "content": 0.4, "small": 0.04, "less": -0.01}
    assert in_words(parts) == "bias -3.50, content +0.40, others +0.06"
    assert in_words({"bias": -1.0, "none": 0.0}) == "bias -1.00"


def test_explain_shows_the_chance_of_a_like(model, tmp_path, capsys):
    history = tmp_path / "history.csv"
    history.write_text("item\nartist 3\nartist 5\n")
    capsys.readouterr()
    assert main(["explain", str(model), str(history), "--n", "3"]) == 0
    told = capsys.readouterr().out
    assert "chance of a like" in told
    assert told.count("%") == 3
    assert len([line for line in told.splitlines() if line.startswith("│")]) == 3, "one line each"


def test_explain_shows_what_forgetting_would_change(model, tmp_path, capsys):
    history = tmp_path / "history.csv"
    history.write_text("item\nartist 3\nartist 5\nartist 200\n")
    capsys.readouterr()
    asked = ["explain", str(model), str(history), "--without", "artist 200"]
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    for row in found["items"]:
        gained = row["score after"] - row["score before"]
        assert sum(row["change"].values()) == pytest.approx(gained, abs=1e-4)
    assert main(asked) == 0
    told = capsys.readouterr().out
    assert "without artist 200" in told
    assert told.count("→") == 2 * len(found["items"])
    assert "–" not in told, "what is forgotten here does not come back"
    best = found["items"][0]["item"]
    assert main([*asked[:3], "--like", best]) == 0
    told = capsys.readouterr().out
    assert "–: voted on or in the history, so on no list" in told
    assert told.count("–") == 2, "that of the vote, and the line that says what it means"
    assert main(["explain", str(model), str(history), "--without", "nobody"]) == EXIT_BAD_INPUT
    assert "no row to forget that the model knows as nobody" in capsys.readouterr().err


def test_explain_shows_what_a_vote_would_change(model, tmp_path, capsys):
    history = tmp_path / "history.csv"
    history.write_text("item\nartist 3\nartist 5\nartist 200\n")
    capsys.readouterr()
    asked = ["explain", str(model), str(history), "--like", "artist 41", "--dislike", "artist 7"]
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["liked"], found["disliked"], found["forgotten"]) == (
        ["artist 41"],
        ["artist 7"],
        [],
    )
    assert any(row["rank before"] != row["rank after"] for row in found["items"])
    for row in found["items"]:
        gained = row["score after"] - row["score before"]
        assert sum(row["change"].values()) == pytest.approx(gained, abs=1e-4)
    assert main([*asked, "--without", "artist 200"]) == 0
    told = capsys.readouterr().out
    assert "with 👍 for artist 41; with 👎 for artist 7; without artist 200;" in told
    assert main([*asked[:3], "--like", "artst 41"]) == EXIT_BAD_INPUT
    assert "did you mean artist 41?" in capsys.readouterr().err
    assert main([*asked, "--like", "artist 7"]) == EXIT_BAD_INPUT
    assert "--like and --dislike both name artist 7" in capsys.readouterr().err
    assert main([*asked, "--item", "artist 7"]) == EXIT_BAD_INPUT
    assert "--item goes without" in capsys.readouterr().err


def test_names_are_no_markup(model, tmp_path, capsys):
    names = (model / "items.csv").read_text()
    (model / "items.csv").write_text(names.replace("artist 200\n", "AC[/]DC\n"))
    history = tmp_path / "history.csv"
    history.write_text("item\nartist 3\nAC[/]DC\nstranger\n")
    capsys.readouterr()
    try:
        assert main(["explain", str(model), str(history), "--without", "AC[/]DC"]) == 0
        told = capsys.readouterr().out
        assert "without AC[/]DC;" in told
        assert "rows that name no item of this model: 1" in told
        assert main(["explain", str(model), str(history), "--without", "artst 3"]) != 0
        assert "did you mean artist 3?" in capsys.readouterr().err
    finally:
        (model / "items.csv").write_text(names)


def test_explain_guesses_at_an_item_it_does_not_know(model, tmp_path, capsys):
    history = tmp_path / "history.csv"
    history.write_text("item\nartist 3\n")
    asked = ["explain", str(model), str(history), "--item", "artst 41"]
    assert main(asked) == EXIT_BAD_INPUT
    assert "did you mean artist 41?" in capsys.readouterr().err


def test_inspect_names_every_part_in_full(model, capsys):
    capsys.readouterr()
    assert main(["inspect", str(model)]) == 0
    told = capsys.readouterr().out
    rows = [line.split("│") for line in told.splitlines() if line.startswith("│")]
    assert {"popularity", "closed_form", "graph_walk"} <= {row[1].strip() for row in rows}
    assert all(row[3].strip() for row in rows), "every row of slopes says of which curve"
    assert "…" not in told
    link = load(model).link
    assert f"{link.probability(link.knees[-1]):.2%} at {link.knees[-1]:+.2f}" in told
    assert f"{load(model).bias:+.3f}" in told


def test_inspect_says_what_votes_told(model, tmp_path, capsys):
    told = told_by_votes(load(model), [-2.0, -1.0], [1, 1])
    save(told, tmp_path / "told")
    capsys.readouterr()
    assert main(["inspect", str(tmp_path / "told")]) == 0
    shift = f"that is shifted by 2 votes on what was shown: {told.link.votes:+.3f}"
    assert shift in capsys.readouterr().out


def test_one_is_not_many():
    assert [count(n, "listener") for n in (0, 1, 2)] == ["0 listeners", "1 listener", "2 listeners"]


def test_no_figure_is_cut_in_a_narrow_terminal():
    table = Table("model", *(f"metric@{k}" for k in range(12)))
    table.add_row("popularity", *("0.1234" for _ in range(12)))
    table.add_row("hybrid", *("0.5678" for _ in range(12)))
    for width in (80, 240):
        console = Console(width=width, record=True)
        console.print(fitting(table, console))
        told = console.export_text()
        assert "…" not in told
        assert told.count("0.1234") == told.count("0.5678") == 12
        assert max(map(len, told.splitlines())) <= width


EXPLAINED = [("item", None), ("chance", None), ("score", None), ("parts", 28), ("because of", 28)]
"""Columns as `explain` has them, and how many letters they need."""


@pytest.mark.parametrize("chosen", [EXPLAINED, EXPLAINED[:4]])
def test_a_table_is_as_wide_as_the_terminal_at_most(chosen):
    words = {
        "item": "Godspeed You! Black Emperor",
        "chance": "12.3%",
        "score": "-1.84 → -0.62",
        "parts": "popularity +0.91, closed_form +0.42, graph_walk -0.31, neighbours +0.25",
        "because of": "Explosions in the Sky +0.41, Mogwai +0.33, Sigur Rós +0.12",
    }
    title = "score = sum of the parts; score + calibration = log-odds of a like, told to the end"
    for width in range(60, 201):
        table = Table(title=title)
        for name, least in chosen:
            table.add_column(name, overflow="fold", min_width=least)
        table.add_row(*(words[name] for name, _ in chosen))
        console = Console(width=width, record=True, file=io.StringIO())
        console.print(fitting(table, console))
        told = console.export_text()
        assert max(map(len, told.splitlines())) <= width
        assert "…" not in told
        letters = "".join(told.split())
        assert "".join(title.split()) in letters
        for name, _ in chosen:
            assert all(word in told for word in words[name].split())
