"""`bench`: what is timed, beside whom, and what a missed target looks like."""

import json

import numpy as np

from recsys.cli import bench, bench_models
from recsys.cli.bench_data import listening
from recsys.cli.main import main
from recsys.models.als import ALS
from tests.recsys.generated import FOLDER


def test_bench_without_the_peer_says_so_and_still_measures(monkeypatch, capsys):
    monkeypatch.setattr(bench_models, "import_module", _absent)
    monkeypatch.setattr(bench_models, "REPEATS", 1)
    monkeypatch.setattr(bench, "_REQUESTS", 5)
    arguments = ["bench", str(FOLDER), "--most", "1000", "--only"]
    assert main([*arguments, "als", "refit", "request", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "pip install implicit" in found["implicit"]
    assert set(found["als"][0]["seconds per sweep"]) == {"recsys", "plain numpy"}
    assert [row["tuned"] for row in found["refit"]] == [True, False]
    short, long = found["request"]
    assert short["rows"] < long["rows"]
    assert all(0 < row["p50_ms"] <= row["p95_ms"] for row in (short, long))
    assert main([*arguments, "growth"]) == 0
    assert "peak MiB" in capsys.readouterr().out


def _absent(name):
    raise ModuleNotFoundError(name)


def test_plain_numpy_and_the_batches_solve_the_same_equations():
    pairs = listening(60, 90, 900)
    plain = bench_models.plain(pairs, 6)
    ours = ALS(n_factors=6, n_iterations=bench_models.SWEEPS)
    ours.fit(pairs)
    start = np.random.default_rng(0).standard_normal((90, 6))
    assert plain.shape == ours.item_factors_.shape == start.shape
    scores = [
        pairs @ (f / np.linalg.norm(f)) @ (f / np.linalg.norm(f)).T
        for f in (plain, ours.item_factors_)
    ]
    assert np.corrcoef(scores[0].ravel(), scores[1].ravel())[0, 1] > 0.95


def test_bench_marks_a_missed_target_and_says_what_it_left_out(capsys):
    assert bench.target(4.9, 5.0) == "< 5"
    assert bench.target(5.1, 5.0) == "< 5, missed"
    assert main(["bench", "--only", "large", "--most", "1e4"]) == 0
    assert "left out: large: it takes --most 1e6" in capsys.readouterr().out
