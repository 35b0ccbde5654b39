"""`report`: a page that stands alone, its sections and its charts."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd

from recsys.calibration import calibration
from recsys.cli import report_figures, report_page
from recsys.cli.charts import HEIGHT, Axis, axis, bars, lines, scatter
from recsys.cli.main import main
from recsys.cli.measuring import COLUMNS
from tests.recsys.generated import draw


class Page(HTMLParser):
    """Collects ids, texts and addresses, and whether every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.said, self.addresses = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.addresses += [v for k, v in attrs if k in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def test_the_report_has_every_section_and_needs_nothing_from_outside(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(report_figures, "SIZES", (12,))
    few = dict(list(report_figures.PRICES.items())[:3])
    monkeypatch.setattr(report_figures, "PRICES", few)
    monkeypatch.setattr("recsys.cli.report._CURVE", ("popularity", "hybrid"))
    folder = tmp_path / "a <b> folder"
    folder.mkdir()
    parts = draw()
    for name, frame in parts.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    whole = pd.concat([parts[name] for name in ("train", "valid", "test")])
    guests = whole[whole["user"].isin([f"u{k}" for k in range(8)])].drop(columns="plays")
    guests = guests.assign(role=np.where(guests.groupby("user").cumcount() < 3, "seed", "hidden"))
    guests.to_csv(folder / "members.csv", index=False)
    draws = [(kind, 5, k, f"u{5 * k + i}") for kind in "ab" for k in range(3) for i in range(5)]
    pd.DataFrame(draws).to_csv(folder / "communities.csv", index=False)
    measured = tmp_path / "bench.json"
    row = {
        "interactions": 10_000,
        "items": 1_000,
        "listeners": 200,
        "seconds": 2.5,
        "peak_mib": 300,
    }
    sweep = {
        "interactions": 9,
        "items": 3,
        "factors": 2,
        "seconds per sweep": {"recsys": 0.1},
        "ratio": {},
    }
    request = {"items": 9, "rows": 140, "parts": 3, "p50_ms": 2.0, "p95_ms": 25.0}
    request["target_p95_ms"] = 20.0
    measured.write_text(
        json.dumps(
            {
                "cores": 2,
                "growth": [row, {**row, "interactions": 100_000}, {"failed": "x", **row}],
                "request": [request],
                "als": [sweep],
            }
        )
    )
    out = tmp_path / "page.html"
    arguments = ["report", str(folder), "--out", str(out), "--models", "popularity,content"]
    assert main([*arguments, "--draws", "1", "--listeners", "25", "--bench", str(measured)]) == 0
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    first = ["quality", "curve", "small", "calibration", "feedback"]
    assert page.ids == [*first, "plays", "prices", "ablation", "size"]
    assert page.addresses == []
    assert not re.search(r"https?://|@import|<script|<b>", text)
    assert text.count("<svg") >= 11
    assert "prefers-color-scheme: dark" in text
    assert 'class="missing"' not in text
    said = " ".join(page.said)
    assert "against the best single model" in said
    assert "95 % interval" in said
    assert "25.0 ms at the 95th percentile; the target of 20 ms for the latter is missed" in said
    assert not re.search(r"fit_seconds|peak_mib|n_members|\bprice\b", said)
    assert "Brier score" in said
    assert "2 of 6 draws were measured" in said
    assert "b, nobody else known" in said
    assert "RMSE of ln(1 + plays)" in said
    assert "a <b> folder, holdout" in said


def test_sections_without_their_files_say_what_they_miss(tmp_path, capsys):
    parts = draw()
    whole = pd.concat([parts[name] for name in ("train", "valid", "test")])
    stranger = whole["user"].str[1:].astype(int) % 5 == 0
    whole[~stranger].to_csv(tmp_path / "train.csv", index=False)
    held = whole[stranger].assign(
        role=np.where(np.arange(stranger.sum()) % 5 == 4, "target", "foldin"), part="test"
    )
    held.to_csv(tmp_path / "heldout.csv", index=False)
    out = tmp_path / "page.html"
    assert main(["report", str(tmp_path), "--out", str(out), "--models", "popularity"]) == 0
    text = out.read_text(encoding="utf-8")
    assert text.count('class="missing"') == 8
    assert "Run `python -m recsys bench --json" in text


def test_without_tags_the_report_leaves_out_the_models_that_need_them(tmp_path, monkeypatch):
    monkeypatch.setattr(report_figures, "SIZES", (12,))
    monkeypatch.setattr(report_figures, "PRICES", dict(list(report_figures.PRICES.items())[:2]))
    parts = draw()
    for name in ("train", "valid", "test"):
        parts[name].assign(plays=1).to_csv(tmp_path / f"{name}.csv", index=False)
    out = tmp_path / "page.html"
    assert main(["report", str(tmp_path), "--out", str(out), "--draws", "1"]) == 0
    text = out.read_text(encoding="utf-8")
    assert "and counts that differ" in text
    assert "closed_form" in text
    assert "lifted" not in text


def test_charts_draw_zero_negative_and_equal_values_and_escape_names():
    assert axis("x", [5.0, 5.0]).ticks()
    assert axis("x", []).ticks()
    assert Axis("n", 1, 1e6, is_log=True).ticks() == [10.0**k for k in range(7)]
    assert [round(t, 6) for t in Axis("n", -0.02, 0.04).ticks()] == [-0.02, 0, 0.02, 0.04]
    drawn = bars([("<i>", -0.5, (-0.6, 0.1)), ("b", 0.0, None)], "gain")
    assert "&lt;i&gt;" in drawn
    assert "<i>" not in drawn
    assert not re.search(r'(width|height|x|y)="(-|nan|inf)', drawn)
    one = lines(
        {"a": [(1, 0.1), (10, 0.2)]}, axis("n", [1, 10], is_log=True), axis("y", [0.1, 0.2])
    )
    assert one.count("<circle") == 2
    places = scatter([("same", 1, 1), ("place", 1, 1)], axis("x", [1]), axis("y", [1]))
    heights = re.findall(r'class="point" x="[\d.]+" y="([\d.]+)"', places)
    assert len(set(heights)) == 2, "names do not run into each other"
    assert places.count('class="leader"') == 1, "a name that had to move is led to its point"
    top = scatter(
        [(f"name {k}", 1, y) for k, y in enumerate([9, 9, 9, 9])], axis("x", [1]), axis("y", [1, 9])
    )
    heights = [float(y) for y in re.findall(r'class="point" x="[\d.]+" y="([\d.]+)"', top)]
    assert all(10 < y < HEIGHT for y in heights), "no name is cut off at an edge"


def test_the_report_says_who_is_ahead_and_where_probabilities_are_worth_nothing():
    def said(mean, low, high):
        rows = [
            {"model": name, "ndcg@10": ndcg, "lead": gap, "interval": (0, 1), "settings": ""}
            | dict.fromkeys([*COLUMNS[:1], *COLUMNS[2:], "fit_seconds"], 0.1)
            for name, ndcg, gap in (
                ("content", 0.2, (mean, low, high)),
                ("hybrid", 0.2 + mean, (0.0, 0.0, 0.0)),
            )
        ]
        return report_page.quality_block("a", rows).lines[0]

    assert "+10.0% against the best single model, content: paired" in said(0.02, 0.01, 0.03)
    assert "the hybrid model is ahead of the content one" in said(0.02, 0.01, 0.03)
    assert "the content model is ahead of the hybrid one" in said(-0.02, -0.03, -0.01)
    assert "+0.0200 NDCG@10, 95 % interval -0.0100 to +0.0500" in said(0.02, -0.01, 0.05)
    assert "can't tell the two apart" in said(0.02, -0.01, 0.05)
    liked = np.arange(100) % 10 == 0
    for sure, is_bad in ((np.where(liked, 0.9, 0.01), False), (np.full(100, 0.9), True)):
        block = report_page.calibration_block("b", calibration(sure, liked), "Of all.")
        assert ("worse than to give every pair the mean rate" in " ".join(block.lines)) == is_bad


def test_one_size_is_no_curve():
    row = {"interactions": 10_000, "items": 1_000, "seconds": 2.5, "peak_mib": 300}
    block = report_page.size_block("full refit", [row])
    assert not block.charts
    assert "peak memory, MiB" in block.rows[0]
    assert len(report_page.size_block("", [row, {**row, "interactions": 100_000}]).charts) == 2
