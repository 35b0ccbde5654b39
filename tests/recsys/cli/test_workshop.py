"""`prepare`, `tune`, `bench` and `report`, and what every command says about bad files."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from recsys.calibration import calibration
from recsys.cli import bench, bench_models, report_figures, report_page
from recsys.cli.bench_data import listening
from recsys.cli.charts import HEIGHT, Axis, axis, bars, lines, scatter
from recsys.cli.main import EXIT_BAD_INPUT, main
from recsys.cli.measuring import COLUMNS
from recsys.models.als import ALS
from tests.recsys.generated import FOLDER, draw


@pytest.fixture
def events(tmp_path):
    rng = np.random.default_rng(4)
    rows = [
        (
            f"u{user}",
            f"track {rng.integers(40)}",
            int(1_700_000_000 + 4_000 * k + rng.integers(900)),
        )
        for user in range(12)
        for k in range(60)
    ]
    rows += rows[:7]
    rows += [("robot", f"track {k % 40}", 1_700_006_400 + 10 * k) for k in range(3_000)]
    path = tmp_path / "events.csv"
    pd.DataFrame(rows, columns=["who", "what", "when"]).to_csv(path, index=False)
    return path


def test_prepare_writes_what_evaluate_reads(events, tmp_path, capsys):
    folder = tmp_path / "split"
    assert main(["prepare", str(events), str(folder), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert {step["name"]: step["dropped"] for step in facts["steps"]} == {
        "impossible times": 0,
        "copies": 7,
        "listeners that are no people": 3_000,
        "days beyond reason": 0,
    }
    assert facts["plays"] == 720
    assert facts["train"]["listeners"] == facts["test"]["listeners"] == 12
    assert main(["evaluate", str(folder), "--models", "popularity", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["users"] == 12


def test_prepare_takes_other_columns_dates_and_a_common_cut(events, tmp_path, capsys):
    table = pd.read_csv(events)
    table = table[table["who"] != "robot"]
    table["when"] = pd.to_datetime(table["when"], unit="s", utc=True).dt.strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
    table[["when", "who", "what"]].to_csv(events, index=False)
    arguments = ["prepare", str(events), str(tmp_path / "cut"), "--columns", "who,what,when"]
    more = ["--split", "cut", "--unit", "sessions", "--most", "3", "--half-life", "30"]
    assert main([*arguments, *more]) == 0
    told = capsys.readouterr().out
    assert "sessions are left" in told
    train = pd.read_csv(tmp_path / "cut" / "train.csv.gz")
    assert list(train.columns) == ["user", "item", "plays"]
    assert 0 < train["plays"].min() < 1 < train["plays"].max() <= 3


def test_a_shop_in_train_is_left_out_and_evaluate_says_so(tmp_path, capsys):
    parts = draw()
    more = pd.DataFrame({"user": "shop", "item": [f"record {k}" for k in range(1_500)], "plays": 1})
    parts["train"] = pd.concat([parts["train"], more])
    for name, frame in parts.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    assert main(["evaluate", str(tmp_path), "--models", "popularity", "--json"]) == 0
    told = capsys.readouterr()
    assert "listeners that are no people: 1500 dropped" in told.err
    assert json.loads(told.out)["users"] == 150


def test_tune_shows_its_trials_and_fit_takes_what_it_chose(tmp_path, capsys):
    out = tmp_path / "settings.json"
    assert main(["tune", str(FOLDER), "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    tried = {t["model"] for t in found["trials"]}
    assert tried == {"latent", "closed_form"}  # there are no tracks below these artists
    for model, chosen in found["chosen"].items():
        rows = [t for t in found["trials"] if t["model"] == model]
        if model not in tried:
            assert chosen == {}
            continue
        assert rows[0]["settings"] == rows[0]["beside"] == {}
        assert all(t["beside"] in [other["settings"] for other in rows] for t in rows)
        assert len(rows) > 2
        picked = next(t for t in rows if t["settings"] == chosen)
        assert picked["settings"] == {} or picked["gain"] > picked["error"]
        assert all(0 < t["ndcg"] < 1 for t in rows)
    model = tmp_path / "model"
    assert main(["fit", str(FOLDER), str(model), "--settings", str(out)]) == 0
    info = json.loads((model / "manifest.json").read_text())["info"]
    assert info["settings"] == found["chosen"]
    assert info["tuned_on"] == json.loads(out.read_text())["tuned_on"] > 0
    assert [step["dropped"] for step in info["preprocessing"]] == [0] * len(info["preprocessing"])
    capsys.readouterr()
    assert main(["tune", str(FOLDER)]) == 0
    assert "trials in" in capsys.readouterr().out


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
    assert 0 < found["request"]["p50_ms"] <= found["request"]["p95_ms"]
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
    request = {"items": 9, "parts": 3, "p50_ms": 2.0, "p95_ms": 25.0, "target_p95_ms": 20.0}
    measured.write_text(
        json.dumps(
            {
                "cores": 2,
                "growth": [row, {**row, "interactions": 100_000}, {"failed": "x", **row}],
                "request": request,
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
        block = report_page.calibration_block("b", calibration(sure, liked))
        assert ("worse than to give every pair the mean rate" in " ".join(block.lines)) == is_bad


def test_one_size_is_no_curve():
    row = {"interactions": 10_000, "items": 1_000, "seconds": 2.5, "peak_mib": 300}
    block = report_page.size_block("full refit", [row])
    assert not block.charts
    assert "peak memory, MiB" in block.rows[0]
    assert len(report_page.size_block("", [row, {**row, "interactions": 100_000}]).charts) == 2


def test_bench_marks_a_missed_target_and_says_what_it_left_out(capsys):
    assert bench.target(4.9, 5.0) == "< 5"
    assert bench.target(5.1, 5.0) == "< 5, missed"
    assert main(["bench", "--only", "large", "--most", "1e4"]) == 0
    assert "left out: large: it takes --most 1e6" in capsys.readouterr().out


SETTINGS = [
    ("latent n_iterations", "2.5"),
    ("latent n_iterations", "0"),
    ("closed_form n_neighbours", "true"),
    ("closed_form most_items", "1e3"),
    ("latent regularisation", "0"),
    ("closed_form regularisation", "0.0"),
    ("latent unobserved", "NaN"),
    ("latent dislike", "Infinity"),
]


@pytest.fixture
def bad(tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "train.csv").write_text("user,item,plays\nu1,a,x\n")
    (tmp_path / "broken.csv.gz").write_bytes(b"no gzip at all")
    (tmp_path / "two.csv").write_text("user,item\nu1,a\n")
    (tmp_path / "when.csv").write_text("user,item,at\nu1,a,yesterday\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "hole.csv").write_text("user,item,at\nu1,,3\n")
    (tmp_path / "no.json").write_text("{")
    (tmp_path / "odd.json").write_text('{"latent": {"speed": 3}}')
    (tmp_path / "neg.json").write_text('{"latent": {"unobserved": -3}}')
    for k, (name, value) in enumerate(SETTINGS):
        (tmp_path / f"s{k}.json").write_text(
            f'{{"{name.split()[0]}": {{"{name.split()[1]}": {value}}}}}'
        )
    (tmp_path / "when.json").write_text('{"tuned_on": "then"}')
    (tmp_path / "other.json").write_text('{"magic": {}}')
    (tmp_path / "flat.json").write_text('{"latent": 3}')
    (tmp_path / "scale.json").write_text('{"scale": "cube"}')
    (tmp_path / "history.csv").write_text("item,plays\na,none\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("prepare {t}/none.csv {t}/out", "there is no file"),
        ("prepare {t}/broken.csv.gz {t}/out", "not a readable CSV"),
        ("prepare {t}/empty.csv {t}/out", "not a readable CSV"),
        ("prepare {t}/two.csv {t}/out", "needs 3 columns"),
        ("prepare {t}/hole.csv {t}/out", "empty cell"),
        ("prepare {t}/when.csv {t}/out", "seconds since 1970"),
        ("prepare {t}/when.csv {t}/out --columns who,what,when", "has the columns"),
        ("prepare {t}/when.csv {t}/bad", "is not empty"),
        ("prepare {t}/when.csv {t}/out --gap 0", "--gap must be > 0"),
        ("tune {t}/bad", "must hold plays > 0"),
        ("tune {t}", "holds no train.csv"),
        ("tune {t} --feedback", "holds no train.csv"),
        ("tune {data} --feedback --out {t}/votes.json", "--out goes without --feedback"),
        ("tune {data} --feedback --seeds 0", "must be at least 1"),
        ("tune {data} --out {t}/no/where.json", "cannot be written"),
        ("fit {t}/bad {t}/m", "must hold plays > 0"),
        ("fit {data} {t}/m --settings {t}/none.json", "there is no file"),
        ("fit {data} {t}/m --settings {t}/no.json", "is not JSON"),
        ("fit {data} {t}/m --settings {t}/odd.json", "has no setting speed"),
        ("fit {data} {t}/m --settings {t}/neg.json", "must be a number >= 0"),
        *(
            (f"fit {{data}} {{t}}/m --settings {{t}}/s{k}.json", f"s{k}.json: {name} must be a ")
            for k, (name, _) in enumerate(SETTINGS)
        ),
        ("fit {data} {t}/m --settings {t}/when.json", "tuned_on must be a whole number"),
        ("fit {data} {t}/m --settings {t}/other.json", "does not hold settings"),
        ("fit {data} {t}/m --settings {t}/flat.json", "must be an object"),
        ("fit {data} {t}/m --settings {t}/scale.json", "scale must be one of"),
        ("fit {data} {t}/m --item-tags {t}/none.csv", "there is no file"),
        ("inspect {t}/bad", "holds no model"),
        ("explain {t}/bad {t}/history.csv", "holds no model"),
        ("fit {data} {t}/m --background {t}/none", "No such file"),
        ("fit {data} {t}/m --background {t}/no.json", "is no background prior"),
        ("evaluate {t}/bad", "must hold plays > 0"),
        ("evaluate {data} --seeds 0", "at least 1"),
        ("evaluate {data} --protocol plays --scale log", "not with plays"),
        ("evaluate {data} --protocol strong", "holds no heldout.csv"),
        ("evaluate {data} --protocol cold", "holds no cold_artists.csv"),
        ("evaluate {data} --protocol feedback", "holds no members.csv"),
        ("evaluate {data} --protocol small", "holds no communities.csv"),
        ("bench {t} --only refit", "holds no train.csv"),
        ("bench --only refit", "needs a split folder"),
        ("bench --most 1", "between 1e3 and 1e7"),
        ("report {t} --out {t}/p.html", "holds the files of no protocol"),
        ("report {data} --out {t}/no/p.html", "there is no folder"),
        ("report {data} --out {t}/p.html --bench {t}/none.json", "there is no file"),
        ("report {data} --out {t}/p.html --bench {t}/no.json", "is not JSON"),
        ("report {data} --out {t}/p.html --bench {t}/odd.json", "is not what"),
        ("report {data} --out {t}/p.html --models magic", "there is no model magic"),
        ("report {data} --out {t}/p.html --models hybrid", "always there"),
        ("report {data} --out {t}/p.html --draws 0", "at least 1"),
    ],
)
def test_every_command_answers_a_mistake_with_one_sentence(bad, capsys, arguments, said):
    words = [word.format(t=bad, data=FOLDER) for word in arguments.split()]
    assert main(words) == EXIT_BAD_INPUT
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
    assert "Traceback" not in told.err
    assert not (bad / "m").exists()
    assert not (bad / "p.html").exists()
