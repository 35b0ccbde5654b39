"""What `explain`, `inspect` and `tune` print."""

import pytest

from recsys.cli.explain import in_words
from recsys.cli.main import main
from tests.recsys.generated import FOLDER


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    place = tmp_path_factory.mktemp("kept") / "model"
    assert main(["fit", str(FOLDER), str(place)]) == 0
    return place


def test_small_parts_are_added_up():
    parts = {"tiny": 0.03, "bias": -3.5, "content": 0.4, "small": 0.04, "less": -0.01}
    assert in_words(parts) == "bias -3.50, content +0.40, others +0.06"
    assert in_words({"bias": -1.0, "none": 0.0}) == "bias -1.00"


def test_explain_shows_a_probability(model, tmp_path, capsys):
    history = tmp_path / "history.csv"
    history.write_text("item\nartist 3\nartist 5\n")
    capsys.readouterr()
    assert main(["explain", str(model), str(history), "--n", "3"]) == 0
    told = capsys.readouterr().out
    assert "probability" in told
    assert told.count("%") == 3
    assert len([line for line in told.splitlines() if line.startswith("│")]) == 3, "one line each"


def test_inspect_names_every_part_in_full(model, capsys):
    capsys.readouterr()
    assert main(["inspect", str(model)]) == 0
    told = capsys.readouterr().out
    rows = [line.split("│") for line in told.splitlines() if line.startswith("│")]
    assert {"popularity", "closed_form", "graph_walk"} <= {row[1].strip() for row in rows}
    assert all(row[4].strip() for row in rows), "every row of slopes says of which curve"
    assert "…" not in told
